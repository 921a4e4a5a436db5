"""The feeds that follow a played week: what billing and telephony saw, and who refused further contact."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from app.core import clock
from demo.answers import contact_rng, orders_left_alone
from demo.contacts import Contact
from demo.records import PRICES
from demo.truth import MAIN, Truth

ORDER_COLUMNS = ("order_no", "customer_no", "product_code", "ordered_at", "amount", "channel", "staff_no", "cancelled_at")
CALL_COLUMNS = ("call_id", "staff_no", "customer_no", "started_at", "duration_seconds")
REFUSAL_COLUMNS = ("customer_no", "scope", "status", "recorded_at", "until", "source")


def orders_between(contacts: Iterable[Contact], alone: Iterable[tuple[str, datetime]], first: date, last: date) -> pl.DataFrame:
    """The orders feed of some days, both included: won by contacts, and come by themselves. One order a customer at most."""
    rows = [
        (one.customer_no, datetime.fromisoformat(one.ordered_at), one.channel or "app", one.staff_no if one.reached else None)
        for one in contacts
        if one.ordered_at is not None
    ]
    rows += [(customer_no, when, "app", None) for customer_no, when in alone]
    from_, until = clock.start_of_day(first), clock.end_of_day(last)
    table = [
        (f"SO{first:%y%m}{customer_no[1:]}", customer_no, MAIN, _text(when), PRICES[MAIN], channel, staff_no, None)
        for customer_no, when, channel, staff_no in sorted(rows, key=lambda row: (row[1], row[0]))
        if from_ <= when < until
    ]
    return pl.DataFrame(table, schema=list(ORDER_COLUMNS), orient="row", infer_schema_length=None)


def calls_between(contacts: Iterable[Contact], first: date, last: date) -> pl.DataFrame:
    """The calls feed of some days, both included: who did not call is not in it."""
    table = [
        (f"SL{one.day.replace('-', '')}{one.customer_no[1:]}", one.staff_no, one.customer_no, one.at, one.seconds)
        for one in sorted(contacts, key=lambda one: (one.at, one.customer_no))
        if one.called and first.isoformat() <= one.day <= last.isoformat()
    ]
    return pl.DataFrame(table, schema=list(CALL_COLUMNS), orient="row", infer_schema_length=None)


def left_alone(truth: Truth, *, seed: int, contacted: Iterable[str], first: date, days: int) -> list[tuple[str, datetime]]:
    """(customer, time) of the orders that come by themselves among all customers who get no work order."""
    everybody = {f"K{row + 1:07d}" for row in range(len(truth.reach))}
    alone = sorted(everybody - set(contacted))
    return orders_left_alone(truth, contact_rng(seed, "alone"), alone, clock.start_of_day(first), days=days)


def refusals(customer_nos: Sequence[str], *, recorded_at: datetime) -> pl.DataFrame:
    """A contact_preferences feed in which these refuse further calls, every second one all contact."""
    table = [
        (number, "call" if row % 2 else "all", "refused", _text(recorded_at - timedelta(minutes=row)), None, "hotline")
        for row, number in enumerate(customer_nos)
    ]
    return pl.DataFrame(table, schema=list(REFUSAL_COLUMNS), orient="row", infer_schema_length=None)


def write_feed(frame: pl.DataFrame, path: Path) -> Path:
    """Write it as CSV, the same bytes for the same rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_csv(path)
    return path


def _text(when: datetime) -> str:
    return when.astimezone(clock.zone()).isoformat(timespec="seconds")
