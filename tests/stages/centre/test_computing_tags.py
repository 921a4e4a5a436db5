"""Tags through the database: computed again and again, changed, broken, retired."""

from datetime import date, timedelta

import polars as pl
import pytest
from sqlalchemy import select, text

from app.centre.computing import compute_tags
from app.centre.definitions import TagOptions
from app.centre.queries import get_tag, members_by_branch, members_of, tags_in_use
from app.centre.rules import WrongRule
from app.centre.service import define_tag, define_tags, retire_tag
from app.centre.starters import STARTER_TAGS
from app.models.campaign import Product
from app.models.centre import CustomerTag, TagDefinition
from app.models.customer import Holding
from tests.factories import NOW, TODAY, customer, get
from tests.figures import put_figures

HEAVY = {"feature": "data_gb", "at_least": 50}
TOMORROW = NOW + timedelta(days=1)


def options(rule, code="heavy", **values):
    return TagOptions(**{"code": code, "name_zh": "标签", "name_en": "Tag", "rule": rule, "owner": "pia"} | values)


def define(session, rule, code="heavy", now=NOW):
    return define_tag(session, options=options(rule, code), now=now)


def put(session, day, figures):
    """{customer number: data_gb} as the figures of a day."""
    ids = [customer(session, number).id for number in figures]
    put_figures(session, day, pl.DataFrame({"customer_id": ids, "data_gb": [float(gb) for gb in figures.values()]}))


@pytest.fixture
def usage(session):
    put(session, date(2026, 10, 1), {"C01": 80, "C02": 60, "C03": 10, "C15": 90})


def bearing(session, code="heavy"):
    return {row.customer_no: row.since for row in members_of(session, code)}


def test_who_bears_a_tag_is_found_in_every_branch_and_counted(session, usage):
    define(session, HEAVY)
    counts = compute_tags(session, now=NOW)
    assert counts == {"tags": 1, "members": {"heavy": 3}, "broken": {}}
    assert bearing(session) == dict.fromkeys(["C01", "C02", "C15"], TODAY)
    assert members_by_branch(session, "heavy") == {"B1": 2, "B2": 1}
    tag = get_tag(session, "heavy")
    assert (tag.member_count, tag.computed_at, tag.problem) == (3, NOW, None)


def test_since_is_kept_while_it_is_so_without_a_break_and_begins_anew_after_one(session, usage):
    define(session, HEAVY)
    compute_tags(session, now=NOW)
    put(session, TODAY, {"C01": 80, "C02": 0, "C03": 55, "C15": 90})
    compute_tags(session, now=TOMORROW)
    tomorrow = TODAY + timedelta(days=1)
    assert bearing(session) == {"C01": TODAY, "C03": tomorrow, "C15": TODAY}
    put(session, tomorrow, {"C01": 80, "C02": 70, "C03": 55, "C15": 90})
    compute_tags(session, now=NOW + timedelta(days=2))
    assert bearing(session) == {"C01": TODAY, "C02": TODAY + timedelta(days=2), "C03": tomorrow, "C15": TODAY}


def test_figures_of_today_are_not_known_yet(session, usage):
    define(session, HEAVY)
    put(session, TODAY, {"C01": 0, "C02": 0, "C03": 99, "C15": 0})
    compute_tags(session, now=NOW)
    assert set(bearing(session)) == {"C01", "C02", "C15"}


def test_computing_twice_on_a_day_changes_nothing(session, usage):
    define(session, HEAVY)
    first = compute_tags(session, now=NOW)
    rows = session.scalars(select(CustomerTag.customer_id).order_by(CustomerTag.customer_id)).all()
    assert compute_tags(session, now=NOW) == first
    assert session.scalars(select(CustomerTag.customer_id).order_by(CustomerTag.customer_id)).all() == rows


