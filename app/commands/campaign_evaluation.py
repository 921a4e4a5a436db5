"""Commands about what campaigns brought: evaluate them, list what was found, and write it as a file to send."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.campaigns.queries import get_campaign
from app.commands.context import console, run, sessions
from app.core.errors import Invalid
from app.evaluation.queries import find_newest
from app.evaluation.service import compute_evaluation, evaluate_campaign
from app.jobs.runner import in_transaction
from app.models.campaign import CampaignStatus
from app.models.evaluation import CampaignEvaluation
from app.reports.evaluation.kept import all_evaluated, evaluation_view, programme_view
from app.reports.evaluation.page import render_evaluation, render_programme

Code = Annotated[str, typer.Argument(help="code of the campaign")]
Out = Annotated[Path | None, typer.Option("--out", help="HTML file to write, such as report.html")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("evaluate-campaign")(evaluate)
    app.command("evaluate-programme")(programme)
    app.command("evaluations")(evaluations)


def evaluate(
    code: Code,
    out: Out = None,
    again: Annotated[bool, typer.Option("--again", help="look once more: the next version")] = False,
    early: Annotated[bool, typer.Option("--early", help="before its orders are mature: not final")] = False,
    comment: Annotated[str, typer.Option(help="what is to be said with it")] = "",
) -> None:
    """Say what a closed campaign brought, once its orders are mature; an evaluated one is shown as it was found."""

    def work(session: Session, now: datetime) -> dict[str, Any]:
        campaign = get_campaign(session, code)
        if again or early:
            return _said(compute_evaluation(session, campaign_code=code, comment=comment, now=now))
        kept = find_newest(session, campaign.id) if campaign.status is CampaignStatus.EVALUATED else None
        return _said(kept or evaluate_campaign(session, campaign_code=code, comment=comment, now=now))

    run("evaluate-campaign", work)
    view = in_transaction(sessions(), lambda session: evaluation_view(session, code=code))
    for one in view.figures["advice"]:
        console.print(f"[bold]{one['kind']}[/bold] {one['en']}", highlight=False)
    _write(out, lambda: render_evaluation(view))


def programme(name: Annotated[str, typer.Argument(help="name of the programme")], out: Out = None) -> None:
    """Sum up what the campaigns of a programme brought, from the newest evaluation of each."""
    view = in_transaction(sessions(), lambda session: programme_view(session, programme=name))
    total = view.total
    table = Table(title=f"programme {name}", show_header=False)
    added = "–" if total.sales is None else f"{total.sales:,.0f} ({total.sales_low:,.0f} to {total.sales_high:,.0f})"
    for label, value in (
        ("campaigns", f"{total.campaigns}, of {total.said} the effect can be said"),
        ("successes", f"{total.successes:,} of {total.orders:,} work orders"),
        ("added sales", added),
        ("cost", "–" if total.cost is None else f"{total.cost:,.2f}"),
        ("margin", f"{total.margin:,.2f}"),
    ):
        table.add_row(label, value)
    console.print(table)
    _write(out, lambda: render_programme(view))


def evaluations() -> None:
    """Evaluated campaigns with their key figures, newest first."""
    table = Table(title="evaluations")
    for column in ("campaign", "version", "targets", "successes", "rate", "added a hundred", "95 %", "verdict"):
        table.add_column(column, justify="left" if column in {"campaign", "verdict"} else "right")
    for row in in_transaction(sessions(), all_evaluated):
        effect, rate = row.effect, "–" if row.success_rate is None else f"{row.success_rate:.2%}"
        bounds = ("–", "–")
        if effect["verdict"] != "silent":
            bounds = (f"{100 * effect['difference']:+.2f}", f"{100 * effect['low']:+.2f} to {100 * effect['high']:+.2f}")
        number = f"{row.number}" if row.is_final else f"{row.number} (early)"
        table.add_row(row.code, number, f"{row.targets:,}", f"{row.successes:,}", rate, *bounds, effect["verdict"])
    console.print(table)


def _said(kept: CampaignEvaluation) -> dict[str, Any]:
    success = kept.figures["success"]
    return {"version": kept.number, "final": kept.is_final, "successes": success["successes"], "work_orders": success["orders"]}


def _write(out: Path | None, render: Callable[[], str]) -> None:
    if out is None:
        return
    page = render()
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Invalid("out", f"a file that can be written, got {out}: {error.strerror}") from error
    console.print(f"{out}: {len(page.encode()):,} bytes")
