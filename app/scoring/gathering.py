"""Examples of a product: who was contacted or kept as control, or held it and was left alone, and what came of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.core import clock
from app.models.campaign import Product
from app.models.score import RankerTarget
from app.scoring import example_frames as reads
from app.scoring import frames
from app.scoring.figures import examples_figures
from app.scoring.learning.drawing import drawn_by_key
from app.scoring.learning.examples import Examples, plain_examples
from app.scoring.learning.features import add_history
from app.scoring.learning.holder_days import holder_days, label_complaints, monthly_days
from app.scoring.learning.labels import TrainingDataMissing, check_over, check_trainable, label_contacts
from app.scoring.learning.purposes import PURPOSES, lost_on
from app.scoring.learning.weights import inverse_propensity

MOST_HOLDER_DAYS = 500_000  # more customers than give these are drawn from, the same ones for ever
FEWEST_CONTROLS = 200  # below, the share of them who order is known to no better than some 3 points
_WORDS = {
    RankerTarget.LOSS: {
        "field": "holdings",
        "examples": "holders on a snapshot's day",
        "event": "their last holding of it ended",
    },
    RankerTarget.COMPLAINT: {"field": "complaints", "examples": "holders on a snapshot's day", "event": "a complaint"},
}
_OF_TODAY = ("segment", "lifecycle")  # columns of the customer as of the import: they may already say that he left


@dataclass(frozen=True)
class Gathered:
    """Examples and how they came to be: counts for people to read."""

    examples: Examples
    counts: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """`labelled`: customer_id, as_of, label, ...; `gathered`: makes examples of a frame and those of its rows that have a
    snapshot; `hidden`: columns that may not be learned from."""

    labelled: pl.DataFrame
    gathered: Callable[[pl.DataFrame, pl.DataFrame], Gathered]
    hidden: tuple[str, ...] = ()


def gather(
    session: Session, product: Product, *, target: RankerTarget = RankerTarget.ORDER, as_of: date, label_window_days: int
) -> Gathered:
    """The examples of a product whose outcome was known at the start of the day `as_of`, with what was known before each.

    For orders: contacts, and controls as `treated` False. For loss and complaint: holders left alone, all of one arm.
    Raises TrainingDataMissing, OneOutcomeOnly.
    """
    outcomes = find_outcomes(session, product, target=target, as_of=as_of, label_window_days=label_window_days)
    frame, rows = _with_features(session, outcomes.labelled, product.family, as_of)
    return outcomes.gathered(frame.drop(outcomes.hidden), outcomes.labelled[rows])


def find_outcomes(session: Session, product: Product, *, target: RankerTarget, as_of: date, label_window_days: int) -> Outcomes:
    """Keys and outcomes of the examples that `gather` gathers, and of those without an earlier snapshot. Raises as it does."""
    if target is RankerTarget.ORDER:
        return _contacts(session, product, as_of=as_of, label_window=label_window_days)
    return _left_alone(session, product, target, as_of=as_of, label_window=label_window_days)


def gather_examples(
    session: Session, product: Product, *, target: RankerTarget = RankerTarget.ORDER, as_of: date, label_window_days: int
) -> Examples:
    """As `gather`, without the counts."""
    return gather(session, product, target=target, as_of=as_of, label_window_days=label_window_days).examples


def gather_arms(
    session: Session, product: Product, *, as_of: date, label_window_days: int, most: int | None = None, seed: int = 0
) -> Examples | None:
    """The treated and the controls of tests and lists, by intention, for judging uplift; None where nobody was kept back.

    `most`: of more than so many a part, drawn by key.
    """
    arms = reads.read_arms(session, product_id=product.id, known_at=clock.start_of_day(as_of))
    sales = reads.read_sales(session, family=product.family)
    labelled = label_contacts(arms, sales, as_of=as_of, label_window=label_window_days, zone=str(clock.zone()))
    if labelled["treated"].all() or not labelled["treated"].any():
        return None
    if most is not None:
        labelled = labelled.select(pl.all().gather(drawn_by_key(labelled, most, seed=seed)))
    frame, rows = _with_features(session, labelled, product.family, as_of)
    drawn = labelled[rows]
    alike = plain_examples(frame, drawn["label"].to_numpy())
    return replace(alike, treated=drawn["treated"].to_numpy())


def _contacts(session: Session, product: Product, *, as_of: date, label_window: int) -> Outcomes:
    zone = str(clock.zone())
    found = reads.read_contacts(session, product_id=product.id, known_at=clock.start_of_day(as_of))
    contacts = found.filter(pl.col("contacted_at").is_not_null()).drop("verdict")
    sales = reads.read_sales(session, family=product.family)
    labelled = label_contacts(contacts, sales, as_of=as_of, label_window=label_window, zone=zone)
    check_over(contacts, labelled, as_of=as_of, label_window=label_window, zone=zone)
    if PURPOSES[product.kind].must_have_lost:
        labelled = _only_lost(labelled, reads.read_spans(session, family=product.family), product.family)
    check_trainable(labelled.filter("treated")["label"].to_numpy())
    left_out = found.filter(pl.col("contacted_at").is_null())["verdict"]
    return Outcomes(labelled, lambda frame, drawn: _weighed(frame, drawn, left_out))


def _weighed(frame: pl.DataFrame, drawn: pl.DataFrame, left_out: pl.Series) -> Gathered:
    treated = drawn["treated"].to_numpy()
    weights = np.ones(drawn.height)
    weighed = inverse_propensity(drawn.filter("treated")["selection_probability"].to_numpy())
    weights[treated] = weighed.values
    explored = treated & (drawn["draw"] == "explored").to_numpy()
    examples = Examples(frame, drawn["label"].to_numpy(), weights, treated, explored)
    counts = {
        "contacts": int(treated.sum()),
        "controls": int((~treated).sum()),
        "control_share": _share(examples.labels[~treated]),
        "explored": int(explored.sum()),
        "contradicted_left_out": int((left_out == "contradicted").sum()),
        "unjudged_left_out": int((left_out == "unjudged").sum()),
        "effective_rows": round(weighed.effective_rows, 1),
        "weight_clip": round(weighed.clip, 4),
        "weights_clipped": weighed.clipped,
    }
    return Gathered(examples, counts)


def _share(labels: NDArray[np.int8]) -> float | None:
    """Share of controls who ordered by themselves; None where they are too few to tell."""
    return round(float(labels.mean()), 6) if labels.size >= FEWEST_CONTROLS else None


def _only_lost(labelled: pl.DataFrame, spans: pl.DataFrame, family: str) -> pl.DataFrame:
    kept = labelled.filter(lost_on(labelled, spans))
    if labelled.height and not kept.height:
        raise TrainingDataMissing(
            "contacts", f"contacts of customers who held {family} before and none on the day, got {labelled.height} of others"
        )
    return kept


def _left_alone(session: Session, product: Product, target: RankerTarget, *, as_of: date, label_window: int) -> Outcomes:
    days = monthly_days(reads.read_snapshot_days(session), as_of=as_of, label_window=label_window)
    if not days:
        raise TrainingDataMissing("features", f"a snapshot at least {label_window + 1} days before {as_of}")
    holders = reads.count_holders(session, family=product.family)
    share = min(1.0, MOST_HOLDER_DAYS / max(holders * len(days), 1))
    spans = reads.read_spans(session, family=product.family, share=share)
    held = holder_days(spans, reads.read_contact_days(session, family=product.family), days, label_window=label_window)
    if not held.height:
        raise TrainingDataMissing(
            "holdings", f"customers who held {product.family} on {days[0]} or a later month's first snapshot"
        )
    if target is RankerTarget.COMPLAINT:
        frames.choose(session, held)
        complaints = reads.read_complaints(session)
        labelled = label_complaints(held, complaints, label_window=label_window).rename({"complained": "label"}).drop("lost")
    else:
        labelled = held.rename({"lost": "label"})
    check_trainable(labelled["label"].to_numpy(), **_WORDS[target])
    told = {"days": len(days), "share_of_holders": round(share, 6)}
    return Outcomes(labelled, lambda frame, drawn: _unweighed(frame, drawn, told), _OF_TODAY)


def _unweighed(frame: pl.DataFrame, drawn: pl.DataFrame, told: dict[str, Any]) -> Gathered:
    examples = plain_examples(frame, drawn["label"].to_numpy())
    return Gathered(examples, {"holder_days": examples.rows} | told)


def _with_features(session: Session, labelled: pl.DataFrame, family: str, as_of: date) -> tuple[pl.DataFrame, list[int]]:
    """The frame of those that have an earlier snapshot, and their rows in `labelled`."""
    with ThreadPoolExecutor(1) as reader:  # the storage is read while the database looks for the history
        figures = reader.submit(examples_figures(session, labelled.select("customer_id", "as_of")))
        frames.choose(session, labelled)
        history = frames.read_history(session, known_at=clock.start_of_day(as_of), family=family)
        found = figures.result()
    known = found["snapshot_date"].is_not_null()
    frame = add_history(found if known.all() else found.filter(known), history)
    return frame, known.arg_true().to_list()
