"""Webhooks and the outbox from the command line."""

import re

import pytest

from app.jobs.runner import in_transaction
from app.models.operations import JobRun
from tests.receivers import is_signed, receiving
from tests.stages.notices.post import deliveries, put


@pytest.fixture(autouse=True)
def loopback(monkeypatch):
    monkeypatch.setenv("GRIDWORK_WEBHOOK_LOOPBACK", "true")


def test_a_webhook_is_added_tried_rotated_and_disabled(gridwork, sessions):
    with receiving() as receiver:
        code, said = gridwork("webhooks", "add", "ERP", receiver.url, "--kind", "month.closed")
        assert code == 0
        old = re.search(r"whsec_\S+", said)[0]
        assert gridwork("webhooks", "test", "ERP")[1].count("delivered") == 1
        assert is_signed(*receiver.got[0][:2], old)
        code, said = gridwork("webhooks", "rotate", "ERP", "--overlap-hours", "0")
        new = re.search(r"whsec_\S+", said)[0]
        gridwork("webhooks", "test", "ERP")
        assert is_signed(*receiver.got[1][:2], new)
        assert not is_signed(*receiver.got[1][:2], old)
        shown = gridwork("webhooks", "list")[1]
        assert "ERP" in shown
        assert "whsec_" not in shown
        assert gridwork("webhooks", "disable", "ERP")[0] == 0
        assert gridwork("webhooks", "test", "ERP") == (1, "gridwork: This webhook is disabled: enable it first.\n")
        assert "disabled by hand" in gridwork("webhooks", "list")[1]
        assert gridwork("webhooks", "enable", "ERP")[0] == 0
        runs = in_transaction(sessions, lambda s: [str(run.counts) for run in s.query(JobRun)])
        assert not any("whsec_" in counts for counts in runs)


def test_dead_deliveries_are_listed_and_replayed(gridwork, sessions):
    with receiving() as receiver:
        gridwork("webhooks", "add", "ERP", receiver.url)
        put(sessions, 2)
        gridwork("webhooks", "disable", "ERP")
        gridwork("webhooks", "enable", "ERP")
        first, _ = deliveries(sessions)
        assert gridwork("outbox", "list", "--state", "dead")[1].count("campaign.status_changed") == 2
        assert gridwork("outbox", "replay", first.id)[0] == 0
        assert gridwork("outbox", "replay", first.id)[0] == 1
        assert "replayed" in gridwork("outbox", "replay", "--webhook", "ERP")[1]
        assert [d.state.value for d in deliveries(sessions)] == ["pending", "pending"]
        assert gridwork("outbox", "replay")[0] == 2


def test_a_wrong_command_names_what_was_expected(gridwork):
    assert gridwork("webhooks", "add", "ERP", "http://10.0.0.1/")[0] == 1
    code, said = gridwork("webhooks", "add", "ERP", "https://example.com/", "--kind", "all")
    assert (code, "kinds: expected of" in said) == (1, True)
    assert gridwork("webhooks", "rotate", "nobody") == (1, "gridwork: name: there is no webhook nobody\n")
    assert gridwork("outbox", "replay", 4)[0] == 1
