"""What can come of a contact: what each outcome claims, needs and allows, and whether it ends the work order (pure).

The one table of it: phones draw their screen from it, reports are judged by it, verification and points ask it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.feedback.objections import OBJECTIONS, Objection

LONGEST_CALLBACK = timedelta(days=180)

CALL, VISIT, SMS, COUNTER = "call", "visit", "sms", "counter"
CHANNELS = (CALL, VISIT, SMS, COUNTER)

OBJECTION, CALLBACK_AT, COMPETITOR = "objection", "callback_at", "competitor"
ALWAYS_ALLOWED = ("note", "latitude", "longitude", "proposals", "attachment_ids")


@dataclass(frozen=True)
class Outcome:
    """One outcome in Chinese and English. `reached`: was the customer? None where it may be either, so that the report says.

    `sale`: it claims a sale, which an order must confirm. `ends`: nothing is left to do for this work order. `needs`: fields
    without which it is refused. `channels`: those by which it can come about. `learns`: something of the customer was learnt.
    """

    code: str
    zh: str
    en: str
    reached: bool | None = False
    sale: bool = False
    ends: bool = False
    needs: tuple[str, ...] = ()
    channels: tuple[str, ...] = CHANNELS
    learns: bool = True

    @property
    def spoke(self) -> bool:
        """Does it claim a talk with the customer?"""
        return self.reached is True

    @property
    def success_claim(self) -> bool:
        """Does it claim a sale? Phones call it so."""
        return self.sale

    @property
    def allows(self) -> tuple[str, ...]:
        """The fields that may be there, those needed too."""
        some = {OBJECTION: self.spoke, CALLBACK_AT: not self.ends, COMPETITOR: self.learns}
        return (*(name for name, may in some.items() if may), *ALWAYS_ALLOWED)

    @property
    def objections(self) -> tuple[Objection, ...]:
        """What may be said against the offer; nothing where nobody was spoken to."""
        return tuple(OBJECTIONS.values()) if self.spoke else ()


OUTCOMES = {
    outcome.code: outcome
    for outcome in (
        Outcome("bought", "已办理", "bought", reached=True, sale=True, ends=True),
        Outcome("refused", "拒绝", "refused", reached=True, ends=True, needs=(OBJECTION,)),
        Outcome("interested", "有意向", "interested", reached=True),
        Outcome("callback", "约好再联系", "wants to be called again", reached=True, needs=(CALLBACK_AT,)),
        Outcome("not_reached", "未联系上", "not reached", learns=False),
        Outcome("not_home", "上门无人", "nobody at home", channels=(VISIT,)),
        Outcome("wrong_number", "号码错误", "wrong number", ends=True, channels=(CALL, SMS), learns=False),
        Outcome("moved", "已搬离", "moved away", reached=None, ends=True),
        Outcome("unsafe", "不安全", "not safe to go there", reached=None, ends=True, channels=(VISIT,)),
    )
}


@dataclass(frozen=True)
class Fault:
    """A field that does not fit its outcome, and what was expected."""

    field: str
    expected: str


def find_fault(
    outcome: str,
    *,
    channel: str,
    objection: str | None,
    callback_at: datetime | None,
    started_at: datetime,
    reached: bool | None = None,
    has_competitor: bool = False,
) -> Fault | None:
    """What is wrong with a report of this outcome, the first thing only; None where it is as it should be.

    `reached`: as the phone says, None where it does not (phones of before did not).
    """
    known = OUTCOMES.get(outcome)
    if known is None:
        return Fault("outcome", "one of " + ", ".join(OUTCOMES))
    if channel not in known.channels:
        return Fault("channel", f"{' or '.join(known.channels)} for the outcome {outcome}")
    if reached is not None and known.reached is not None and reached is not known.reached:
        return Fault("reached", f"{str(known.reached).lower()} for the outcome {outcome}")
    if has_competitor and not known.learns:
        return Fault(COMPETITOR, f"none for the outcome {outcome}, in which nothing was learnt of the customer")
    return _objection_fault(known, objection) or _callback_fault(known, callback_at, started_at)


def _objection_fault(outcome: Outcome, objection: str | None) -> Fault | None:
    known = "one of " + ", ".join(OBJECTIONS)
    if objection is None:
        return Fault(OBJECTION, f"{known} for the outcome {outcome.code}") if OBJECTION in outcome.needs else None
    if not outcome.spoke:
        return Fault(OBJECTION, f"none for the outcome {outcome.code}, in which nobody was spoken to")
    return None if objection in OBJECTIONS else Fault(OBJECTION, known)


def _callback_fault(outcome: Outcome, callback_at: datetime | None, started_at: datetime) -> Fault | None:
    if callback_at is None:
        needed = CALLBACK_AT in outcome.needs
        return Fault(CALLBACK_AT, f"when to call back, for the outcome {outcome.code}") if needed else None
    if outcome.ends:
        return Fault(CALLBACK_AT, f"none for the outcome {outcome.code}, which ends the work order")
    if not started_at < callback_at <= started_at + LONGEST_CALLBACK:
        return Fault(CALLBACK_AT, f"a time after the contact, within {LONGEST_CALLBACK.days} days")
    return None
