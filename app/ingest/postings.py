"""In which unit a person works, and until when, where a handover decided it and the staff feed does not know yet.

As with customers: what a handover decided stays as long as the feed says what it said before.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import count_changed

_BY_HANDOVER = "handover"  # the kind of an absence that no feed said

_RELEASE = """
DELETE FROM posting_holds h USING import_rows s JOIN staff p ON p.staff_no = s.staff_no JOIN units u ON u.code = s.unit_code
WHERE h.staff_id = p.id AND (h.feed_unit_id <> u.id OR h.feed_active_to IS DISTINCT FROM s.active_to)
"""
_HOLD_FAST = """
UPDATE import_rows s SET unit_code = u.code, active_to = p.active_to
FROM posting_holds h JOIN staff p ON p.id = h.staff_id JOIN units u ON u.id = p.unit_id WHERE s.staff_no = p.staff_no
"""
_GIVEN = "unnest(CAST(:staff AS int[]), CAST(:units AS int[]), CAST(:ends AS date[])) x (staff_id, unit_id, active_to)"
_HOLD = f"""
INSERT INTO posting_holds (staff_id, feed_unit_id, feed_active_to, handover_id)
SELECT p.id, p.unit_id, p.active_to, :handover_id FROM staff p JOIN {_GIVEN} ON x.staff_id = p.id
WHERE p.unit_id <> x.unit_id OR p.active_to IS DISTINCT FROM x.active_to
ORDER BY p.id ON CONFLICT (staff_id) DO UPDATE SET handover_id = excluded.handover_id
"""  # noqa: S608 - our own text
_CHANGE = f"""
UPDATE staff p SET unit_id = x.unit_id, active_to = x.active_to FROM {_GIVEN}
WHERE p.id = x.staff_id AND (p.unit_id <> x.unit_id OR p.active_to IS DISTINCT FROM x.active_to)
"""  # noqa: S608 - our own text


def keep_postings(session: Session) -> None:
    """Make the staged rows of the staff feed that do not know of a handover yet say what it decided, before they are merged."""
    if session.scalar(text("SELECT EXISTS (SELECT FROM posting_holds)")):
        session.execute(text(_RELEASE))
        session.execute(text(_HOLD_FAST))


def change_postings(session: Session, changes: Sequence[tuple[int, int, date | None]], *, handover_id: int) -> int:
    """Let people work in this unit, until this day, and keep it until the feed says something new. How many changed.

    changes: (staff id, unit id, last day or None), of each person one. Waits for an import of staff.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('imports/staff', 0))"))
    staff, units, ends = zip(*changes, strict=True) if changes else ((), (), ())
    values = {"staff": list(staff), "units": list(units), "ends": list(ends)}
    session.execute(text(_HOLD), values | {"handover_id": handover_id})
    changed = count_changed(session, _CHANGE, values)
    session.expire_all()  # what was loaded before is no longer so
    return changed


def note_absence(session: Session, *, staff_id: int, first: date, until: date) -> None:
    """Somebody is away from `first` until the day before `until`: nothing is planned for them then. The feed may know it."""
    values = {"staff_id": staff_id, "first": first, "last": until - timedelta(days=1), "kind": _BY_HANDOVER}
    session.execute(
        text(
            "INSERT INTO absences (staff_id, from_date, to_date, kind) VALUES (:staff_id, :first, :last, :kind)"
            " ON CONFLICT (staff_id, from_date) DO NOTHING"
        ),
        values,
    )


def forget_absence(session: Session, *, staff_id: int, first: date) -> None:
    """Somebody is not away after all; what the feed said stays."""
    statement = "DELETE FROM absences WHERE staff_id = :staff_id AND from_date = :first AND kind = :kind"
    session.execute(text(statement), {"staff_id": staff_id, "first": first, "kind": _BY_HANDOVER})
