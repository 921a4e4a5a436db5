"""The life of a work order: which event moves it from which state to which (pure)."""

from enum import StrEnum


class Event(StrEnum):
    """What can happen to a work order after its dispatch."""

    CONTACTED = "contacted"  # tried or spoken to, more is to be done
    COMPLETED = "completed"  # the customer gave an answer that ends it
    RETURNED = "returned"  # the manager gives it back
    EXPIRED = "expired"  # its window is over
    WITHDRAWN = "withdrawn"  # the customer refused contact, or the company took it back
    REASSIGNED = "reassigned"  # another manager has it
    REOPENED = "reopened"  # a correction leaves a contact that is not the end
    RESET = "reset"  # a correction leaves no contact at all


OPEN, IN_PROGRESS, DONE, RETURNED, EXPIRED, WITHDRAWN = "open", "in_progress", "done", "returned", "expired", "withdrawn"
STATES = (OPEN, IN_PROGRESS, DONE, RETURNED, EXPIRED, WITHDRAWN)
LIVE = frozenset({OPEN, IN_PROGRESS})
# What a manager reported may be corrected by the manager; what the company or the customer decided may not.
_REPORTED = (IN_PROGRESS, DONE, RETURNED)

_NEXT: dict[tuple[str, Event], str] = {
    **{(state, Event.CONTACTED): IN_PROGRESS for state in LIVE},
    **{(state, Event.COMPLETED): DONE for state in LIVE},
    **{(state, Event.RETURNED): RETURNED for state in LIVE},
    **{(state, Event.EXPIRED): EXPIRED for state in LIVE},
    **{(state, Event.WITHDRAWN): WITHDRAWN for state in LIVE},
    **{(state, Event.REASSIGNED): state for state in LIVE},
    **{(state, Event.REOPENED): IN_PROGRESS for state in _REPORTED},
    **{(state, Event.RESET): OPEN for state in _REPORTED},
}


def next_state(state: str, event: Event) -> str | None:
    """The state after `event`; None where the event cannot happen in `state`."""
    return _NEXT.get((state, event))


def is_live(state: str) -> bool:
    """Whether the work order holds its customer's contact lock."""
    return state in LIVE
