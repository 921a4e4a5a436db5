"""A feed file applied, and what follows from it at once for work that is out: refusals and complaints win over everything."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.dispatch.sweeps import withdraw_refused
from app.ingest.service import ImportReport, import_feed


def take_in(session: Session, *, now: datetime, **file: Any) -> ImportReport:
    """`import_feed(session, now=now, **file)`; the work orders of who refused or complained disappear in the same transaction.

    The counts then hold `withdrawn`, too.
    """
    report = import_feed(session, now=now, **file)
    if report.feed in ("contact_preferences", "complaints") and not report.already_applied:
        report.counts.update(withdraw_refused(session, now=now))
    return report
