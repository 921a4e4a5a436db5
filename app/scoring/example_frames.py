"""What examples are made of, read from the database as Polars frames: contacts and controls, sales, holdings, complaints."""

from collections.abc import Iterable
from datetime import date, datetime

import polars as pl
from sqlalchemy.orm import Session

from app.core import clock
from app.scoring.bulk import read_frame

INSTANT = pl.Datetime("us", "UTC")

# The reports of a work order that nobody corrected, each with its last verdict known by then (null: not judged yet).
_REPORTS = """
SELECT f.work_order_id, f.contacted_at, (
    SELECT v.verdict FROM verifications v WHERE v.feedback_id = f.id AND v.decided_at < %(known_at)s
    ORDER BY v.number DESC LIMIT 1
) AS verdict
FROM contact_feedback f
WHERE f.received_at < %(known_at)s
  AND NOT EXISTS (SELECT FROM contact_feedback c WHERE c.corrects_id = f.id AND c.received_at < %(known_at)s)"""


def read_contacts(session: Session, *, product_id: int, known_at: datetime) -> pl.DataFrame:
    """Contacts for a product and controls, whom nobody contacted: customer_id, contacted_at, treated, draw,
    selection_probability, verdict.

    Of earlier systems: draw `history`. A probability that nobody kept, or that is none, is 1. Of our work orders the first
    report found confirmed or unverifiable; where there is none, contacted_at is null and `verdict` says why (contradicted,
    unjudged). Controls are those of earlier systems and of our lists, the permanent holdout among them, as of the opening of
    their campaign; the probability of a control is 1, because within a list all had the same. Contacts come before controls.
    """
    query = f"""
        SELECT customer_id, {_micros("contacted_at")}, treated::int, draw,
            CASE WHEN selection_probability > 0 AND selection_probability <= 1 THEN selection_probability ELSE 1 END, verdict
        FROM (
            SELECT customer_id, contacted_at, arm IS DISTINCT FROM 'control' AS treated, 'history' AS draw,
                1::real AS selection_probability, NULL AS verdict
            FROM contact_history WHERE product_id = %(product_id)s
            UNION ALL
            SELECT w.customer_id, min(r.contacted_at) FILTER (WHERE r.verdict IN ('confirmed', 'unverifiable')), true, w.draw,
                w.selection_probability, CASE WHEN bool_or(r.verdict IS NULL) THEN 'unjudged' ELSE 'contradicted' END
            FROM ({_REPORTS}) r JOIN work_orders w ON w.id = r.work_order_id
            WHERE w.product_id = %(product_id)s GROUP BY w.id, w.customer_id, w.draw, w.selection_probability
            UNION ALL
            SELECT t.customer_id, k.opened_at, false, t.draw, 1, NULL
            FROM campaign_targets t JOIN campaigns k ON k.id = t.campaign_id
            WHERE k.product_id = %(product_id)s AND k.opened_at < %(known_at)s
                AND t.reason IN ('control', 'permanent_holdout')
        ) found"""  # noqa: S608 - our own text
    schema = {
        "customer_id": pl.Int64,
        "contacted_at": INSTANT,
        "treated": pl.Int8,
        "draw": pl.String,
        "selection_probability": pl.Float64,
        "verdict": pl.String,
    }
    found = read_frame(session, query, schema, product_id=product_id, known_at=known_at)
    first = ("treated", "contacted_at", "customer_id", "draw", "selection_probability", "verdict")  # PostgreSQL sorts on disk
    ordered = found.sort(first, descending=[True, *[False] * (len(first) - 1)], nulls_last=True)
    return ordered.with_columns(pl.col("treated").cast(pl.Boolean))


