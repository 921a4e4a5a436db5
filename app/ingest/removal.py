"""A full load: rows whose key is not in the file are removed, within bounds."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from string import Template

from sqlalchemy import text
from sqlalchemy.orm import Session

import app.models  # noqa: F401  (registers the tables that may refer to a row)
from app.core.db import Base, count_changed
from app.core.errors import Conflict
from app.core.numbers import share
from app.ingest.columns import Feed, Kind
from app.ingest.findings import BLANK
from app.ingest.preferences import OURS
from app.ingest.statements import column_in_table, target_of

_MENTIONED = """
CREATE TEMP TABLE import_mentioned ON COMMIT DROP AS
SELECT DISTINCT btrim(cell, :blank) AS cell FROM rejected_rows, jsonb_array_elements_text(cells) cell WHERE batch_id = :batch_id
"""
_ABSENT = Template("""
FROM $table t WHERE $within NOT EXISTS (SELECT FROM import_rows s $joins WHERE $same_key) AND NOT ($mentioned)
""")
# A feed of months is full for those that are in the file.
_PERIODS = {"base_points": ("period", "to_date(s.period, 'YYYY-MM')")}
# Columns that hold the id of a row without a foreign key, because that would cost a look-up for each of very many rows.
_UNDECLARED = {
    "customers": [("customer_scores", "customer_id"), ("campaign_targets", "customer_id")],
    "staff": [("work_orders", "staff_id")],
    "units": [("campaign_targets", "grid_id"), ("work_orders", "grid_id")],
}
_REFER_TO_EACH_OTHER = {"units", "products"}


class TooManyRemoved(Conflict):
    """The full load would remove too many rows."""

    code = "import.too_many_removed"


@dataclass(frozen=True)
class Removed:
    """Rows that were not in the file: removed, or kept because something refers to them."""

    removed: int = 0
    kept_in_use: int = 0


def count_rows(session: Session, feed: Feed) -> int:
    """The rows among which a full load of the staged file would remove."""
    found = session.scalar(text(f"SELECT count(*) FROM {target_of(feed).table} t WHERE {_within(feed)} true"))  # noqa: S608
    return found or 0


def remove_absent(session: Session, feed: Feed, *, batch_id: int, before: int, limit: Decimal) -> Removed:
    """Remove the rows whose key is not in the file. `before`: how many rows there were; `limit`: the share that may go.

    Not removed are rows that something refers to, and rows that a rejected row of the file may be about.
    Raises TooManyRemoved, after which the caller undoes all of it.
    """
    session.execute(text(_MENTIONED), {"batch_id": batch_id, "blank": BLANK})
    target = target_of(feed)
    absent = _ABSENT.substitute(
        table=target.table,
        within=_within(feed),
        joins=target.joins,
        same_key=target.same_key,
        mentioned=_mentioned(feed),
    )
    found = session.scalar(text(f"SELECT count(*) {absent}")) or 0
    removed = 0
    while found:
        gone = count_changed(session, f"DELETE {absent} AND {_unused(target.table)}")
        removed += gone
        if not gone or target.table not in _REFER_TO_EACH_OTHER:
            break
    check_share(feed.name, removed, before, limit)
    return Removed(removed, found - removed)


def check_share(feed_name: str, removed: int, before: int, limit: Decimal) -> None:
    """Raise TooManyRemoved where a full load takes more than this share of the rows away."""
    gone_share = share(removed, before) or Decimal(0)
    if gone_share > limit:
        raise TooManyRemoved(
            f"This full load would remove {removed} of {before} rows of {feed_name} ({gone_share:.1%}), more than {limit:.1%}:"
            " if that is meant, force it.",
            would_remove=removed,
            of=before,
        )


def _within(feed: Feed) -> str:
    if feed.name == "contact_preferences":  # what a manager took from the customer is none of the operator's rows
        return f"NOT starts_with(coalesce(t.source, ''), '{OURS}') AND "
    if feed.name not in _PERIODS:
        return ""
    column, value = _PERIODS[feed.name]
    return f"t.{column} IN (SELECT {value} FROM import_rows s) AND "  # noqa: S608


def _mentioned(feed: Feed) -> str:
    """That a cell of a rejected row names whom or what the row of the table is about."""
    subject = next(column for column in feed.columns if column.name in feed.key and column.kind is Kind.CODE)
    cells = "SELECT cell FROM import_mentioned"
    name = column_in_table(subject)
    if name == subject.name:
        return f"t.{name} IN ({cells})"
    table, code = ("staff", "staff_no") if name == "staff_id" else ("customers", "customer_no")
    return f"t.{name} IN (SELECT x.id FROM {table} x WHERE x.{code} IN ({cells}))"  # noqa: S608


def _unused(table: str) -> str:
    """That no row of another table refers to it."""
    conditions = [f"NOT EXISTS (SELECT FROM {other} x WHERE x.{column} = t.id)" for other, column in _references_to(table)]
    if table == "products":
        conditions.append("NOT EXISTS (SELECT FROM products x WHERE t.product_code = ANY(x.bundle_of))")
    return " AND ".join(conditions) or "true"


def _references_to(table: str) -> Iterator[tuple[str, str]]:
    """Where a row that stays may refer to one of this table; what goes with it does not hold it."""
    yield from _UNDECLARED.get(table, [])
    for other in Base.metadata.sorted_tables:
        for key in other.foreign_keys:
            if key.column.table.name == table and key.ondelete != "CASCADE":
                yield other.name, key.parent.name
