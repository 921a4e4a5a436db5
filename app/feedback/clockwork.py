"""When a contact took place, by a phone whose clock may be wrong (pure).

The phone states its own time when it sends. The difference to the server's time of receipt is the error of its clock, and
moves the start of each contact. A clock that was set between contact and sending cannot be seen through: that is doubt, and
doubt is evidence for people, never a reason to drop a report.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

TRUSTED_ERROR = timedelta(seconds=120)


@dataclass(frozen=True)
class Moment:
    """When a contact began by the server's clock, the phone's error (server minus phone, whole seconds), and doubt."""

    contacted_at: datetime
    offset_seconds: int
    doubtful: bool


def place_contact(
    *,
    started_at: datetime,
    ended_at: datetime | None,
    sent_at: datetime,
    received_at: datetime,
    possible_from: datetime | None = None,
) -> Moment:
    """Correct a contact's start by the phone's error; never after `received_at`.

    started_at, ended_at, sent_at: by the phone's clock. `possible_from`: when the work order came to be; a contact before it
    is doubtful. Doubtful too: an error over two minutes, a contact that began or ended after it was sent.
    """
    offset = received_at - sent_at
    moved = started_at + offset
    doubtful = (
        abs(offset) > TRUSTED_ERROR
        or started_at > sent_at
        or (ended_at is not None and ended_at > sent_at)
        or (possible_from is not None and moved < possible_from)
    )
    return Moment(min(moved, received_at), round(offset.total_seconds()), doubtful)
