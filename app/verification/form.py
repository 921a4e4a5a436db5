"""What the customer is asked in a back-check, and how the answers are held against the report (pure).

The one table of it. Whoever asks knows the questions and not the report. The three types are those of IPA's bcstats: 1 what
cannot change and needs no skill, so that a difference speaks against the report; 2 what takes skill to record; 3 what may vary or
be remembered otherwise. Only type 1 makes a verdict; the share that differs is shown for each type.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from app.feedback.objections import OBJECTIONS
from app.feedback.outcomes import CALL, CHANNELS, OUTCOMES

CONFIRMED, CONTRADICTED, UNVERIFIABLE = "confirmed", "contradicted", "unverifiable"
MOST_MINUTES = 600
DAYS_TOLERATED = 3
MINUTES_TOLERATED, SHARE_TOLERATED = 5, 0.5
YES, NO = "yes", "no"
Value = str | int


class Kind(StrEnum):
    """What an answer is: yes or no, one of the question's choices, whole minutes, or a day."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    MINUTES = "minutes"
    DAY = "day"


@dataclass(frozen=True)
class Reported:
    """What a report says, as far as a customer can know it. `minutes`: None where the phone did not measure."""

    outcome: str
    channel: str
    contacted_on: date
    product_family: str
    objection: str | None
    callback: bool
    minutes: int | None


@dataclass(frozen=True)
class Question:
    """One question in Chinese and English. `type`: 1, 2 or 3."""

    code: str
    type: int
    kind: Kind
    zh: str
    en: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """A question that the report answers too: what either said, and whether they agree within the tolerance."""

    code: str
    type: int
    said: Value
    reported: Value
    agrees: bool


QUESTIONS = {
    question.code: question
    for question in (
        Question("contacted", 1, Kind.YES_NO, "最近我们的人与您交谈过吗？", "Did somebody of ours talk with you lately?"),
        Question("channel", 1, Kind.CHOICE, "是怎样联系您的？", "How did they talk with you?", CHANNELS),
        Question("right_number", 1, Kind.YES_NO, "这是您本人的号码吗？", "Is this your number?"),
        Question("lives_there", 1, Kind.YES_NO, "您还住在登记的地址吗？", "Do you still live at the address that we know?"),
        Question("bought", 1, Kind.YES_NO, "您当时办理了业务吗？", "Did you order something then?"),
        Question("product", 2, Kind.CHOICE, "谈的是什么产品？", "Which product was it about?"),
        Question("objection", 2, Kind.CHOICE, "您没有办理的主要原因？", "What spoke against it most?", tuple(OBJECTIONS)),
        Question("minutes", 3, Kind.MINUTES, "大约谈了几分钟？", "About how many minutes did it take?"),
        Question("day", 3, Kind.DAY, "是哪一天？", "On which day was it?"),
        Question("call_again", 3, Kind.YES_NO, "您约了再联系吗？", "Did you ask to be called again?"),
    )
}


def find_fault(code: str, value: Any) -> str | None:
    """What was expected of an answer, where it is none; raises nothing. An unknown question is a fault too."""
    question = QUESTIONS.get(code)
    if question is None:
        return "one of the questions " + ", ".join(QUESTIONS)
    match question.kind:
        case Kind.YES_NO:
            return None if value in (YES, NO) else "yes or no"
        case Kind.MINUTES:
            fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_MINUTES
            return None if fits else f"whole minutes from 0 to {MOST_MINUTES}"
        case Kind.DAY:
            return None if isinstance(value, str) and _day(value) is not None else "a day such as 2026-10-12"
        case Kind.CHOICE:
            known = isinstance(value, str) and (value in question.choices or not question.choices) and 0 < len(value) <= 64
            return None if known else "one of " + ", ".join(question.choices or ("the product families",))


def expected_of(report: Reported) -> dict[str, Value]:
    """The answers that the report leads one to expect; a question that it says nothing about is not there."""
    outcome = OUTCOMES[report.outcome]
    found: dict[str, Value] = {}
    if report.outcome == "wrong_number":
        found["right_number"] = NO
    if report.outcome == "moved":
        found["lives_there"] = NO
    if outcome.spoke:
        found |= {"contacted": YES, "channel": report.channel, "product": report.product_family}
        found |= {"day": report.contacted_on.isoformat(), "call_again": YES if report.callback else NO}
        found |= {"right_number": YES} if report.channel == CALL else {}
        found |= {"bought": YES} if outcome.sale else {}
        found |= {"objection": report.objection} if report.objection else {}
        found |= {"minutes": report.minutes} if report.minutes is not None else {}
    return found


def compare(report: Reported, answers: Mapping[str, Value]) -> list[Comparison]:
    """Each answer that the report answers too, in the order of the form."""
    expected = expected_of(report)
    return [
        Comparison(code, question.type, answers[code], expected[code], _agree(question, answers[code], expected[code]))
        for code, question in QUESTIONS.items()
        if code in answers and code in expected
    ]


def verdict_of(compared: list[Comparison]) -> str:
    """Contradicted by one difference of type 1, else confirmed by one agreement of it, else nothing is known.

    Who says that nobody talked with them answers nothing else that could count.
    """
    firm = [one.agrees for one in compared if one.type == 1]
    return UNVERIFIABLE if not firm else CONFIRMED if all(firm) else CONTRADICTED


def _agree(question: Question, said: Value, reported: Value) -> bool:
    if question.kind is Kind.MINUTES:
        return abs(int(said) - int(reported)) <= max(MINUTES_TOLERATED, SHARE_TOLERATED * int(reported))
    if question.kind is Kind.DAY:
        one, other = _day(str(said)), _day(str(reported))
        return one is not None and other is not None and abs((one - other).days) <= DAYS_TOLERATED
    return said == reported


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if len(written) == 10 else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Consequence:
    """What a share of differing answers asks for."""

    code: str
    zh: str
    en: str


LEAST_COMPARED = 5
# DIME Wiki, back-checks: fixed facts differing by 20 to 30 %: a second check; over 40 %: all; skill over 10 %: train again.
CONSEQUENCES = (
    (1, 0.4, Consequence("check_all", "逐条核查", "check all of it")),
    (1, 0.2, Consequence("check_again", "再查一次", "check again")),
    (2, 0.1, Consequence("train", "再培训", "train again")),
)


def consequence_of(type_: int, compared: int, differing: int) -> Consequence | None:
    """What follows from `differing` of `compared` answers of a type; nothing where there are too few to say."""
    if compared < LEAST_COMPARED:
        return None
    return next((what for of, above, what in CONSEQUENCES if of == type_ and differing / compared > above), None)
