"""The life of a work order as a table."""

import pytest

from app.dispatch.states import LIVE, ON_PHONES, STATES, Event, is_live, next_state
from app.models.work_order import WorkOrderState

# rows: events; columns: planned, open, in_progress, done, returned, expired, withdrawn
TABLE = {
    Event.RELEASED: ("open", None, None, None, None, None, None),
    Event.ROLLED: (None, "open", "in_progress", None, None, None, None),
    Event.POSTPONED: ("planned", "planned", "in_progress", None, None, None, None),
    Event.POOLED: ("planned", "planned", "planned", None, None, None, None),
    Event.STARTED: ("in_progress", "in_progress", None, None, None, None, None),
    Event.CONTACTED: ("in_progress", "in_progress", "in_progress", None, None, None, None),
    Event.COMPLETED: ("done", "done", "done", None, None, None, None),
    Event.RETURNED: ("returned", "returned", "returned", None, None, None, None),
    Event.RETURN_ACCEPTED: (None, None, None, None, "returned", None, None),
    Event.RETURN_REJECTED: (None, None, None, None, "open", None, None),
    Event.REDISPATCHED: (None, None, None, None, "open", None, None),
    Event.RETURN_UNDONE: ("returned", "returned", None, None, "returned", None, None),
    Event.EXPIRED: ("expired", "expired", "expired", None, None, None, None),
    Event.WITHDRAWN: ("withdrawn", "withdrawn", "withdrawn", None, None, None, None),
    Event.PULLED_BACK: ("withdrawn", "withdrawn", "withdrawn", None, None, None, None),
    Event.REASSIGNED: ("planned", "open", "in_progress", None, None, None, None),
    Event.LENT: ("planned", "open", "in_progress", None, None, None, None),
    Event.BROUGHT_HOME: ("planned", "open", "in_progress", None, None, None, None),
    Event.EXTENDED: ("planned", "open", "in_progress", None, None, None, None),
    Event.REOPENED: (None, None, "in_progress", "in_progress", "in_progress", None, None),
    Event.RESET: (None, None, "open", "open", "open", None, None),
}


@pytest.mark.parametrize(("event", "after"), TABLE.items())
def test_every_event_in_every_state_gives_what_the_table_says(event, after):
    assert tuple(next_state(state, event) for state in STATES) == after


def test_the_table_names_every_event_and_every_state_of_the_database():
    assert set(TABLE) == set(Event)
    assert tuple(WorkOrderState) == STATES
    assert {state for state in STATES if is_live(state)} == LIVE
    assert LIVE - {"planned"} == ON_PHONES
