"""The arithmetic of the sums, in the database: what differs from what is kept, and adding that to every table of sums."""
# ruff: noqa: S608 - statements are made of our own names of tables and columns

from collections.abc import Sequence

from sqlalchemy import Column, MetaData, Table, insert, text
from sqlalchemy.orm import Session

from app.core.db import count_changed
from app.figures.fact_queries import daily_facts
from app.figures.measures import KEYS, MEASURES
from app.models.figures import DailyFigures

# All text below is made of our own names of tables and columns.
_FINE = "daily_figures"
_NAMES, _SUMS = ", ".join(MEASURES), ", ".join(f"sum({name})" for name in MEASURES)
_FOUND = Table("figures_found", MetaData(), *(Column(c.name, c.type) for c in DailyFigures.__table__.columns))
_EMPTY = (
    "DROP TABLE IF EXISTS pg_temp.figures_found, pg_temp.figures_changed",
    "CREATE TEMP TABLE figures_found ON COMMIT DROP AS SELECT * FROM daily_figures WITH NO DATA",
    "CREATE TEMP TABLE figures_changed ON COMMIT DROP AS SELECT day AS month, * FROM daily_figures WITH NO DATA",
)
_CHANGED = f"""
INSERT INTO figures_changed (month, {", ".join(KEYS[_FINE])}, {_NAMES})
SELECT CAST(date_trunc('month', day) AS date), {", ".join(KEYS[_FINE])},
    {", ".join(f"coalesce(f.{name}, 0) - coalesce(k.{name}, 0)" for name in MEASURES)}
FROM figures_found f
FULL JOIN (SELECT * FROM {_FINE} WHERE campaign_id = :campaign AND (:everywhere OR grid_id = ANY (:grids))) k
USING ({", ".join(KEYS[_FINE])})
WHERE ({", ".join(f"f.{name}" for name in MEASURES)}) IS DISTINCT FROM ({", ".join(f"k.{name}" for name in MEASURES)})
"""


def find_difference(session: Session, campaign_id: int, grid_ids: Sequence[int] | None) -> int:
    """Count a campaign in these grids (None: in all of them) and keep, until the transaction ends, by how much each row of
    daily_figures differs; how many do."""
    for statement in _EMPTY:
        session.execute(text(statement))
    found = daily_facts(campaign_id, grid_ids).subquery("found")
    names = [*KEYS[_FINE], *MEASURES]
    session.execute(insert(_FOUND).from_select(names, found.select().with_only_columns(*(found.c[name] for name in names))))
    values = {"campaign": campaign_id, "everywhere": grid_ids is None, "grids": list(grid_ids or ())}
    return count_changed(session, _CHANGED, values)


def add_difference(session: Session) -> None:
    """Correct every table of sums by the difference that was found; a row of which nothing is left goes."""
    for table, keys in KEYS.items():
        session.execute(text(_add(table, keys)))
        session.execute(text(_drop_empty(table, keys)))


def sum_anew(session: Session) -> None:
    """Make the tables of days and months anew from daily_figures."""
    for table, keys in KEYS.items():
        if table != _FINE:
            session.execute(text(f"DELETE FROM {table}"))
            session.execute(text(_fill(table, keys)))


def _fill(table: str, keys: Sequence[str]) -> str:
    of = ", ".join("CAST(date_trunc('month', day) AS date)" if key == "month" else key for key in keys)
    return f"INSERT INTO {table} ({', '.join(keys)}, {_NAMES}) SELECT {of}, {_SUMS} FROM {_FINE} GROUP BY {of}"


def _add(table: str, keys: Sequence[str]) -> str:
    named = ", ".join(keys)
    added = ", ".join(f"{name} = t.{name} + excluded.{name}" for name in MEASURES)
    return (
        f"INSERT INTO {table} AS t ({named}, {_NAMES}) SELECT {named}, {_SUMS} FROM figures_changed"
        f" GROUP BY {named} ORDER BY {named} ON CONFLICT ({named}) DO UPDATE SET {added}"
    )


def _drop_empty(table: str, keys: Sequence[str]) -> str:
    same = " AND ".join(f"t.{key} = c.{key}" for key in keys)
    nothing = " AND ".join(f"t.{name} = 0" for name in MEASURES)
    changed = f"SELECT DISTINCT {', '.join(keys)} FROM figures_changed"
    return f"DELETE FROM {table} t USING ({changed}) c WHERE {same} AND {nothing}"
