"""What becomes of one report, given the work order and the reports before it (pure).

    the order is                     contact before that          contact after it
    live and mine                    accepted, moves the order    -
    done                             accepted, moves nothing      accepted, moves nothing
    another's since a reassignment   accepted, moves a live order rejected: after_reassignment
    withdrawn, expired, returned     accepted, moves nothing      rejected: after_withdrawal, _expiry, _return
A correction stands or falls with the report it corrects: it is about the same contact. It may reopen an order that only the
corrected report had ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from app.feedback.intake import Item
from app.feedback.outcomes import OUTCOMES


class Status(StrEnum):
    """The answer to one item. held: waits for the report that it corrects, or that its phone made before it.

    duplicate: taken before, which changes nothing; the phone gets the first answer once more.
    """

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    HELD = "held"
    REJECTED = "rejected"


class Effect(StrEnum):
    """What an accepted report does to its order."""

    NONE = "none"
    CONTACT = "contact"
    COMPLETE = "complete"
    REOPEN = "reopen"


class Place(NamedTuple):
    """Which report of a phone on a work order one is: the first is 1."""

    work_order_id: int
    device_id: str | None
    number: int


@dataclass(frozen=True)
class OrderFacts:
    """A work order as the reporting manager's past or present one. `left_at`: when it went to another, if it did.

    `refused`: it ended because the customer does not want to be disturbed; `closed_at` is then when this manager was told.
    """

    id: int
    state: str
    mine: bool
    left_at: datetime | None
    closed_at: datetime | None
    dispatched_at: datetime
    refused: bool = False


@dataclass(frozen=True)
class KnownReport:
    """A stored report. `mine`: by the manager who reports now; `corrected`: another one replaces it; `place`: among those of
    its phone on its order; `answer_code`: with which it was accepted, if with any."""

    id: UUID
    mine: bool
    work_order_id: int
    outcome: str
    digest: bytes
    received_at: datetime
    corrected: bool
    place: Place | None = None
    answer_code: str | None = None


@dataclass(frozen=True)
class Decision:
    """status, stable code and a sentence; `effect` where accepted, `waits_for` where held."""

    status: Status
    code: str | None = None
    detail: str | None = None
    effect: Effect = Effect.NONE
    waits_for: UUID | None = None


ID_CONFLICT = Decision(Status.CONFLICT, "feedback.id_conflict", "Another report has this id: the first one stands.")
CONTACT_LOCKED = Decision(
    Status.CONFLICT, "feedback.contact_locked", "The work order cannot be reopened: another one holds this customer now."
)
# A correction is a fact about a contact that was made, and is taken; to open its work order again would be another contact.
STAYS_ENDED = Decision(
    Status.ACCEPTED,
    "feedback.stays_ended",
    "The correction is kept. The work order stays ended, because this customer may not be contacted now.",
)
WAITS, WAITS_IN_ORDER = "feedback.waits", "feedback.waits_in_order"
WAITING_CODES = frozenset({WAITS, WAITS_IN_ORDER})
_EARLIER_FIRST = Decision(
    Status.HELD,
    WAITS_IN_ORDER,
    "An earlier report of this phone on the work order has not arrived: this one is kept and taken after it.",
)
_ANSWERED = {STAYS_ENDED.code: STAYS_ENDED.detail}
_LIVE = frozenset({"planned", "open", "in_progress"})
_ENDED = {
    "withdrawn": ("feedback.after_withdrawal", "The work order was withdrawn before this contact."),
    "expired": ("feedback.after_expiry", "The work order expired before this contact."),
    "returned": ("feedback.after_return", "The work order was given back before this contact."),
}

_REFUSED = "The customer had asked not to be disturbed before this contact, and the work order was withdrawn."


def decide(
    item: Item,
    digest: bytes,
    *,
    contacted_at: datetime,
    order: OrderFacts | None,
    known: Mapping[UUID, KnownReport],
    too_early: bool = False,
) -> Decision:
    """What becomes of the item. `known`: every stored report of its order, and those with its id or its corrects_id;
    `too_early`: its phone made an earlier one on the order that has not arrived.
    """
    same_id = known.get(item.id)
    if same_id is not None:
        if same_id.mine and same_id.digest == digest:
            return Decision(Status.DUPLICATE, same_id.answer_code, _ANSWERED.get(same_id.answer_code))
        return ID_CONFLICT
    if order is None:
        return Decision(Status.REJECTED, "feedback.unknown_order", "work_order_id: expected a work order that is or was yours.")
    if too_early:
        return _EARLIER_FIRST
    refusal = _time_refusal(order, contacted_at) if item.corrects_id is None else _correction_refusal(item, known)
    return refusal or Decision(Status.ACCEPTED, effect=_effect(item, order, known))


def is_uncounted(order: OrderFacts, *, contacted_at: datetime, on: date, due_on: date, as_planned: bool) -> bool:
    """Whether a contact on this work order was not to be expected: it had ended before the report came, or the contact lies
    outside of its days or came about otherwise than by its campaign's channel (not `as_planned`). `on`: its local day."""
    expected = order.dispatched_at <= contacted_at and on <= due_on and as_planned
    return order.state not in _LIVE or not expected


def _time_refusal(order: OrderFacts, contacted_at: datetime) -> Decision | None:
    if not order.mine and order.left_at is not None and contacted_at >= order.left_at:
        return Decision(Status.REJECTED, "feedback.after_reassignment", "Another manager had the work order before this contact.")
    if order.state in _ENDED and order.closed_at is not None and contacted_at >= order.closed_at:
        code, detail = _ENDED[order.state]
        return Decision(Status.REJECTED, code, _REFUSED if order.refused else detail)
    return None


def _correction_refusal(item: Item, known: Mapping[UUID, KnownReport]) -> Decision | None:
    assert item.corrects_id is not None
    corrected = known.get(item.corrects_id)
    if corrected is None:
        detail = "The report that this one corrects has not arrived: it is kept and taken when that one comes."
        return Decision(Status.HELD, WAITS, detail, waits_for=item.corrects_id)
    if not corrected.mine or corrected.work_order_id != item.work_order_id:
        detail = "corrects_id: expected a report of yours on the same work order."
        return Decision(Status.REJECTED, "feedback.corrects_other", detail)
    if corrected.corrected:
        return Decision(Status.CONFLICT, "feedback.already_corrected", "Another report corrects that one: correct the newest.")
    return None


def _effect(item: Item, order: OrderFacts, known: Mapping[UUID, KnownReport]) -> Effect:
    ends = OUTCOMES[item.outcome].ends
    if order.state in _LIVE:
        return Effect.COMPLETE if ends else Effect.CONTACT
    if order.state != "done" or item.corrects_id is None or ends:
        return Effect.NONE
    others = (
        report
        for report in known.values()
        if report.work_order_id == order.id and not report.corrected and report.id != item.corrects_id
    )
    return Effect.NONE if any(OUTCOMES[report.outcome].ends for report in others) else Effect.REOPEN
