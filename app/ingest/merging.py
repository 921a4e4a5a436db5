"""Staged rows into the feed's table: of the same key the last line counts, and the newest file wins."""

from dataclasses import dataclass
from datetime import date
from string import Template

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import count_changed
from app.ingest.columns import Feed
from app.ingest.ownership import keep_ownership
from app.ingest.postings import keep_postings
from app.ingest.preferences import OURS
from app.ingest.statements import key_in_file, merge_statement

_TWICE = Template("SELECT EXISTS (SELECT FROM import_rows GROUP BY $key HAVING count(*) > 1)")
_KEEP_ONE = Template("""
DELETE FROM import_rows WHERE line IN (
    SELECT line FROM (SELECT line, row_number() OVER (PARTITION BY $key ORDER BY $order) AS place FROM import_rows) x
    WHERE place > 1)
""")
# An old refusal or consent that comes late does not replace a newer one.
_LATE = """
DELETE FROM import_rows s USING customers c, contact_preferences t
WHERE c.customer_no = s.customer_no AND t.customer_id = c.id AND t.scope = s.scope AND t.recorded_at > s.recorded_at
"""
# Of two at once the later sees the other's: else the key would refuse the whole import. Nor does a refusal that a manager took
# give way to an extract of before it, whichever file is the newest.
_ALONE = "LOCK TABLE contact_preferences IN SHARE ROW EXCLUSIVE MODE"
_OURS = f" AND starts_with(t.source, '{OURS}')"
_LEVELS = ("company", "branch", "grid")  # a unit after the one above it


@dataclass(frozen=True)
class Merged:
    """What became of the staged rows; the rest was there already, unchanged."""

    inserted: int
    updated: int


def drop_superseded(session: Session, feed: Feed, *, newest_file_wins: bool = False) -> int:
    """Keep one staged row of each key; how many others there were.

    A preference recorded before the one that the table holds is superseded too, unless `newest_file_wins`; before one of ours,
    always.
    """
    superseded = _keep_one_of_each_key(session, feed)
    if feed.name == "contact_preferences":
        session.execute(text(_ALONE))
        superseded += count_changed(session, _LATE + (_OURS if newest_file_wins else ""))
    return superseded


def merge_rows(session: Session, feed: Feed, *, zone: str, day: date) -> Merged:
    """Bring the staged rows into the feed's table, in one statement for all of them (units: for each level).

    Customers who change grid or owner do so from `day` on.
    """
    if feed.name == "customers":
        keep_ownership(session, day=day)
    if feed.name == "staff":
        keep_postings(session)
    inserted = updated = 0
    for only in [f"s.kind = '{level}'" for level in _LEVELS] if feed.name == "org_units" else [""]:
        new, changed = session.execute(text(merge_statement(feed, only=only)), _used({"zone": zone}, feed)).one()
        inserted, updated = inserted + new, updated + changed
    return Merged(inserted, updated)


def _keep_one_of_each_key(session: Session, feed: Feed) -> int:
    key = key_in_file(feed)
    if not session.scalar(text(_TWICE.substitute(key=key))):
        return 0
    newest = "recorded_at DESC, line DESC" if feed.name == "contact_preferences" else "line DESC"
    return count_changed(session, _KEEP_ONE.substitute(key=key, order=newest))


def _used(parameters: dict[str, str], feed: Feed) -> dict[str, str]:
    return parameters if feed.name == "contact_preferences" else {}