def read_arms(session: Session, *, product_id: int, known_at: datetime) -> pl.DataFrame:
    """Who was meant to be contacted and who was kept back, whatever became of it: customer_id, contacted_at, treated.

    Of earlier systems the contacts of campaigns that had controls; of our lists, as of the opening of their campaign, those
    who were dispatched and those kept back of the ranked part. Comparing by intention keeps the arms alike: who could not be
    reached counts among the treated, as such people are among the controls too.
    """
    query = f"""
        SELECT customer_id, {_micros("at")}, treated::int FROM (
            SELECT customer_id, contacted_at AS at, arm IS DISTINCT FROM 'control' AS treated
            FROM contact_history WHERE product_id = %(product_id)s AND contacted_at < %(known_at)s
                AND coalesce(campaign_code, '') IN (
                    SELECT coalesce(campaign_code, '') FROM contact_history WHERE product_id = %(product_id)s AND arm = 'control'
                )
            UNION ALL
            SELECT t.customer_id, k.opened_at, t.reason = 'dispatched'
            FROM campaign_targets t JOIN campaigns k ON k.id = t.campaign_id
            WHERE k.product_id = %(product_id)s AND k.opened_at < %(known_at)s AND t.draw = 'ranked'
                AND t.reason IN ('dispatched', 'control', 'permanent_holdout')
        ) found ORDER BY treated DESC, at, customer_id"""  # noqa: S608 - our own text
    schema = {"customer_id": pl.Int64, "contacted_at": INSTANT, "treated": pl.Int8}
    found = read_frame(session, query, schema, product_id=product_id, known_at=known_at)
    return found.with_columns(pl.col("treated").cast(pl.Boolean))


def read_sales(session: Session, *, family: str) -> pl.DataFrame:
    """customer_id, ordered_at, cancelled_at of orders of a product family."""
    query = f"""
        SELECT o.customer_id, {_micros("o.ordered_at")}, {_micros("o.cancelled_at")}
        FROM orders o JOIN products p ON p.id = o.product_id WHERE p.family = %(family)s"""  # noqa: S608 - our own text
    schema = {"customer_id": pl.Int64, "ordered_at": INSTANT, "cancelled_at": INSTANT}
    return read_frame(session, query, schema, family=family)


def read_spans(session: Session, *, family: str, share: float = 1.0) -> pl.DataFrame:
    """customer_id, from_date, to_date of holdings of a product family; of a fixed `share` (0..1) of its customers."""
    query = f"""
        SELECT h.customer_id, {_days("h.from_date")}, {_days("h.to_date")}
        FROM holdings h JOIN products p ON p.id = h.product_id
        WHERE p.family = %(family)s AND h.customer_id * 2654435761 %% 1000003 < 1000003 * %(share)s::float8
        ORDER BY h.customer_id, h.from_date, h.product_id"""  # noqa: S608 - our own text
    schema = {"customer_id": pl.Int64, "from_date": pl.Date, "to_date": pl.Date}
    return read_frame(session, query, schema, family=family, share=share)


def read_contact_days(session: Session, *, family: str) -> pl.DataFrame:
    """customer_id, day of all contacts for a product family, whatever was found about their reports."""
    query = f"""
        SELECT c.customer_id, {_days("(c.contacted_at AT TIME ZONE %(zone)s)::date")} FROM (
            SELECT h.customer_id, h.contacted_at FROM contact_history h JOIN products p ON p.id = h.product_id
            WHERE p.family = %(family)s AND h.arm IS DISTINCT FROM 'control'
            UNION ALL
            SELECT f.customer_id, f.contacted_at FROM contact_feedback f JOIN work_orders w ON w.id = f.work_order_id
            WHERE w.product_family = %(family)s
        ) c"""  # noqa: S608 - our own text
    return read_frame(session, query, {"customer_id": pl.Int64, "day": pl.Date}, family=family, zone=str(clock.zone()))


def read_complaints(session: Session) -> pl.DataFrame:
    """customer_id, day of complaints of the customers in question."""
    query = f"""
        SELECT customer_id, {_days("(opened_at AT TIME ZONE %(zone)s)::date")} FROM complaints
        WHERE customer_id IN (SELECT customer_id FROM scoring_chosen)"""  # noqa: S608 - our own text
    return read_frame(session, query, {"customer_id": pl.Int64, "day": pl.Date}, zone=str(clock.zone()))


def read_snapshot_days(session: Session) -> Iterable[date]:
    """The days of which there are figures."""
    query = f"SELECT DISTINCT {_days('snapshot_date')} FROM feature_files WHERE replaced_at IS NULL"  # noqa: S608 - our own text
    return read_frame(session, query, {"day": pl.Date})["day"].to_list()


def count_holders(session: Session, *, family: str) -> int:
    """Customers who hold or held something of a product family."""
    query = """
        SELECT count(DISTINCT h.customer_id) FROM holdings h JOIN products p ON p.id = h.product_id
        WHERE p.family = %(family)s"""
    return int(read_frame(session, query, {"count": pl.Int64}, family=family).item())


def _micros(instant: str) -> str:
    return f"(date_part('epoch', {instant}) * 1000000)::bigint"  # exact, and in half the time of numeric


def _days(day: str) -> str:
    return f"{day} - DATE '1970-01-01'"
