"""Escalation from the command line."""

from datetime import timedelta

from app.jobs.runner import in_transaction
from tests import factories as make
from tests.factories import NOW, TODAY


def test_late_work_is_told_and_put_into_the_mail_of_the_day(gridwork, sessions):
    def late(session):
        make.make_work_order(session, scheduled_on=TODAY - timedelta(days=4), dispatched_at=NOW - timedelta(days=7))

    in_transaction(sessions, late)
    assert gridwork("mail-address", "CHEN", "chen@example.com")[0] == 0
    assert "raised" in gridwork("escalate")[1]
    code, said = gridwork("make-digests")
    assert (code, " 1 " in said) == (0, True)


def test_the_days_are_shown_and_changed(gridwork):
    assert "overdue" in gridwork("escalation-rules")[1]
    assert gridwork("set-escalation", "overdue", "--after", 9, "--branch-after", 1)[0] == 0
    assert "changed" in gridwork("escalation-rules")[1]
    assert gridwork("set-escalation", "overdue", "--after", 9, "--branch-after", 1, "--off")[0] == 0
    assert "off" in gridwork("escalation-rules")[1]


def test_a_wrong_command_names_what_was_expected(gridwork):
    code, said = gridwork("set-escalation", "lazy", "--after", 1, "--branch-after", 1)
    assert (code, said.startswith("gridwork: rule: expected one of return_undecided")) == (1, True)
    assert gridwork("mail-address", "CHEN", "nowhere") == (
        1,
        "gridwork: address: expected one mail address such as name@example.com\n",
    )
    assert gridwork("mail-address", "NOBODY", "a@example.com") == (1, "gridwork: staff_no: expected the number of a person\n")
