"""The sentences of an explanation."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.dispatch.explaining.standing import Event, Order, Score, Standing, sentences_of
from app.dispatch.run.balance import WATERFALL

AT = datetime(2026, 10, 12, tzinfo=UTC)
NOT_LISTED = Standing("K1", "Autumn", "FTTH1", "running", False, None, None, None, None, 120, None, None, None)
ORDER = Order(1, "BO", "Bo", "open", date(2026, 10, 13), date(2026, 10, 21), "lowest_load", AT, None, [])


def test_who_is_not_on_a_list_hears_where_it_ended():
    assert sentences_of(NOT_LISTED) == [
        "No ranking for FTTH1 names the customer.",
        "Not on the list of K1, which was full at rank 120.",
    ]


def test_the_score_names_what_moved_it():
    fee = {"feature": "fee", "value": 99, "en": "Monthly fee: 99 yuan (speaks for it)"}
    score = Score(0.312, 37, 9905, date(2026, 10, 12), [fee, {"feature": "age", "value": 41}])
    assert sentences_of(replace(NOT_LISTED, score=score))[0] == (
        "Rank 37 of 9,905 for FTTH1 as of 2026-10-12, with a score of 31.2%. What moved it most: "
        "Monthly fee: 99 yuan (speaks for it); age = 41."
    )


@pytest.mark.parametrize("reason", [reason for reason in WATERFALL if reason != "dispatched"])
def test_every_reason_has_its_words(reason):
    said = sentences_of(replace(NOT_LISTED, on_list=True, reason=reason))[1]
    assert said.startswith("On the list of K1, but not dispatched: ")
    assert not said.endswith(f" {reason}.")


def test_a_reassigned_order_says_who_gave_it_and_why():
    event = Event(AT, "reassigned", "open", "open", "ANA", "BO", "ill")
    said = sentences_of(replace(NOT_LISTED, on_list=True, reason="dispatched", work_order=replace(ORDER, events=[event])))
    assert "With Bo (BO), because it was given over by ANA: ill." in said


def test_a_refusal_since_the_dispatch_is_told():
    ended = replace(ORDER, state="withdrawn", close_reason="do_not_disturb")
    said = sentences_of(replace(NOT_LISTED, on_list=True, reason="dispatched", work_order=ended, today="do_not_disturb"))
    assert said[-2:] == [
        "The work order is withdrawn: do_not_disturb.",
        "As of today one would not contact: the customer refuses contact.",
    ]


def test_an_explored_customer_hears_of_the_draw():
    said = sentences_of(replace(NOT_LISTED, on_list=True, draw="explored", selection_probability=0.0123))
    assert any("probability 0.0123" in sentence for sentence in said)
