"""Drawing the planner's sample: so many customers at random, with all that a list may ask of them, as one file of columns.

The same customers every time (by the draws of their numbers), so that a count moves because customers change, not by chance.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.campaigns import queries as campaigns
from app.campaigns.listing import Positions, gather_against
from app.campaigns.options import CHANNELS
from app.campaigns.reasons import SETS
from app.campaigns.sampling import queries
from app.campaigns.sampling.looks import looks_of, plain_kinds
from app.campaigns.sampling.terms import RESTS, against_column, rested_column, score_column, uplift_column
from app.centre.customers import read_people
from app.core import clock
from app.core.draws import draw_numbers
from app.core.storage import storage_of
from app.models.campaign import Campaign, Product
from app.models.planning import PlanningSample
from app.scoring.figures import read_manifest
from app.scoring.frames import choose_ids
from app.scoring.run_scores import read_run_scores

SAMPLE = 200_000  # customers; of 2,873,000 a list of 214,000 is then known to within 3,300, and a file is some 60 MB
STALE = timedelta(hours=26)
FOLDER = "samples"
SALT = "planning sample"  # never changed: another one would draw others
AHEAD = 30  # days of a campaign that the policy is asked for
_RESTED = "contacted_too_recently"
_NAMED = re.compile(r"(?<!:):([a-z_][a-z_0-9]*)")

Ids = NDArray[np.int64]


def draw_sample_if_due(session: Session, *, now: datetime) -> dict[str, int]:
    """Draw the sample anew where there is none, where customers were ranked since, or where it is more than a day old."""
    sample, ranked_at = queries.find_sample(session), queries.find_newest_ranking(session)
    if sample is not None and sample.ranked_at == ranked_at and now - sample.drawn_at < STALE:
        return {}
    return draw_sample(session, now=now)


def draw_sample(session: Session, *, most: int = SAMPLE, now: datetime) -> dict[str, int]:
    """Draw at most `most` customers and keep what is known of them; the sample before goes. {customers, sampled}."""
    day = clock.local_date(now)
    everybody = queries.read_everybody(session)
    turns = draw_numbers(SALT, everybody["draw_key"])
    rows = np.sort(np.lexsort((everybody["draw_key"], turns))[:most])
    drawn = {name: column[rows] for name, column in everybody.items()}
    people, by_branch = _people(session, np.sort(drawn["customer_id"]), day)
    frame = pl.DataFrame(drawn).join(people, on="customer_id", how="inner", maintain_order="left")
    ids = frame["customer_id"].to_numpy()
    choose_ids(session, ids, day)
    frame = frame.join(queries.tags_of_chosen(session), on="customer_id", how="left", maintain_order="left")
    products = campaigns.list_products(session)
    frame = frame.with_columns([*_scores(session, products, ids), *_reasons(session, products, ids, day)])
    path = f"{FOLDER}/{day:%Y-%m-%d}-{uuid4().hex}.parquet"
    storage_of(session).write_table(path, frame.to_arrow(), row_group_rows=max(len(ids), 1))
    sample = PlanningSample(
        as_of=day,
        drawn_at=now,
        ranked_at=queries.find_newest_ranking(session),
        path=path,
        customers=len(turns),
        sampled=len(ids),
        by_branch=by_branch,
        figures=looks_of(frame),
    )
    session.add(sample)
    session.flush()
    for older in queries.older_than(session, sample.id):
        session.delete(older)
    session.flush()
    return {"customers": sample.customers, "sampled": sample.sampled}


def _people(session: Session, ids: Ids, day: date) -> tuple[pl.DataFrame, dict[str, dict[str, int]]]:
    """The drawn as rules see them, with the branch of each; and by branch how many there are and were drawn."""
    manifest = read_manifest(session, as_of=day)
    found, by_branch = [], {}
    for branch_id, members in sorted(manifest.customers.items()):
        mine = np.intersect1d(members, ids, assume_unique=True)
        by_branch[str(branch_id)] = {"customers": len(members), "sampled": len(mine)}
        people = read_people(session, branch_id=branch_id, manifest=manifest, features=None, only=mine)
        found.append(people.with_columns(branch_id=pl.lit(branch_id, pl.Int32)))
    return pl.concat(plain_kinds(found), how="diagonal_relaxed"), by_branch


def _scores(session: Session, products: list[Product], ids: Ids) -> list[pl.Series]:
    """Score and uplift by the newest ranking of each product that has one; null for whom it has not ranked."""
    columns: list[pl.Series] = []
    for product in products:
        run = campaigns.find_latest_run(session, product.id)
        if run is None:
            continue
        scores = read_run_scores(session, run)
        place = Positions(scores.customer_id).of(ids)
        for name, values in ((score_column, scores.score), (uplift_column, scores.uplift)):
            of = np.where(place >= 0, values[place], np.nan) if len(values) else np.full(len(ids), np.nan)
            columns.append(pl.Series(name(product.product_code), of, dtype=pl.Float32).fill_nan(None))
    return columns


def _reasons(session: Session, products: list[Product], ids: Ids, day: date) -> list[pl.Series]:
    """What speaks against each, by product and channel, as of the day; and by family how lately somebody was contacted for it."""
    columns, known = [], dict[Any, Ids]()
    for product in products:
        for channel in CHANNELS:
            parameters = _parameters(session, product, channel, day)
            sets = {name: _set(session, name, parameters, known) for name in SETS if name != _RESTED}
            columns.append(pl.Series(against_column(product.product_code, channel), gather_against(ids, sets)))
    for family, product in {product.family: product for product in products}.items():
        rested = np.zeros(len(ids), dtype=np.int16)
        for days in sorted(RESTS, reverse=True):
            since = {"rests": True, "rested_since": clock.start_of_day(day - timedelta(days=days))}
            members = _set(session, _RESTED, _parameters(session, product, CHANNELS[0], day) | since, known)
            rested[np.isin(ids, members)] = days
        columns.append(pl.Series(rested_column(family), rested))
    return columns


def _parameters(session: Session, product: Product, channel: str, day: date) -> dict[str, Any]:
    """Those of a campaign of this product that would begin today."""
    planned = Campaign(
        id=0,
        product_id=product.id,
        product_family=product.family,
        channel=channel,
        rest_days=0,
        ends_on=day + timedelta(days=AHEAD),
    )
    return campaigns.eligibility_parameters(session, planned, day=day)


def _set(session: Session, name: str, parameters: Mapping[str, Any], known: dict[Any, Ids]) -> Ids:
    """A set is read once for all products and channels that ask it alike."""
    asked = {each: parameters[each] for each in sorted(set(_NAMED.findall(SETS[name])))}
    key = (name, repr(asked))
    if key not in known:
        known[key] = queries.chosen_of_set(session, SETS[name], asked)
    return known[key]
