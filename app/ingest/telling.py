"""Telling other systems what an import put aside."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.notices.outbox import put_event


def tell_of_rejected(session: Session, *, batch_id: int, feed: str, counts: Mapping[str, int], now: datetime) -> None:
    """An event, if rows of this file were rejected: somebody has to mend them. {import_id, feed, rows, rejected}."""
    if counts["rejected"]:
        told = {"import_id": batch_id, "feed": feed, "rows": counts["rows"], "rejected": counts["rejected"]}
        put_event(session, kind="import.rejected", payload=told, now=now)
