"""A month's reports out of the database, as the rules ask for them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.core.clock import Month, local_date
from app.models.feedback import Channel
from app.verification import evidence_queries, queries
from app.verification.matching import CompleteDays
from app.verification.pleading import Told
from app.verification.rules.reports import ADDRESS_ERROR, GRID_ERROR, SCHEMA
from app.verification.service import BATCH, CONVERSATIONS, SALES


def gather_reports(session: Session, month: Month) -> tuple[list[Told], pl.DataFrame]:
    """Which reports of a month stand, and what the rules ask of each (rules/reports.py), in the same order."""
    complete = CompleteDays(queries.complete_days(session, "calls"), queries.complete_days(session, "orders"))
    people, kinds = evidence_queries.reporters(session, month), evidence_queries.grid_kinds(session)
    told: list[Told] = []
    frames = [pl.DataFrame(schema=SCHEMA)]
    for start in range(0, len(people), BATCH):
        rows = evidence_queries.reports(session, month=month, staff_ids=people[start : start + BATCH], sale_outcomes=SALES)
        told += [Told(row.id, row.staff_id, row.grid_id) for row in rows]
        frames.append(pl.DataFrame([_report(row, month, complete, kinds) for row in rows], schema=SCHEMA))
    return told, pl.concat(frames)


def _report(row: Row[*tuple[Any, ...]], month: Month, complete: CompleteDays, kinds: Mapping[int, int]) -> dict[str, Any]:
    day, last = local_date(row.contacted_at), local_date(month.ends_at) - timedelta(days=1)
    return {
        "staff": row.staff_id,
        "peers": kinds.get(row.grid_id, 0),
        "customer": row.customer_id,
        "device": row.device_id,
        "channel": row.channel.value,
        "outcome": row.outcome,
        "spoke": row.outcome in CONVERSATIONS,
        "sale": row.outcome in SALES,
        "started": row.contacted_at.timestamp(),
        "lasted": _seconds(row.elapsed if row.elapsed is not None else row.between),
        "doubtful": row.clock_doubtful,
        "day": day.toordinal(),
        "days_left": max((last - day).days, 0),
        "looks": row.looks,
        "note": row.note,
    } | _place(row) | _traces(row, complete)  # fmt: skip


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)


def _place(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    known = row.home_latitude is not None and row.home_longitude is not None
    return {
        "latitude": row.latitude,
        "longitude": row.longitude,
        "accuracy": row.accuracy_metres,
        "mock": row.mock_location,
        "home_latitude": row.home_latitude if known else None,
        "home_longitude": row.home_longitude if known else None,
        "home_error": (ADDRESS_ERROR if row.is_exact else GRID_ERROR) if known else None,
    }


def _traces(row: Row[*tuple[Any, ...]], complete: CompleteDays) -> dict[str, Any]:
    """What the feeds hold, and whether they would hold it: as `judge` asks it."""
    is_call, is_sale = row.channel is Channel.CALL, row.outcome in SALES
    return {
        "call_seconds": row.call_seconds,
        "calls_known": is_call and not row.clock_doubtful and _all_in(row.call_from, row.call_to, complete.calls),
        "orders_known": is_sale and _all_in(row.sale_from, row.sale_to, complete.orders),
        "order_found": row.order_no is not None,
    }


def _all_in(first: date, last: date, days: frozenset[date]) -> bool:
    return all(first + timedelta(days=n) in days for n in range((last - first).days + 1))
