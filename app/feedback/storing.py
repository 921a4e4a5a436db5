"""Writing reports: those accepted, those set aside. A unique key is the last word on what is new, never a look before it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.hot import Statement
from app.feedback import queries
from app.feedback.enclosing import keep_enclosed
from app.feedback.intake import Readable, Unreadable
from app.feedback.judging import Judged
from app.models.feedback import ContactFeedback, QuarantinedFeedback
from app.models.work_order import WorkOrder

_COPIED = (
    "id",
    "work_order_id",
    "corrects_id",
    "channel",
    "outcome",
    "objection",
    "callback_at",
    "reached",
    "note",
    "latitude",
    "longitude",
    "accuracy_metres",
    "mock_location",
    "device_sequence",
    "elapsed_ms",
    "order_sequence",
)

_ONE_CONTENT = ("staff_id", "feedback_id", "content_hash")
_FEEDBACK = ContactFeedback.metadata.tables["contact_feedback"]
_NAMES = ", ".join(column.name for column in _FEEDBACK.columns)
_STORE_ALL = (
    f"INSERT INTO contact_feedback ({_NAMES})"  # noqa: S608 - the table's own columns
    f" SELECT {_NAMES} FROM json_populate_recordset(CAST(NULL AS contact_feedback), %(rows)s)"
)
_STORE = insert(_FEEDBACK).on_conflict_do_nothing().returning(_FEEDBACK.c.id)


@dataclass(frozen=True)
class Sender:
    """Who sends a batch, when by their phone, and from which grid what is set aside is looked after."""

    staff_id: int
    account_id: int
    grid_id: int
    sent_at: datetime
    device_id: str | None


@dataclass(frozen=True)
class StoredPlace:
    """Whom a report is about, the grid where its manager belongs, and the one that lent the work to it, if any."""

    customer_id: int
    grid_id: int
    home_grid_id: int | None


def hold_month(session: Session, month: Month) -> None:
    """Until the end of the transaction nobody begins to close this month; taken before any work order is locked, as the close
    does it. The trigger on the table takes it too, for whoever forgets."""
    session.execute(text("SELECT pg_advisory_xact_lock_shared(hashtextextended('month/' || :month, 0))"), {"month": str(month)})


def store(
    session: Session, *, sender: Sender, accepted: Sequence[Judged], orders: Mapping[int, WorkOrder], now: datetime
) -> set[UUID]:
    """Write accepted reports in the order of their ids, with what they enclose; the ids that were new."""
    places = {order.id: _place(order) for order in orders.values()}
    rows = _rows(accepted, staff_id=sender.staff_id, places=places, now=now)
    stored = set(session.connection().scalars(_STORE, rows))
    new = [one for one in accepted if one.report.item.id in stored]
    keep_enclosed(session, stored=new, orders=orders, staff_id=sender.staff_id, now=now)
    return stored


def store_statement(accepted: Sequence[Judged], *, staff_id: int, places: Mapping[int, StoredPlace], now: datetime) -> Statement:
    """The same without what they enclose, as one statement that fails where one is not new.

    `places`: by work order.
    """
    rows = _rows(accepted, staff_id=staff_id, places=places, now=now)
    return _STORE_ALL, {"rows": json.dumps(rows, default=_as_json)}


def _as_json(value: Any) -> str:
    match value:
        case bytes():
            return f"\\x{value.hex()}"
        case Month():
            return value.first_day.isoformat()
        case datetime():
            return value.isoformat()
    return str(value)


def _place(order: WorkOrder) -> StoredPlace:
    lent_to = order.lent_to_grid_id
    return StoredPlace(
        order.customer_id, order.grid_id if lent_to is None else lent_to, None if lent_to is None else order.grid_id
    )


def _rows(accepted: Sequence[Judged], *, staff_id: int, places: Mapping[int, StoredPlace], now: datetime) -> list[dict[str, Any]]:
    rows = [_row(one, staff_id, places[one.report.item.work_order_id], now) for one in accepted]
    return sorted(rows, key=lambda row: row["id"])


def _row(one: Judged, staff_id: int, place: StoredPlace, now: datetime) -> dict[str, Any]:
    item, moment = one.report.item, one.moment
    return {
        **{name: getattr(item, name) for name in _COPIED},
        "customer_id": place.customer_id,
        "staff_id": staff_id,
        "grid_id": place.grid_id,
        "home_grid_id": place.home_grid_id,
        "phone_started_at": item.started_at,
        "phone_ended_at": item.ended_at,
        "contacted_at": moment.contacted_at,
        "clock_offset_seconds": moment.offset_seconds,
        "clock_doubtful": moment.doubtful,
        "device_id": one.report.device_id,
        "received_at": now,
        "month": Month.of(now),
        "content_hash": one.report.read.digest,
        "answer_code": one.decision.code,
    }


def set_aside(
    session: Session, *, sender: Sender, refused: Sequence[tuple[Readable | Unreadable, Judged | None]], now: datetime
) -> dict[tuple[str, bytes], datetime]:
    """Keep what was not taken, each content once with its newest reason; when each was first, by (feedback_id, digest)."""
    rows = {(row["feedback_id"], row["content_hash"]): row for row in (_kept(*one, sender, now) for one in refused)}
    if not rows:
        return {}
    new = insert(QuarantinedFeedback).values([rows[key] for key in sorted(rows)])
    latest = {name: new.excluded[name] for name in ("code", "detail", "waits_for_id")}
    changed = (QuarantinedFeedback.code != new.excluded.code) & QuarantinedFeedback.released_at.is_(None)
    session.execute(new.on_conflict_do_update(index_elements=_ONE_CONTENT, set_=latest, where=changed))
    return queries.set_aside_since(session, sender.staff_id, [digest for _, digest in rows])


def _kept(found: Readable | Unreadable, one: Judged | None, sender: Sender, now: datetime) -> dict[str, Any]:
    if isinstance(found, Unreadable):
        name, code, detail, waits_for = found.shown_id or "", "feedback.unreadable", found.detail, None
    else:
        assert one is not None
        decision = one.decision
        name, code, detail, waits_for = str(found.item.id), decision.code or "", decision.detail or "", decision.waits_for
    return {
        "feedback_id": name,
        "staff_id": sender.staff_id,
        "grid_id": sender.grid_id,
        "account_id": sender.account_id,
        "content": {"item": found.kept, "sent_at": sender.sent_at.isoformat(), "device_id": sender.device_id},
        "content_hash": found.digest,
        "code": code,
        "detail": detail,
        "waits_for_id": waits_for,
        "received_at": now,
    }
