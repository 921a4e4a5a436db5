"""Whom the managers of the synthetic town contact on a day, what comes of it, and what they report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from app.core import clock
from app.feedback.objections import OBJECTIONS
from demo.answers import answer_contact, claim_of, contact_rng
from demo.truth import Truth

ATTEMPTS = 3  # a manager tries a customer no more often than this
AGAIN_AFTER = {"not_reached": 2, "interested": 4}  # days; a callback is made on the day that was agreed
CALLBACK_DAYS = (2, 7)  # so many days later, the second not included
OFFLINE = 0.06  # share of a manager's days without a line: reported the next morning
LOST = 0.05  # share of reports whose answer is lost, so that the phone sends them again
FIRST_HOUR, LAST_MINUTES = 9, 9 * 60 + 20  # contacts begin from nine until twenty past six


@dataclass(frozen=True)
class Contact:
    """One contact: what truly happened (`called` .. `ordered_at`) and what is reported. Times are ISO 8601."""

    report_id: str
    work_order_id: int
    customer_no: str
    staff_no: str
    day: str
    at: str
    called: bool
    reached: bool
    seconds: int
    ordered_at: str | None
    channel: str | None
    outcome: str
    claimed_seconds: int
    objection: str | None
    callback_at: str | None
    online: bool

    @property
    def time(self) -> datetime:
        """When it began."""
        return datetime.fromisoformat(self.at)

    @property
    def again_on(self) -> date | None:
        """The day on which the manager would try again; None where nothing is left to do."""
        if self.callback_at is not None:
            return clock.local_date(datetime.fromisoformat(self.callback_at))
        days = AGAIN_AFTER.get(self.outcome)
        return None if days is None else date.fromisoformat(self.day) + timedelta(days=days)

    def report(self) -> dict[str, Any]:
        """As the phone sends it."""
        said = {"objection": self.objection, "callback_at": self.callback_at}
        ended_at = (self.time + timedelta(seconds=self.claimed_seconds)).isoformat()
        return {
            "id": self.report_id,
            "work_order_id": self.work_order_id,
            "channel": "call",
            "outcome": self.outcome,
            "started_at": self.at,
            "ended_at": ended_at,
        } | {name: value for name, value in said.items() if value is not None}

    def as_json(self) -> dict[str, Any]:
        """For the file of its day."""
        return asdict(self)


def plan_day(
    truth: Truth,
    *,
    seed: int,
    day: date,
    held: Mapping[str, Iterable[Mapping[str, Any]]],
    past: Mapping[str, Sequence[Contact]],
) -> list[Contact]:
    """The contacts of a day, by manager and time, drawn for ever by the seed, the customer and the day.

    held: the work orders on the phones of those at work, by staff number; past: earlier contacts by customer.
    """
    contacts = []
    for staff_no, orders in sorted(held.items()):
        due = due_on(day, orders, past)
        online = bool(contact_rng(seed, "line", staff_no, day).random() >= OFFLINE)
        for slot, order in enumerate(sorted(due, key=lambda one: (one["scheduled_on"], one["id"]))):
            contacts.append(_contact(truth, seed, day, staff_no, order, (slot, len(due)), online))
    return contacts


def due_on(day: date, orders: Iterable[Mapping[str, Any]], past: Mapping[str, Sequence[Contact]]) -> list[Mapping[str, Any]]:
    """Those of the work orders whose customer is to be contacted on a day."""
    return [order for order in orders if _is_due(order, past.get(order["customer"]["customer_no"], ()), day)]


def _is_due(order: Mapping[str, Any], past: Sequence[Contact], day: date) -> bool:
    if not past:
        return bool(order["scheduled_on"] <= day.isoformat())
    again_on = past[-1].again_on
    ordered = any(contact.ordered_at for contact in past)
    return again_on is not None and again_on <= day and len(past) < ATTEMPTS and not ordered


def _contact(
    truth: Truth, seed: int, day: date, staff_no: str, order: Mapping[str, Any], slot: tuple[int, int], online: bool
) -> Contact:
    customer_no = order["customer"]["customer_no"]
    rng = contact_rng(seed, "contact", customer_no, day)
    minutes = LAST_MINUTES / slot[1]
    offset = timedelta(hours=FIRST_HOUR, seconds=int(60 * minutes * (slot[0] + 0.5 * rng.random())))
    when = (clock.start_of_day(day) + offset).astimezone(clock.zone())
    happened = answer_contact(truth, rng, customer_no, staff_no, when, product_code=order["product"]["product_code"])
    claim = claim_of(truth.honesty_of(staff_no), happened)
    callback = when + timedelta(days=int(rng.integers(*CALLBACK_DAYS))) if claim.outcome == "callback" else None
    return Contact(
        report_id=str(uuid5(NAMESPACE_OID, f"synthetic town {seed}/{customer_no}/{staff_no}/{day}")),
        work_order_id=order["id"],
        customer_no=customer_no,
        staff_no=staff_no,
        day=day.isoformat(),
        at=when.isoformat(),
        called=happened.called,
        reached=happened.reached,
        seconds=happened.seconds,
        ordered_at=happened.ordered_at.isoformat() if happened.ordered_at else None,
        channel=happened.channel,
        outcome=claim.outcome,
        claimed_seconds=claim.seconds,
        objection=str(rng.choice(list(OBJECTIONS))) if claim.outcome == "refused" else None,
        callback_at=callback.isoformat() if callback else None,
        online=online,
    )
