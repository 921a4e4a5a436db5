"""What can come of a contact: what each outcome claims, what it requires, and whether it ends the work order (pure)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST_CALLBACK = timedelta(days=180)

CALL, VISIT, SMS, COUNTER = "call", "visit", "sms", "counter"
CHANNELS = (CALL, VISIT, SMS, COUNTER)

OBJECTIONS = (
    "no_need",
    "too_expensive",
    "competitor",
    "under_contract",
    "bad_experience",
    "not_the_decider",
    "moving_away",
    "wants_no_contact",
    "other",
)


@dataclass(frozen=True)
class Outcome:
    """One outcome. `spoke`: it claims a talk with the customer; `sale`: it claims a sale, which an order must confirm.

    `ends`: nothing is left to do for this work order. `channels`: those by which it can come about.
    """

    code: str
    spoke: bool = False
    sale: bool = False
    ends: bool = False
    needs_objection: bool = False
    needs_callback: bool = False
    channels: tuple[str, ...] = CHANNELS


OUTCOMES = {
    outcome.code: outcome
    for outcome in (
        Outcome("bought", spoke=True, sale=True, ends=True),
        Outcome("refused", spoke=True, ends=True, needs_objection=True),
        Outcome("interested", spoke=True),
        Outcome("callback", spoke=True, needs_callback=True),
        Outcome("not_reached"),
        Outcome("not_home", channels=(VISIT,)),
        Outcome("wrong_number", ends=True, channels=(CALL, SMS)),
        Outcome("moved", ends=True),
        Outcome("unsafe", ends=True, channels=(VISIT,)),
    )
}


@dataclass(frozen=True)
class Fault:
    """A field that does not fit its outcome, and what was expected."""

    field: str
    expected: str


def find_fault(
    outcome: str, *, channel: str, objection: str | None, callback_at: datetime | None, started_at: datetime
) -> Fault | None:
    """What is wrong with a report of this outcome, the first thing only; None where it is as it should be."""
    known = OUTCOMES.get(outcome)
    if known is None:
        return Fault("outcome", "one of " + ", ".join(OUTCOMES))
    if channel not in known.channels:
        return Fault("channel", f"{' or '.join(known.channels)} for the outcome {outcome}")
    if known.needs_objection and objection is None:
        return Fault("objection", f"one of {', '.join(OBJECTIONS)} for the outcome {outcome}")
    if objection is not None and not known.spoke:
        return Fault("objection", f"none for the outcome {outcome}, in which nobody was spoken to")
    if objection is not None and objection not in OBJECTIONS:
        return Fault("objection", "one of " + ", ".join(OBJECTIONS))
    return _callback_fault(known, callback_at, started_at)


def _callback_fault(outcome: Outcome, callback_at: datetime | None, started_at: datetime) -> Fault | None:
    if callback_at is None:
        return Fault("callback_at", "when to call back, for the outcome callback") if outcome.needs_callback else None
    if outcome.ends:
        return Fault("callback_at", f"none for the outcome {outcome.code}, which ends the work order")
    if not started_at < callback_at <= started_at + LONGEST_CALLBACK:
        return Fault("callback_at", f"a time after the contact, within {LONGEST_CALLBACK.days} days")
    return None