def test_a_change_makes_a_version_whose_members_are_the_last_ones_until_it_is_computed(session, usage):
    define(session, HEAVY)
    compute_tags(session, now=NOW)
    second = define(session, {"feature": "data_gb", "at_least": 70}, now=TOMORROW)
    assert (second.version, second.member_count, second.computed_at) == (2, 3, None)
    assert set(bearing(session)) == {"C01", "C02", "C15"}
    compute_tags(session, now=TOMORROW)
    assert bearing(session) == {"C01": TODAY, "C15": TODAY}
    versions = session.execute(select(TagDefinition.version, TagDefinition.retired_at).order_by(TagDefinition.version)).all()
    assert [tuple(row) for row in versions] == [(1, TOMORROW), (2, None)]
    assert session.scalar(text("SELECT count(DISTINCT tag_id) FROM customer_tags")) == 1


def test_the_same_definition_again_is_no_new_version(session):
    assert define(session, HEAVY).version == define(session, HEAVY, now=TOMORROW).version == 1


@pytest.mark.parametrize("gone", ["absent", "text"])
def test_a_broken_tag_keeps_its_last_members_and_says_why_and_the_others_are_computed(session, usage, gone):
    define(session, HEAVY)
    define(session, {"segment": "home"}, code="home")
    compute_tags(session, now=NOW)
    session.execute(text("DELETE FROM feature_files"))
    ids = [customer(session, "C01").id]
    figures = {"customer_id": ids, **({"data_gb": ["much"]} if gone == "text" else {"other": [1.0]})}
    put_figures(session, TODAY, pl.DataFrame(figures))
    counts = compute_tags(session, now=TOMORROW)
    assert list(counts["broken"]) == ["heavy"]
    assert counts["members"] == {"heavy": 3, "home": 15}
    assert set(bearing(session)) == {"C01", "C02", "C15"}
    tag = get_tag(session, "heavy")
    assert tag.problem
    assert tag.problem.startswith("data_gb: ")
    assert tag.computed_at == NOW
    put(session, TODAY, {"C01": 80})
    assert compute_tags(session, now=TOMORROW)["broken"] == {}
    assert (bearing(session), get_tag(session, "heavy").problem) == ({"C01": TODAY}, None)


def test_a_retired_tag_is_borne_by_nobody_and_may_come_again_as_a_later_version(session, usage):
    define(session, HEAVY)
    compute_tags(session, now=NOW)
    assert retire_tag(session, code="heavy", now=TOMORROW) == {"version": 1, "members_removed": 3}
    assert (tags_in_use(session), bearing(session)) == ([], {})
    assert compute_tags(session, now=TOMORROW) == {"tags": 0, "members": {}, "broken": {}}
    assert define(session, HEAVY, now=TOMORROW).version == 2


def test_rules_over_what_is_held_see_master_data_and_holdings(session):
    product = get(session, Product, product_code="FTTH1")
    session.add(Holding(customer_id=customer(session, "C01").id, product_id=product.id, from_date=date(2024, 1, 1)))
    ended = {"from_date": date(2024, 1, 1), "to_date": TODAY - timedelta(days=5)}
    session.add(Holding(customer_id=customer(session, "C02").id, product_id=product.id, **ended))
    session.flush()
    define(session, {"holds_family": "broadband"}, code="holds")
    define(session, {"lost_within_days": 30}, code="lost")
    define(session, {"monthly_value": {"at_least": 99}}, code="value")
    compute_tags(session, now=NOW)
    assert [set(bearing(session, code)) for code in ("holds", "lost", "value")] == [{"C01"}, {"C02"}, {"C01"}]


def test_the_tags_to_begin_with_can_be_loaded_and_computed(session, usage):
    made = [TagOptions(**entry, owner="ada") for entry in STARTER_TAGS]
    assert set(define_tags(session, definitions=made, now=NOW).values()) == {1}
    counts = compute_tags(session, now=NOW)
    assert counts["members"]["heavy-data"] == 3
    assert set(counts["broken"]) == {"at-risk", "contract-ending"}


def test_a_wrong_rule_is_refused_by_its_place():
    with pytest.raises(WrongRule, match=r"rule.all\[0\].at_least: expected a number"):
        options({"all": [{"feature": "data_gb", "at_least": "x"}]})
