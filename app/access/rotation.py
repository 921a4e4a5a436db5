"""PURE: what to do with a refresh token that somebody presents."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto


class Decision(Enum):
    """Rotate: give the next one. Repeat: give the same next one again. Refuse: no. End family: it was stolen."""

    ROTATE = auto()
    REPEAT = auto()
    REFUSE = auto()
    END_FAMILY = auto()


@dataclass(frozen=True)
class PresentedToken:
    """A known refresh token as it stands. `newest_generation` is the highest of its family."""

    generation: int
    newest_generation: int
    rotated_at: datetime | None
    expires_at: datetime
    family_ended: bool


def decide(token: PresentedToken, *, now: datetime, retry_window: timedelta) -> Decision:
    """A lost answer may be asked for again within `retry_window`; any other reuse ends the family (RFC 9700, 4.14.2)."""
    if token.family_ended:
        return Decision.REFUSE
    if token.rotated_at is not None:
        newest_but_one = token.generation == token.newest_generation - 1
        in_time = now - token.rotated_at <= retry_window
        return Decision.REPEAT if newest_but_one and in_time else Decision.END_FAMILY
    return Decision.REFUSE if now >= token.expires_at else Decision.ROTATE
