"""The life of a work order: which event moves it from which state to which (pure).

planned, open and in_progress are live: they hold the customer's contact lock and count against capacity. Phones see open and
in_progress only. A planned order has a later day, or, in the pool of its grid, none.
"""

from enum import StrEnum


class Event(StrEnum):
    """What can happen to a work order after its dispatch."""

    RELEASED = "released"  # its day has come: it goes to the phone
    ROLLED = "rolled"  # its day passed unfinished: today is its day
    POSTPONED = "postponed"  # a later day is its day; what nobody has begun leaves the phone until then
    POOLED = "pooled"  # no manager's any more: any of the grid may have it
    STARTED = "started"  # the manager, or somebody for them, has begun
    CONTACTED = "contacted"  # tried or spoken to, more is to be done
    COMPLETED = "completed"  # the customer gave an answer that ends it
    RETURNED = "returned"  # the manager gives it back; the grid manager decides
    RETURN_ACCEPTED = "return_accepted"  # it stays given back
    RETURN_REJECTED = "return_rejected"  # the manager has it again
    REDISPATCHED = "redispatched"  # accepted, and for another manager to try
    RETURN_UNDONE = "return_undone"  # the decision on it is taken back: it waits for one again
    EXPIRED = "expired"  # its window is over
    WITHDRAWN = "withdrawn"  # the customer must not be contacted any more
    PULLED_BACK = "pulled_back"  # the company took it back
    REASSIGNED = "reassigned"  # another manager of the grid has it
    LENT = "lent"  # a manager of another grid has it for a time
    BROUGHT_HOME = "brought_home"  # that time is over
    EXTENDED = "extended"  # it has another last day
    REOPENED = "reopened"  # a correction leaves a contact that is not the end
    RESET = "reset"  # a correction leaves no contact at all


PLANNED, OPEN, IN_PROGRESS = "planned", "open", "in_progress"
DONE, RETURNED, EXPIRED, WITHDRAWN = "done", "returned", "expired", "withdrawn"
STATES = (PLANNED, OPEN, IN_PROGRESS, DONE, RETURNED, EXPIRED, WITHDRAWN)
LIVE = frozenset({PLANNED, OPEN, IN_PROGRESS})
ON_PHONES = frozenset({OPEN, IN_PROGRESS})
# What a manager reported may be corrected by the manager; what the company or the customer decided may not.
_REPORTED = (IN_PROGRESS, DONE, RETURNED)

_NEXT: dict[tuple[str, Event], str] = {
    (PLANNED, Event.RELEASED): OPEN,
    **{(state, Event.ROLLED): state for state in ON_PHONES},
    **{(state, Event.POSTPONED): PLANNED for state in (PLANNED, OPEN)},
    (IN_PROGRESS, Event.POSTPONED): IN_PROGRESS,  # somebody may wait to be called back: it stays on the phone
    **{(state, Event.POOLED): PLANNED for state in LIVE},
    **{(state, Event.STARTED): IN_PROGRESS for state in (PLANNED, OPEN)},
    # A phone that was offline reports on what was postponed meanwhile: what happened, happened.
    **{(state, Event.CONTACTED): IN_PROGRESS for state in LIVE},
    **{(state, Event.COMPLETED): DONE for state in LIVE},
    **{(state, Event.RETURNED): RETURNED for state in LIVE},
    (RETURNED, Event.RETURN_ACCEPTED): RETURNED,
    (RETURNED, Event.RETURN_REJECTED): OPEN,
    (RETURNED, Event.REDISPATCHED): OPEN,
    **{(state, Event.RETURN_UNDONE): RETURNED for state in (PLANNED, OPEN, RETURNED)},
    **{(state, Event.EXPIRED): EXPIRED for state in LIVE},
    **{(state, Event.WITHDRAWN): WITHDRAWN for state in LIVE},
    **{(state, Event.PULLED_BACK): WITHDRAWN for state in LIVE},
    **{(state, event): state for state in LIVE for event in (Event.REASSIGNED, Event.LENT, Event.BROUGHT_HOME, Event.EXTENDED)},
    **{(state, Event.REOPENED): IN_PROGRESS for state in _REPORTED},
    **{(state, Event.RESET): OPEN for state in _REPORTED},
}


def next_state(state: str, event: Event) -> str | None:
    """The state after `event`; None where the event cannot happen in `state`."""
    return _NEXT.get((state, event))


def is_live(state: str) -> bool:
    """Whether the work order holds its customer's contact lock."""
    return state in LIVE
