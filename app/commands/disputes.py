"""Commands about disputes: what waits, what is overdue, how much is disputed."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from app.commands.context import console, run, sessions, settings
from app.core import clock
from app.core.clock import Month
from app.core.errors import Invalid
from app.jobs.runner import in_transaction
from app.points.disputes.escalation import escalate_disputes
from app.points.disputes.rules import DisputeTerms
from app.reports.dispute_rates import all_grids, dispute_rates

_HALF_A_YEAR = timedelta(days=180)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("dispute-rates")(show_rates)
    app.command("escalate-disputes")(escalate)


def show_rates(since: Annotated[str | None, typer.Option(help="YYYY-MM; default: half a year ago")] = None) -> None:
    """Show how many managers dispute their points, by month and plan, and how many disputes were decided in time."""
    first = Month.of(clock.now() - _HALF_A_YEAR) if since is None else _month(since)
    table = Table(
        "month", "plan", "managers", "disputing", "rate", "disputes", "open", "overdue", "accepted", "in time", "points"
    )
    rates = in_transaction(
        sessions(), lambda session: dispute_rates(session, since=first, grid_ids=all_grids(session), now=clock.now())
    )
    for one in rates:
        plan = f"{one.plan_code} {one.plan_version}" if one.plan_code else "-"
        counts = (one.disputes, one.open, one.overdue, one.accepted)
        said = (one.managers, one.disputing, one.rate or "-", *counts, one.share_in_time or "-", one.points)
        table.add_row(str(one.month), plan, *map(str, said))
    console.print(table)


def escalate() -> None:
    """Tell the branch manager, then the company, of disputes past their last day; the worker does it each morning."""
    terms = DisputeTerms(*settings().dispute_terms)
    run("escalate-disputes", lambda session, now: escalate_disputes(session, terms=terms, now=now))


def _month(written: str) -> Month:
    try:
        return Month.parse(written)
    except ValueError as error:
        raise Invalid("since", str(error).removeprefix("expected ")) from error
