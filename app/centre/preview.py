"""How many customers a rule would choose, before it is a tag: counted where they are few, else estimated from drawn ones."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.centre.bearing import bearers, kind_of, problem_of
from app.centre.customers import read_some_people
from app.centre.population_queries import believed_customers, ids_among, ids_from_first, range_of_ids
from app.centre.rules import FEATURE, check_rule, features_of
from app.core import clock
from app.core.wilson import wilson

LOOKED_AT = 10_000
SEED = 7  # always the same customers, so that two rules can be compared


@dataclass(frozen=True)
class TagPreview:
    """Of `customers` some were looked at (all of them where they are few); `low` and `high` bound the estimate with 95 %.

    `problem` says why the rule cannot be computed from today's figures; then nobody was counted.
    """

    customers: int
    looked_at: int
    bearing: int
    estimate: int
    low: int
    high: int
    problem: str | None


def preview_tag(session: Session, *, rule: Any, now: datetime) -> TagPreview:
    """How many customers would bear a tag of this rule tonight. Raises WrongRule."""
    checked = check_rule(rule)
    customers, ids = _draw(session)
    today, features = clock.local_date(now), features_of(checked)
    people = read_some_people(session, ids, as_of=today, features=features)
    kinds = {name: {kind} for name in features if (kind := kind_of(people.schema[FEATURE + name]))}
    if problem := problem_of(checked, kinds):
        return TagPreview(customers, people.height, 0, 0, 0, 0, problem)
    return _estimate(customers, people.height, bearers(people, 0, checked).height)


def _draw(session: Session) -> tuple[int, NDArray[np.int64]]:
    """How many customers there are, and the ids of those to look at."""
    all_of_few = ids_from_first(session, 2 * LOOKED_AT)
    if len(all_of_few) < 2 * LOOKED_AT:  # counted, whatever PostgreSQL believes
        return len(all_of_few), np.array(all_of_few, dtype=np.int64)
    first, last = range_of_ids(session)
    drawn = np.random.default_rng(SEED).integers(first, last + 1, round(1.2 * LOOKED_AT))
    believed = believed_customers(session) or last - first + 1
    return max(believed, len(all_of_few)), np.array(ids_among(session, drawn.tolist()), dtype=np.int64)


def _estimate(customers: int, looked_at: int, bearing: int) -> TagPreview:
    if looked_at in (0, customers):
        return TagPreview(customers, looked_at, bearing, bearing, bearing, bearing, None)
    part = Decimal(bearing) / looked_at
    low, high = (round(bound * customers) for bound in wilson(part, Decimal(looked_at)))
    return TagPreview(customers, looked_at, bearing, round(part * customers), max(low, bearing), high, None)
