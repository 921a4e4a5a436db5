"""What a rule would choose, before it is a tag."""

import numpy as np
import pytest

from app.centre import preview
from app.centre.preview import TagPreview, preview_tag
from app.centre.rules import WrongRule
from tests.factories import NOW, customer
from tests.stages.centre.test_computing_tags import put
from tests.stages.scoring.market import make_market

HEAVY = {"feature": "data_gb", "at_least": 50}


@pytest.fixture
def usage(session):
    put(session, NOW.date().replace(day=1), {"C01": 80, "C02": 60, "C03": 10, "C15": 90})


def test_where_customers_are_few_all_of_them_are_counted(session, usage):
    assert preview_tag(session, rule=HEAVY, now=NOW) == TagPreview(15, 15, 3, 3, 3, 3, None)
    assert preview_tag(session, rule={"not": HEAVY}, now=NOW).estimate == 12
    assert preview_tag(session, rule={"segment": "home"}, now=NOW).estimate == 15


def test_what_postgresql_last_counted_does_not_matter_where_all_are_counted(session, usage, monkeypatch):
    monkeypatch.setattr(preview, "believed_customers", lambda _: 60_015)
    assert preview_tag(session, rule=HEAVY, now=NOW) == TagPreview(15, 15, 3, 3, 3, 3, None)


def test_where_they_are_many_some_are_drawn_and_the_interval_holds_the_truth(session, monkeypatch):
    people = make_market(session, count=2_000)
    truth = people.filter(people["usage"] >= 1).height
    monkeypatch.setattr(preview, "believed_customers", lambda _: 2_015)
    monkeypatch.setattr(preview, "LOOKED_AT", 500)
    first = int(people["customer_id"][0])
    monkeypatch.setattr(preview, "range_of_ids", lambda _: (first, first + 1_999))
    found = preview_tag(session, rule={"feature": "usage", "at_least": 1}, now=NOW)
    assert 400 < found.looked_at < 600
    assert found.low <= truth <= found.high
    assert found.low < found.estimate < found.high
    assert preview_tag(session, rule={"feature": "usage", "at_least": 1}, now=NOW) == found


def test_a_rule_that_cannot_be_computed_says_why(session, usage):
    found = preview_tag(session, rule={"feature": "gone", "at_least": 1}, now=NOW)
    assert (found.estimate, found.problem) == (0, "gone: no customer has this feature any more")
    with pytest.raises(WrongRule, match="rule"):
        preview_tag(session, rule={"nothing": 1}, now=NOW)


def test_nobody_there_is_nobody_chosen(session, monkeypatch):
    monkeypatch.setattr(preview, "ids_from_first", lambda *_: np.empty(0))
    assert preview_tag(session, rule={"segment": "home"}, now=NOW) == TagPreview(0, 0, 0, 0, 0, 0, None)
    assert customer(session, "C01").segment == "home"
