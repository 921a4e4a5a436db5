"""The checks of a month as they are shown."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.db import whole_company
from app.points.closing.queries import SaidSo
from app.points.closing.service import check_month


@dataclass(frozen=True)
class ChecksShown:
    """A month with its checks, each as in the table with `met` and its figures."""

    month: Month
    as_of: datetime
    closed_at: datetime | None
    may_close: bool
    checks: list[dict[str, Any]]
    overrides: list[SaidSo]


def month_checks(session: Session, *, month: Month, now: datetime) -> ChecksShown:
    """The checks of the whole company's month, whoever looks: counts and days alone."""
    with whole_company(session):
        found = check_month(session, month=month, now=now)
    checks = [asdict(one.check) | {"met": one.met, "figures": dict(one.figures)} for one in found.findings]
    return ChecksShown(month, now, found.closed_at, found.may_close, checks, list(found.overrides))
