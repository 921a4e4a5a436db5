"""Reads for drawing the planner's sample, and of the newest one."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.columns import read_columns
from app.core.draws import draw_key_sql
from app.core.errors import Conflict
from app.models.planning import PlanningSample
from app.models.score import ScoringRun
from app.scoring.bulk import read_frame

_PERSON = {
    "customer_id": ("c.id", "int64"),
    "grid_id": ("c.grid_id", "int32"),
    "owner": ("coalesce(c.owner_staff_id, 0)", "int32"),
    "draw_key": (f"coalesce(c.draw_key, {draw_key_sql('c.customer_no')})", "int64"),
}
_CHOSEN = "(SELECT customer_id FROM scoring_chosen)"
_TAGS = f"""
SELECT customer_id, tag FROM (
    SELECT c.id AS customer_id, unnest(c.tags) AS tag FROM customers c WHERE c.id IN {_CHOSEN}
    UNION SELECT b.customer_id, d.code FROM customer_tags b JOIN tag_definitions d ON d.id = b.tag_id
    WHERE b.customer_id IN {_CHOSEN}
) borne ORDER BY customer_id, tag"""  # noqa: S608 - our own text


class NoSample(Conflict):
    """Customers to count lists on were not drawn yet: the worker does it within a minute, `gridwork draw-sample` at once."""

    code = "planning.no_sample"


def find_sample(session: Session) -> PlanningSample | None:
    """The newest sample."""
    return session.scalar(select(PlanningSample).order_by(PlanningSample.id.desc()).limit(1))


def get_sample(session: Session) -> PlanningSample:
    """The newest sample; raises NoSample."""
    found = find_sample(session)
    if found is None:
        raise NoSample
    return found


def find_newest_ranking(session: Session) -> datetime | None:
    """When the newest ranking was finished."""
    return session.scalar(select(func.max(ScoringRun.finished_at)))


def read_everybody(session: Session) -> dict[str, NDArray[Any]]:
    """All customers as columns: customer_id, grid_id, owner (0: nobody's) and draw_key."""
    return read_columns(session, _PERSON, "FROM customers c", {})


def tags_of_chosen(session: Session) -> pl.DataFrame:
    """customer_id and tags (a list) of those of the chosen who bear some."""
    rows = read_frame(session, _TAGS, {"customer_id": pl.Int64, "tag": pl.String})
    return rows.group_by("customer_id", maintain_order=True).agg(tags="tag")


def chosen_of_set(session: Session, source: str, parameters: dict[str, Any]) -> NDArray[np.int64]:
    """Those of the chosen who are in a set of `reasons.SETS`."""
    within = f"{source} AND s.customer_id IN {_CHOSEN}"
    return np.unique(read_columns(session, {"customer_id": ("s.customer_id", "int64")}, within, parameters)["customer_id"])


def older_than(session: Session, sample_id: int) -> Collection[PlanningSample]:
    """The samples before one."""
    return session.scalars(select(PlanningSample).where(PlanningSample.id < sample_id).order_by(PlanningSample.id)).all()
