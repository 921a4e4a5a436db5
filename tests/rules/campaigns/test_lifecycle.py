"""The whole life of a campaign as one table: which verb leads where, and who says it."""

import pytest

from app.campaigns.lifecycle import Verb, allows_role, allows_unit, next_status

STATUSES = ("draft", "submitted", "approved", "scheduled", "running", "closed", "evaluated")
TABLE = {
    Verb.SUBMIT: ("submitted", None, None, None, None, None, None),
    Verb.APPROVE: (None, "approved", None, None, None, None, None),
    Verb.SEND_BACK: (None, "draft", None, None, None, None, None),
    Verb.REVISE: (None, "draft", "draft", "draft", None, None, None),
    Verb.SCHEDULE: (None, None, "scheduled", None, None, None, None),
    Verb.RUN: (None, None, None, "running", None, None, None),
    Verb.CLOSE: (None, None, "closed", "closed", "closed", None, None),
    Verb.EVALUATE: (None, None, None, None, None, "evaluated", None),
}
ROLES = ("terminal_manager", "grid_manager", "branch_manager", "planner", "analyst", "admin", "payroll", None)
WHO = {
    Verb.SUBMIT: {"planner", "admin"},
    Verb.APPROVE: {"branch_manager", "admin"},
    Verb.SEND_BACK: {"branch_manager", "admin"},
    Verb.REVISE: {"planner", "admin"},
    Verb.SCHEDULE: {"planner", "admin", None},
    Verb.RUN: {"planner", "admin", None},
    Verb.CLOSE: {"planner", "admin", None},
    Verb.EVALUATE: {"planner", "admin", "analyst", None},
}


@pytest.mark.parametrize("verb", Verb)
def test_a_verb_leads_from_some_statuses_to_the_next_and_from_no_other(verb):
    assert tuple(next_status(status, verb) for status in STATUSES) == TABLE[verb]


@pytest.mark.parametrize("verb", Verb)
def test_a_verb_is_said_by_its_roles_alone(verb):
    assert {role for role in ROLES if allows_role(verb, role)} == WHO[verb]


def test_a_branch_manager_decides_on_the_own_branch_alone_and_an_admin_on_all():
    assert allows_unit("branch_manager", 7, 7)
    assert not allows_unit("branch_manager", 7, 8)
    assert not allows_unit("branch_manager", 7, None)
    assert allows_unit("admin", 1, None)
    assert allows_unit("admin", 1, 8)
