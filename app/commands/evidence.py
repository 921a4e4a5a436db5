"""Commands about evidence: going through a month's reports, and how often each rule found something."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.commands.context import console, run, sessions
from app.commands.points import read_month
from app.core import clock
from app.core.clock import Month
from app.jobs.runner import in_transaction
from app.reports.evidence_rules import MonthRates, RuleRate, rule_rates
from app.verification.reviewing.precision import precision_of
from app.verification.scanning import scan_month

MonthOption = Annotated[str | None, typer.Option("--month", help="YYYY-MM; default: this month")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("scan-evidence")(scan)
    app.command("evidence-rules")(show_rules)


def scan(month: MonthOption = None) -> None:
    """Ask every rule of evidence about a month's reports; keep what it finds and open cases for people to decide."""
    chosen = read_month(month) if month else None

    def work(session: Session, now: datetime) -> dict[str, Any]:
        return scan_month(session, month=chosen or Month.of(now), now=now)

    run("scan-evidence", work)


def show_rules(month: MonthOption = None) -> None:
    """What each rule can and cannot prove, and its own rate of findings in a month."""
    chosen = read_month(month) if month else None

    def work(session: Session) -> MonthRates:
        return rule_rates(session, month=chosen, now=clock.now())

    rates = in_transaction(sessions(), work)
    table = Table(
        "rule",
        "kind",
        "of reports",
        "of managers",
        "cases",
        "precision",
        "in use",
        "says",
        "does not prove",
        title=str(rates.month),
    )
    for rate in rates.items:
        shares = (_percent(rate.share_of_reports), _percent(rate.share_of_managers))
        table.add_row(
            f"{rate.code} {rate.version}",
            rate.kind,
            *shares,
            str(rate.cases),
            _precision(rate),
            _in_use(rate),
            rate.proves_en,
            rate.not_en,
        )
    console.print(table)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.2%}"


def _precision(rate: RuleRate) -> str:
    """How often people found it right, of the cases that they decided."""
    if not rate.decided or rate.upheld is None:
        return "-"
    found = precision_of(rate.decided, rate.upheld)
    return f"{rate.upheld} of {rate.decided}, {found.low:.0%} to {found.high:.0%}; floor {rate.floor:.0%}"


def _in_use(rate: RuleRate) -> str:
    return "yes" if rate.switched_off_at is None else f"off since {rate.switched_off_at:%Y-%m-%d}: {rate.because}"
