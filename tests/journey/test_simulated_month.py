"""A month of overlapping campaigns reaches nearly what an oracle would, and nobody is overloaded or pestered."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import text

from tests.journey.month import FIRST, LAST, Month, on, play
from tests.journey.oracle import Facts, after_refusal, best_plan, over_limits, overloads, reached, read_facts
from tests.postgres import empty_database


@dataclass(frozen=True)
class Played:
    month: Month
    facts: Facts


@pytest.fixture(scope="module")
def played(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with empty_database(server, "month") as url:
        month = play(url, tmp_path_factory.mktemp("month"))
        with month.at(on(LAST, 23)) as session:
            facts = read_facts(session, FIRST, LAST)
        yield Played(month, facts)
        month.engine.dispose()


def test_the_value_reached_is_nearly_that_of_an_oracle(played):
    ours, best = reached(played.facts), best_plan(played.facts, explores=True)
    alone = best_plan(played.facts, explores=False)
    room = sum(int(days.sum()) for days in played.facts.capacity.values())
    contacts = len({contact for contact, *_ in played.facts.done})
    print(  # noqa: T201 - the figure is what this is for; seen with -s
        f"reached {ours:,.0f} of {best:,.0f}: {ours / best:.2%}; of {alone:,.0f} without exploration: {ours / alone:.2%};"
        f" {contacts} contacts of {room} places, {len(played.month.refused_at)} refusals in between,"
        f" {played.month.refilled} places of them refilled"
    )
    assert ours >= 0.98 * best
    assert contacts > 0.9 * room  # capacity is short: it matters who gets it


def test_the_places_of_those_who_refuse_go_to_others(played):
    assert played.month.refilled > 5


def test_nobody_made_more_contacts_than_a_day_holds(played):
    assert overloads(played.facts, FIRST) == 0


def test_nobody_was_contacted_more_than_the_policy_allows(played):
    with played.month.at(on(LAST, 23)) as session:
        assert over_limits(session, played.facts) == 0


def test_nobody_was_contacted_after_a_refusal(played):
    assert len(played.month.refused_at) > 10
    with played.month.at(on(LAST, 23)) as session:
        assert after_refusal(session, played.month.refused_at) == 0


def test_offers_of_several_families_were_one_contact_and_some_were_drawn_by_chance(played):
    with played.month.at(on(LAST, 23)) as session:
        joined = session.scalar(text("SELECT count(*) - count(DISTINCT contact_id) FROM work_orders WHERE state = 'done'"))
        drawn = session.scalar(text("SELECT count(*) FROM work_orders WHERE draw = 'explored' AND state = 'done'"))
    assert joined > 0
    assert drawn > 0


def test_the_checks_see_what_they_are_for(played):
    first, *_ = played.facts.done
    _, customer, campaign, manager, day, family = first
    more = [(-number, customer, campaign, manager, day, family) for number in range(1, 6)]
    overdone = replace(played.facts, done=[*played.facts.done, *more])
    assert overloads(overdone, FIRST) == 1
    with played.month.at(on(LAST, 23)) as session:
        assert over_limits(session, overdone) == 1
        assert after_refusal(session, {customer: on(FIRST, 1)}) >= 1
