"""Ties and what those at their other end took up, read from the database."""

from datetime import date, timedelta

import polars as pl

from app.models.campaign import Product
from app.models.customer import Holding, Order, Tie
from app.scoring import frames
from app.scoring.learning.influence import INFLUENCE, add_influence
from app.scoring.tie_frames import read_adoptions, read_ties
from tests.factories import NOW, TODAY, customer, get

DAY = timedelta(days=1)


def id_of(session, customer_no):
    return customer(session, customer_no).id


def tie(session, one, other, weight=None):
    session.add(Tie(customer_id=id_of(session, one), other_customer_id=id_of(session, other), weight=weight))
    session.flush()


def order(session, customer_no, product_code="FTTH1", cancelled_at=None):
    product = get(session, Product, product_code=product_code)
    row = Order(
        order_no=f"{customer_no}{product_code}",
        customer_id=id_of(session, customer_no),
        product_id=product.id,
        ordered_at=NOW - 20 * DAY,
        cancelled_at=cancelled_at,
    )
    session.add(row)
    session.flush()


def hold(session, customer_no, product_code, first, last=None):
    product = get(session, Product, product_code=product_code)
    row = Holding(customer_id=id_of(session, customer_no), product_id=product.id, from_date=first, to_date=last)
    session.add(row)
    session.flush()


def choose(session, *customer_nos):
    asked = pl.DataFrame({"customer_id": [id_of(session, number) for number in customer_nos]}).with_columns(as_of=pl.lit(TODAY))
    frames.choose(session, asked)
    return asked


def test_ties_of_the_customers_in_question_are_read_from_either_end_and_no_others(session):
    tie(session, "C01", "C02", 0.5)
    tie(session, "C03", "C01")
    tie(session, "C02", "C03")
    choose(session, "C01")
    found = read_ties(session).rows()
    one, two, three = (id_of(session, number) for number in ("C01", "C02", "C03"))
    assert sorted(found) == [(one, two, 0.5), (three, one, None)]


def test_an_order_counts_until_it_is_cancelled_or_held_or_a_year_is_over(session):
    for number in ("C02", "C03", "C04", "C05"):
        tie(session, number, "C01")
    ordered = TODAY - 20 * DAY
    order(session, "C02")
    order(session, "C03", cancelled_at=NOW - 15 * DAY)
    order(session, "C04")
    hold(session, "C04", "FTTH2", ordered + 3 * DAY)
    order(session, "C05", product_code="TV1")
    order(session, "C06")
    asked = choose(session, "C01")
    adoptions = read_adoptions(session, family="broadband")
    two, three, four = (id_of(session, number) for number in ("C02", "C03", "C04"))
    assert sorted(adoptions.rows(), key=lambda row: row[:2]) == [
        (two, ordered, ordered + 365 * DAY),
        (three, ordered, TODAY - 15 * DAY),
        (four, ordered, ordered + 3 * DAY),
        (four, ordered + 3 * DAY, None),
    ]
    row = add_influence(asked, read_ties(session), adoptions).select(INFLUENCE).row(0)
    assert row == (4, 0.5, 2, 20)


def test_nobody_has_ties_before_they_are_fed(session):
    hold(session, "C02", "FTTH1", date(2020, 1, 1))
    choose(session, "C01")
    assert (read_ties(session).height, read_adoptions(session, family="broadband").height) == (0, 0)
