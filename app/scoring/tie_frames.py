"""Who is tied to the customers in question, and when those took up a product family, as Polars frames."""

import polars as pl
from sqlalchemy.orm import Session

from app.core import clock
from app.scoring.bulk import read_frame
from app.scoring.holding import OWNED_DAYS

_CHOSEN = "(SELECT customer_id FROM scoring_chosen)"


def read_ties(session: Session) -> pl.DataFrame:
    """customer_id, other_customer_id, weight of the ties that have a customer in question at either end."""
    query = f"""
        SELECT customer_id, other_customer_id, weight FROM ties
        WHERE customer_id IN {_CHOSEN} OR other_customer_id IN {_CHOSEN}"""  # noqa: S608 - our own text
    return read_frame(session, query, {"customer_id": pl.Int64, "other_customer_id": pl.Int64, "weight": pl.Float64})


def read_adoptions(session: Session, *, family: str) -> pl.DataFrame:
    """customer_id, from_day, to_day of holdings and orders of a product family, of those tied to the customers in question.

    An order counts from its day to its cancellation, to the beginning of a holding of the family, or for a year.
    """
    query = f"""
        WITH tied AS MATERIALIZED (
            SELECT other_customer_id AS customer_id FROM ties WHERE customer_id IN {_CHOSEN}
            UNION SELECT customer_id FROM ties WHERE other_customer_id IN {_CHOSEN}
        ), held AS MATERIALIZED (
            SELECT h.customer_id, h.from_date, h.to_date FROM holdings h JOIN products p ON p.id = h.product_id
            WHERE p.family = %(family)s AND h.customer_id IN (SELECT customer_id FROM tied)
        ), ordered AS (
            SELECT o.customer_id, (o.ordered_at AT TIME ZONE %(zone)s)::date AS day,
                (o.cancelled_at AT TIME ZONE %(zone)s)::date AS cancelled
            FROM orders o JOIN products p ON p.id = o.product_id
            WHERE p.family = %(family)s AND o.customer_id IN (SELECT customer_id FROM tied)
        )
        SELECT customer_id, from_date - DATE '1970-01-01', to_date - DATE '1970-01-01' FROM held
        UNION ALL
        SELECT o.customer_id, o.day - DATE '1970-01-01',
            least(o.cancelled, min(h.from_date), o.day + {OWNED_DAYS}) - DATE '1970-01-01'
        FROM ordered o LEFT JOIN held h ON h.customer_id = o.customer_id AND h.from_date >= o.day
        GROUP BY o.customer_id, o.day, o.cancelled"""  # noqa: S608 - our own text
    schema = {"customer_id": pl.Int64, "from_day": pl.Date, "to_day": pl.Date}
    return read_frame(session, query, schema, family=family, zone=str(clock.zone()))
