"""What people may do with work orders by hand: the verbs, what each needs, and what a row can be refused for (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.core.errors import Invalid
from app.dispatch.states import LIVE, OPEN, PLANNED, STATES

MOST_ROWS = 1_000  # of one request: it is answered row by row while others wait


class Verb(StrEnum):
    """What is done with each work order."""

    REASSIGN = "reassign"  # to another manager of the grid; out of the pool, too
    SPLIT = "split"  # over several managers of the grid, by their load
    LEND = "lend"  # to a manager of another grid of the branch, for a time
    BRING_HOME = "bring_home"  # what was lent, before that time is over
    POOL = "pool"  # to the pool of its grid
    PULL_BACK = "pull_back"  # nobody is to contact the customer for this
    EXTEND = "extend"  # another last day, and perhaps another day
    START = "start"  # today, now


MOVING = frozenset({Verb.REASSIGN, Verb.SPLIT, Verb.LEND, Verb.BRING_HOME, Verb.POOL})  # the whole contact
# Besides a reason, which everything may have.
_NEEDED: dict[Verb, tuple[str, ...]] = {
    Verb.REASSIGN: ("to_staff_nos",),
    Verb.SPLIT: ("to_staff_nos",),
    Verb.LEND: ("to_staff_nos", "until"),
    Verb.EXTEND: ("due_on",),
}
_ALLOWED: dict[Verb, tuple[str, ...]] = {Verb.EXTEND: ("scheduled_on",)}
_EXPECTED = {
    "to_staff_nos": "the staff numbers of those who get the work",
    "until": "the last day of the loan, today or later",
    "due_on": "the new last day, today or later",
    "scheduled_on": "a day from today to the last day",
}


@dataclass(frozen=True)
class Action:
    """A verb with what it needs; `reason` is kept with every event."""

    verb: Verb
    reason: str | None = None
    to_staff_nos: Sequence[str] = ()
    until: date | None = None
    due_on: date | None = None
    scheduled_on: date | None = None


@dataclass(frozen=True)
class Filter:
    """Which work orders, instead of their ids. Days include both ends; None asks nothing."""

    states: Sequence[str] = (PLANNED, OPEN)
    campaign_code: str | None = None
    staff_no: str | None = None
    scheduled_from: date | None = None
    scheduled_to: date | None = None
    due_to: date | None = None
    pooled: bool | None = None


@dataclass(frozen=True)
class Refusal:
    """Why a row stays as it is: a stable code and a sentence; `reason` is the gate's word."""

    code: str
    detail: str
    reason: str | None = None


UNKNOWN = Refusal("work_order.unknown", "There is no such work order, or it is not yours.")
SAME_MANAGER = Refusal("work_order.same_manager", "This manager has it already.")
ELSEWHERE = Refusal("work_order.manager_elsewhere", "The manager does not work in the grid that works on it.")
NOT_NEIGHBOUR = Refusal("work_order.not_neighbour", "It can be lent to another grid of the same branch only.")
LENT = Refusal("work_order.lent", "It is on loan: its own grid decides on it, or bring it home first.")
NOT_LENT = Refusal("work_order.not_lent", "It is not on loan.")
IN_POOL = Refusal("work_order.in_pool", "It is in the pool: give it to somebody first.")
OUTSIDE_WINDOW = Refusal("work_order.outside_window", "The campaign is over by then.")
BEFORE_ITS_DAY = Refusal("work_order.before_its_day", "Its day would be after its last day.")
NO_ROOM = Refusal("work_order.no_room", "Nobody of these has a free day left in its time.")


def wrong_state(state: str, verb: Verb) -> Refusal:
    """The table of states does not allow it."""
    return Refusal("work_order.wrong_state", f"It is {state.replace('_', ' ')}: {verb.replace('_', ' ')} is not possible.")


def contact_refused(why: str) -> Refusal:
    """The customer must not be contacted for this, so it goes nowhere."""
    return Refusal("work_order.contact_refused", f"The customer must not be contacted for this: {why.replace('_', ' ')}.", why)


def check_action(action: Action, *, today: date) -> None:
    """Raise Invalid, which names the first field that is missing, too much or out of its bounds."""
    needed = _NEEDED.get(action.verb, ())
    for field, expected in _EXPECTED.items():
        value = getattr(action, field)
        if field in needed and not value:
            raise Invalid(field, f"{expected}, for {action.verb}")
        if value and field not in needed and field not in _ALLOWED.get(action.verb, ()):
            raise Invalid(field, f"nothing, for {action.verb}")
        if isinstance(value, date) and value < today:
            raise Invalid(field, expected)
    if action.verb is not Verb.SPLIT and len(action.to_staff_nos) > 1:
        raise Invalid("to_staff_nos", f"one staff number, for {action.verb}")
    if action.scheduled_on and action.due_on and action.scheduled_on > action.due_on:
        raise Invalid("scheduled_on", _EXPECTED["scheduled_on"])


def check_rows(ids: Sequence[int] | None, chosen: Filter | None) -> None:
    """Raise Invalid unless either ids or a filter say which work orders, and not too many."""
    if (ids is None) == (chosen is None):
        raise Invalid("ids", "either ids or a filter, not both")
    if ids is not None and not 1 <= len(ids) <= MOST_ROWS:
        raise Invalid("ids", f"1 to {MOST_ROWS} ids")
    if chosen is not None and not set(chosen.states) <= set(STATES):
        raise Invalid("filter.states", "some of " + ", ".join(STATES))


def is_for_live(state: str) -> bool:
    """Whether anything of this can be done to a work order in this state; returns are decided elsewhere."""
    return state in LIVE
