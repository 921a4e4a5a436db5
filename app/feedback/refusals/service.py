"""A customer who does not want to be disturbed: one tap on the phone, in force at once; taken back only by two persons."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import whole_company
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.security import Principal
from app.dispatch.sweeps import withdraw_customer
from app.feedback.clockwork import place_contact
from app.feedback.refusals import queries
from app.ingest.preferences import Refusal, claim_preferences, keep_refusal, lift_refusal
from app.models.do_not_disturb import DoNotDisturb, DoNotDisturbUndo, UndoDecision
from app.models.work_order import WorkOrder
from app.notices.outbox import put_event

GENERAL_SCOPES = ("all", "call", "visit", "sms")
LONGEST = timedelta(days=3_660)
RECORDED, UNDONE = "customer.refused_contact", "customer.refusal_undone"


class RefusalIdTaken(Conflict):
    """Another do-not-disturb has this id: the first one stands."""

    code = "do_not_disturb.id_conflict"


class UndoDecided(Conflict):
    """Somebody decided on this before."""

    code = "do_not_disturb.decided"


class OwnUndo(Forbidden):
    """Whoever asked for it may not decide it: somebody else has to."""

    code = "do_not_disturb.own_undo"


@dataclass(frozen=True)
class Asked:
    """What the phone sends. asked_at, sent_at: by the phone's clock, of the tap and of the sending; None: now."""

    id: UUID
    scope: str
    until: date | None
    note: str | None
    asked_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True)
class DecidedUndo:
    """A decision; `still_refused`: the operator's own system, or another of our records, says so too."""

    id: int
    request_id: UUID
    decision: UndoDecision
    still_refused: bool


def refuse_contact(session: Session, *, principal: Principal, work_order_id: int, asked: Asked, now: datetime) -> DoNotDisturb:
    """Record that the customer of a work order that is or was one's own does not want to be disturbed, and end every live work
    order that this speaks against, in this very transaction. The same again changes nothing.

    Raises UnknownWorkOrder, Invalid for a scope or a day that is none, RefusalIdTaken.
    """
    asked_at = _moment(asked, now)
    with whole_company(session):
        order = queries.get_order_once_mine(session, work_order_id, staff_id=principal.staff_id or 0)
        _check(session, asked, asked_at)
        claim_preferences(session)
        queries.lock_orders_of(session, order.customer_id, order.id)
        if not _is_new(session, principal, order, asked, asked_at, now):
            return _same_again(session, principal, order, asked)
        earlier = queries.standing_refusals(session, customer_id=order.customer_id, scope=asked.scope)
        made = next(one for one in earlier if one.id == asked.id)
        made.before = keep_refusal(session, customer_id=order.customer_id, refusal=_as_refusal(made)) or next(
            (one.before for one in earlier if one.before is not None), None
        )
        made.withdrawn = withdraw_customer(session, customer_id=order.customer_id, now=now)
        payload = {"refusal_id": str(made.id), "scope": made.scope, "withdrawn": made.withdrawn}
        put_event(session, kind=RECORDED, payload=payload, grid_id=made.grid_id, now=now)
    return made


def ask_undo(session: Session, *, principal: Principal, refusal_id: UUID, reason: str, now: datetime) -> DoNotDisturbUndo:
    """Ask for a refusal of one's own to be taken back; it holds until somebody else agrees. The same again changes nothing.

    Raises UnknownRefusal.
    """
    found = queries.lock_refusal(session, refusal_id)
    if found is None or found.staff_id != principal.staff_id:
        raise queries.UnknownRefusal
    before = queries.find_latest_undo(session, refusal_id)
    if before is not None and before.decision is not UndoDecision.REJECTED:
        return before
    made = DoNotDisturbUndo(
        request_id=found.id,
        grid_id=found.grid_id,
        staff_id=found.staff_id,
        asked_by_account_id=principal.account_id,
        reason=reason,
        asked_at=now,
    )
    session.add(made)
    session.flush()  # the answer has its id
    return made


