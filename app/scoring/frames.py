"""What the rules work on, read from the database as Polars frames.

The customers in question, each with the day that must not be reached, stand in a temporary table, so that history is read
for nobody else.
"""

from datetime import date, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import clock
from app.scoring.bulk import read_frame, write_frame
from app.scoring.figures import read_examples_figures
from app.scoring.learning.features import History
from app.scoring.learning.influence import NO_ADOPTIONS, NO_TIES
from app.scoring.tie_frames import read_adoptions, read_ties

_CHOSEN = "customer_id IN (SELECT customer_id FROM scoring_chosen)"

# Reports as they stand: corrected and contradicted ones are none. `known_at` bounds what was known.
_REPORTS = """
SELECT f.customer_id, f.work_order_id, f.contacted_at FROM contact_feedback f
WHERE f.received_at < %(known_at)s
  AND NOT EXISTS (SELECT FROM contact_feedback c WHERE c.corrects_id = f.id AND c.received_at < %(known_at)s)
  AND (SELECT v.verdict FROM verifications v WHERE v.feedback_id = f.id AND v.decided_at < %(known_at)s
       ORDER BY v.number DESC LIMIT 1) IS DISTINCT FROM 'contradicted'"""
_PAST = "SELECT customer_id, contacted_at FROM contact_history WHERE arm IS DISTINCT FROM 'control'"


def choose(session: Session, customers: pl.DataFrame) -> None:
    """Make these (customer_id, as_of) the customers in question."""
    _empty_chosen(session)
    write_frame(session, "scoring_chosen", customers.select("customer_id", "as_of").unique(maintain_order=True))
    session.execute(text("ANALYZE scoring_chosen"))


def choose_ids(session: Session, customers: NDArray[np.int64], as_of: date) -> None:
    """Make these customers the ones in question, on one day."""
    choose(session, pl.DataFrame({"customer_id": customers}).with_columns(as_of=pl.lit(as_of)))


def read_snapshots(session: Session) -> pl.DataFrame:
    """The snapshots before the days in question: customer_id, snapshot_date and a column per figure, by name."""
    schema = {"customer_id": pl.Int64, "as_of": pl.Date}
    asked = read_frame(session, f"SELECT customer_id, {_days('as_of')} FROM scoring_chosen", schema)  # noqa: S608 - our own text
    keys = ["customer_id", "snapshot_date"]
    found = read_examples_figures(session, asked).drop("as_of").filter(pl.col("snapshot_date").is_not_null()).unique(keys)
    return found.select(*keys, *sorted(set(found.columns) - set(keys)))


def read_history(session: Session, *, known_at: datetime, family: str | None = None) -> History:
    """What happened to the customers in question, of whatever product; with a `family`, also who of their ties took it up."""
    local = {"known_at": known_at, "zone": str(clock.zone())}
    day = {"customer_id": pl.Int64, "day": pl.Date}
    contacts = f"""
        SELECT customer_id, {_days("(contacted_at AT TIME ZONE %(zone)s)::date")} FROM (
            {_PAST} UNION ALL SELECT customer_id, contacted_at FROM ({_REPORTS}) r
        ) contacts WHERE {_CHOSEN}"""  # noqa: S608 - our own text
    orders = f"SELECT customer_id, {_days('(ordered_at AT TIME ZONE %(zone)s)::date')} FROM orders WHERE {_CHOSEN}"  # noqa: S608
    holdings = f"""
        SELECT customer_id, {_days("from_date")}, {_days("to_date")}, p.monthly_price
        FROM holdings h JOIN products p ON p.id = h.product_id WHERE {_CHOSEN}"""  # noqa: S608 - our own text
    customers = f"""
        SELECT id, {_days("opened_on")}, segment, lifecycle FROM customers
        WHERE id IN (SELECT customer_id FROM scoring_chosen)"""  # noqa: S608 - our own text
    span = {"customer_id": pl.Int64, "from_date": pl.Date, "to_date": pl.Date, "monthly_price": pl.Float64}
    person = {"customer_id": pl.Int64, "opened_on": pl.Date, "segment": pl.String, "lifecycle": pl.String}
    return History(
        contacts=read_frame(session, contacts, day, **local),
        orders=read_frame(session, orders, day, **local),
        holdings=read_frame(session, holdings, span),
        customers=read_frame(session, customers, person),
        ties=NO_TIES if family is None else read_ties(session),
        adoptions=NO_ADOPTIONS if family is None else read_adoptions(session, family=family),
    )


def _empty_chosen(session: Session) -> None:
    table = "CREATE TEMP TABLE IF NOT EXISTS scoring_chosen (customer_id bigint NOT NULL, as_of date NOT NULL) ON COMMIT DROP"
    session.execute(text(table))
    session.execute(text("TRUNCATE scoring_chosen"))


def _days(day: str) -> str:
    return f"{day} - DATE '1970-01-01'"
