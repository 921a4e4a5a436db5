"""The life of a work order as a table."""

import pytest

from app.dispatch.states import LIVE, STATES, Event, is_live, next_state
from app.models.work_order import WorkOrderState

# rows: events; columns: open, in_progress, done, returned, expired, withdrawn
TABLE = {
    Event.CONTACTED: ("in_progress", "in_progress", None, None, None, None),
    Event.COMPLETED: ("done", "done", None, None, None, None),
    Event.RETURNED: ("returned", "returned", None, None, None, None),
    Event.EXPIRED: ("expired", "expired", None, None, None, None),
    Event.WITHDRAWN: ("withdrawn", "withdrawn", None, None, None, None),
    Event.REASSIGNED: ("open", "in_progress", None, None, None, None),
    Event.REOPENED: (None, "in_progress", "in_progress", "in_progress", None, None),
    Event.RESET: (None, "open", "open", "open", None, None),
}


@pytest.mark.parametrize(("event", "after"), TABLE.items())
def test_every_event_in_every_state_gives_what_the_table_says(event, after):
    assert tuple(next_state(state, event) for state in STATES) == after


def test_the_table_names_every_event_and_every_state_of_the_database():
    assert set(TABLE) == set(Event)
    assert tuple(WorkOrderState) == STATES
    assert {state for state in STATES if is_live(state)} == LIVE
