"""What a phone is told about each report of a batch (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.feedback.decisions import Status
from app.feedback.intake import Readable, Unreadable
from app.feedback.judging import Judged


@dataclass(frozen=True)
class Answer:
    """The answer to one item, in the order sent. `id` is None where the item has none that can be read."""

    id: str | None
    status: Status
    code: str | None
    detail: str | None
    received_at: datetime


def answer_to(
    found: Readable | Unreadable, one: Judged | None, first_seen: Mapping[tuple[str, bytes], datetime], now: datetime
) -> Answer:
    """The answer to an item, judged where it can be read; `first_seen`: since when what was not taken is set aside."""
    if isinstance(found, Unreadable):
        seen = first_seen.get((found.shown_id or "", found.digest), now)
        return Answer(found.shown_id, Status.REJECTED, "feedback.unreadable", found.detail, seen)
    assert one is not None
    shown = str(found.item.id)
    seen = one.received_at if is_taken(one) else first_seen.get((shown, found.digest), now)
    status = Status.ACCEPTED if is_taken(one) else one.decision.status  # the same again gets the same answer
    return Answer(shown, status, one.decision.code, one.decision.detail, seen)


def is_taken(one: Judged | None) -> bool:
    """Whether a report is kept as one, now or before."""
    return one is not None and one.decision.status in {Status.ACCEPTED, Status.DUPLICATE}