def decide_undo(
    session: Session,
    *,
    undo_id: int,
    decision: UndoDecision,
    reason: str,
    grid_ids: Collection[int],
    actor_account_id: int,
    now: datetime,
) -> DecidedUndo:
    """Agree to take a refusal back, or not. Work that it ended stays ended; the next dispatch may choose the customer again.

    Raises UnknownUndo, OwnUndo, UndoDecided.
    """
    undo = queries.lock_undo(session, undo_id, grid_ids=grid_ids)
    if undo.decision is not None:
        raise UndoDecided
    if undo.asked_by_account_id == actor_account_id:
        raise OwnUndo
    undo.decision, undo.decided_at = decision, now
    undo.decided_by_account_id, undo.decision_reason = actor_account_id, reason
    still_refused = True
    if decision is UndoDecision.ACCEPTED:
        with whole_company(session):
            claim_preferences(session)
            still_refused = _take_back(session, undo.request_id, now)
    return DecidedUndo(undo.id, undo.request_id, decision, still_refused)


def _take_back(session: Session, refusal_id: UUID, now: datetime) -> bool:
    found = queries.lock_refusal(session, refusal_id)
    assert found is not None
    found.undone_at = now
    session.flush()
    standing = queries.standing_refusals(session, customer_id=found.customer_id, scope=found.scope)
    still = lift_refusal(
        session,
        customer_id=found.customer_id,
        scope=found.scope,
        standing=[_as_refusal(one) for one in standing],
        before=found.before,
    )
    payload = {"refusal_id": str(found.id), "scope": found.scope}
    put_event(session, kind=UNDONE, payload=payload, grid_id=found.grid_id, now=now)
    return still


def _moment(asked: Asked, now: datetime) -> datetime:
    """When the customer asked, by the server's clock."""
    if asked.asked_at is None:
        return now
    sent_at = asked.sent_at or now
    return place_contact(started_at=asked.asked_at, ended_at=None, sent_at=sent_at, received_at=now).contacted_at


def _check(session: Session, asked: Asked, asked_at: datetime) -> None:
    if asked.scope not in GENERAL_SCOPES and asked.scope not in (known := queries.families(session)):
        raise Invalid("scope", "one of " + ", ".join([*GENERAL_SCOPES, *known]))
    first = clock.local_date(asked_at)
    if asked.until is not None and not first <= asked.until <= first + LONGEST:
        raise Invalid("until", f"a day from {first} to {first + LONGEST}, or none for ever")


def _is_new(session: Session, principal: Principal, order: WorkOrder, asked: Asked, asked_at: datetime, now: datetime) -> bool:
    """Written under its id for the first time; the key says so, never a look before it."""
    values = {
        "id": asked.id,
        "customer_id": order.customer_id,
        "work_order_id": order.id,
        "grid_id": order.grid_id if order.lent_to_grid_id is None else order.lent_to_grid_id,
        "staff_id": principal.staff_id,
        "scope": asked.scope,
        "until": asked.until,
        "note": asked.note,
        "asked_at": asked_at,
        "recorded_at": now,
        "withdrawn": 0,
    }
    statement = insert(DoNotDisturb).values(values).on_conflict_do_nothing(index_elements=["id"]).returning(DoNotDisturb.id)
    return session.scalar(statement) is not None


def _same_again(session: Session, principal: Principal, order: WorkOrder, asked: Asked) -> DoNotDisturb:
    found = queries.find_refusal(session, asked.id)
    assert found is not None
    said = (found.staff_id, found.work_order_id, found.scope, found.until, found.note)
    if said != (principal.staff_id, order.id, asked.scope, asked.until, asked.note):
        raise RefusalIdTaken
    return found


def _as_refusal(one: DoNotDisturb) -> Refusal:
    return Refusal(one.scope, one.until, one.recorded_at, str(one.id))
