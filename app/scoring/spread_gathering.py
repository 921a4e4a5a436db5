"""Examples where a cluster trains: here are keys, outcomes and a sample of figures; the workers read the figures of all."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl
from sqlalchemy.orm import Session

from app.core import clock
from app.core.storage import storage_of
from app.ingest.kinds import as_kind
from app.ingest.partition_queries import File, files_before
from app.models.campaign import Product
from app.models.score import RankerTarget
from app.scoring import frames
from app.scoring.assembling import days_of, kinds_of, locate, narrowed, with_figures
from app.scoring.gathering import Gathered, find_outcomes
from app.scoring.learning.boosting import Settings
from app.scoring.learning.encoding import Encoding
from app.scoring.learning.examples import Examples
from app.scoring.learning.features import History, add_history
from app.scoring.learning.ranker import those_that_teach
from app.scoring.learning.whole import Elsewhere, counted, sampled, weights_of
from app.scoring.scaleout.cluster import count_workers
from app.scoring.scaleout.fitting import Share, fit_shares
from app.scoring.scaleout.parts import FILE, KEYS, Part, read_part, split

if TYPE_CHECKING:
    import lightgbm


def gather_sample(
    session: Session,
    client: Any,
    product: Product,
    *,
    target: RankerTarget = RankerTarget.ORDER,
    as_of: date,
    label_window_days: int,
    seed: int,
) -> tuple[Gathered, Elsewhere]:
    """A sample of what `gather` gathers (with the counts of all), and all of it on the workers of a cluster.

    The sample is the one that `learn` would draw. Of the figures of the others nothing comes here. Raises as `gather`.
    """
    outcomes = find_outcomes(session, product, target=target, as_of=as_of, label_window_days=label_window_days)
    keys, files = _locate(session, outcomes.labelled)
    known = keys[FILE] >= 0
    gathered = outcomes.gathered(keys.filter(known), outcomes.labelled.filter(known))
    _, taught = those_that_teach(gathered.examples)
    sample = taught.at(sampled(taught, seed=seed))
    frame = _figures(session, files, taught, sample, product.family, as_of).drop(outcomes.hidden)

    def fit(encoding: Encoding, mix: Sequence[Settings], seed: int) -> "list[lightgbm.Booster]":
        parts = split(taught, files, weighed=weights_of(taught) is not None, fewest_parts=count_workers(client))
        shares = _with_history(session, parts, product.family, as_of)
        return fit_shares(client, partial(read_part, storage_of(session)), shares, encoding, mix, seed=seed)

    examples = Examples(frame, sample.labels, sample.weights, sample.treated, sample.explored)
    return Gathered(examples, gathered.counts), Elsewhere(counted(taught), fit)


def _locate(session: Session, labelled: pl.DataFrame) -> tuple[pl.DataFrame, list[File]]:
    """KEYS, snapshot_date and FILE (-1: none) of each; of the files no more than the ids are read, one after the other."""
    latest, wanted = labelled["as_of"].max(), labelled.select(*KEYS)
    files = files_before(session, latest) if isinstance(latest, date) else []
    found = locate(storage_of(session), files, wanted)
    return pl.DataFrame([*wanted, days_of(files, found), pl.Series(FILE, found.files)]), files


def _figures(
    session: Session, files: Sequence[File], taught: Examples, sample: Examples, family: str, as_of: date
) -> pl.DataFrame:
    """What is known of the sample, with the columns and of the kinds that all have together."""
    used = [files[number] for number in taught.frame[FILE].unique().sort()]
    keys = sample.frame.select(*KEYS)
    found = with_figures(storage_of(session), files, keys)
    kinds = kinds_of(used)
    nothing = pl.Series([None]).new_from_index(0, keys.height)
    figures = [
        narrowed(as_kind(found[name] if name in found.columns else nothing, kind)).alias(name) for name, kind in kinds.items()
    ]
    whole = pl.DataFrame([*keys, found["snapshot_date"], *figures])
    return add_history(whole, _history(session, keys, family, as_of))


def _with_history(session: Session, parts: Sequence[Part], family: str, as_of: date) -> Iterator[Share]:
    """Each part with what the database knows of its customers, asked for when it is its turn."""
    for part in parts:
        yield Share(part.labels, part.weights, (part, _history(session, part.keys, family, as_of)))


def _history(session: Session, keys: pl.DataFrame, family: str, as_of: date) -> History:
    frames.choose(session, keys)
    return frames.read_history(session, known_at=clock.start_of_day(as_of), family=family)
