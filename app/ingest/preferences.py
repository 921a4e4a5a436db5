"""A refusal that a manager took from a customer, beside those of the operator's systems: it holds until it is undone.

Its `source` says that it is ours: an extract that does not know of it yet neither removes nor replaces it, a later word of the
customer in an extract does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, or_, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.ingest import preference_queries as queries
from app.models.customer import ContactPreference, PreferenceStatus

OURS = "gridwork:"
LOCK_WAIT = "2s"


@dataclass(frozen=True)
class Refusal:
    """What a customer refuses: everything, a channel or a product family; `until`: the last day, None for ever."""

    scope: str
    until: date | None
    recorded_at: datetime
    reference: str


def claim_preferences(session: Session) -> None:
    """Keep imports and dispatches off the table until the end of the transaction; before anything else is locked, so that
    whoever holds it is never waited for by somebody that it waits for. Waits LOCK_WAIT at most."""
    before = session.scalar(text("SELECT current_setting('lock_timeout')"))
    session.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": LOCK_WAIT})
    session.execute(text("LOCK TABLE contact_preferences IN ROW EXCLUSIVE MODE"))
    session.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": before})


def keep_refusal(session: Session, *, customer_id: int, refusal: Refusal) -> dict[str, Any] | None:
    """Let it hold from now on, unless one that holds as long does; the caller has claimed the table.

    Returns the operator's own row of before, if there is one.
    """
    found = queries.lock_preference(session, customer_id, refusal.scope)
    _write(session, customer_id, refusal)
    return None if found is None or _is_ours(found) else _as_json(found)


def lift_refusal(
    session: Session, *, customer_id: int, scope: str, standing: Sequence[Refusal], before: dict[str, Any] | None
) -> bool:
    """Take a refusal of ours back, the table being claimed: what stands of ours holds, else what the operator had said before.

    A row that the operator's system has written since is left alone. Is contact in this scope still refused by it or by us?
    """
    found = queries.lock_preference(session, customer_id, scope)
    if found is not None and _is_ours(found):
        session.execute(delete(ContactPreference).where(*queries.is_preference(customer_id, scope)))
        session.expunge(found)
        if standing:
            _write(session, customer_id, max(standing, key=lambda one: (one.until is None, one.until or date.min)))
        elif before is not None:
            session.execute(insert(ContactPreference).values(customer_id=customer_id, scope=scope, **_from_json(before)))
    left = queries.lock_preference(session, customer_id, scope)
    return left is not None and left.status is PreferenceStatus.REFUSED


def _write(session: Session, customer_id: int, refusal: Refusal) -> None:
    values = {
        "status": PreferenceStatus.REFUSED,
        "recorded_at": refusal.recorded_at,
        "until": refusal.until,
        "source": OURS + refusal.reference,
    }
    statement = insert(ContactPreference).values(customer_id=customer_id, scope=refusal.scope, **values)
    row, new = ContactPreference, statement.excluded
    shorter = row.until.is_not(None) & (new.until.is_(None) | (row.until < new.until))
    weaker = or_(row.status != PreferenceStatus.REFUSED, shorter)  # asked here, so that of two at once the longer one stays
    statement = statement.on_conflict_do_update(index_elements=["customer_id", "scope"], set_=values, where=weaker)
    session.execute(statement)


def _is_ours(found: ContactPreference) -> bool:
    return (found.source or "").startswith(OURS)


def _as_json(found: ContactPreference) -> dict[str, Any]:
    return {
        "status": found.status.value,
        "recorded_at": found.recorded_at.isoformat(),
        "until": found.until and found.until.isoformat(),
        "source": found.source,
    }


def _from_json(kept: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": PreferenceStatus(kept["status"]),
        "recorded_at": datetime.fromisoformat(kept["recorded_at"]),
        "until": kept["until"] and date.fromisoformat(kept["until"]),
        "source": kept["source"],
    }
