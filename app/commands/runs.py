"""Commands about dispatch runs: list them, and repeat one."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.commands.context import console, sessions
from app.commands.context import run as run_as_job
from app.core.errors import Invalid
from app.dispatch.run.replay import Replay, list_summaries, replay_run
from app.dispatch.run.rerunning import CampaignComparison, Changes
from app.dispatch.run.retaining import keep_run
from app.jobs.runner import in_transaction


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("runs")(runs)
    app.command("replay")(replay)
    app.command("keep-run")(keep)


def runs(campaign: Annotated[str | None, typer.Option(help="code; default: all")] = None) -> None:
    """The newest dispatch runs, and how far each is from the best possible."""
    table = Table(title="dispatch runs")
    for column in ("run", "campaign", "started", "targets", "dispatched", "worth", "bound", "gap", "freed places", "replay"):
        table.add_column(column, justify="left" if column in {"campaign", "started", "replay"} else "right")
    for run in in_transaction(sessions(), lambda session: list_summaries(session, campaign_code=campaign, limit=50)):
        figures = ["" if value is None else f"{value:,.2f}" for value in (run.objective, run.bound)]
        gap = "" if run.gap is None else f"{run.gap:.4%}"
        freed = "" if run.freed_places is None else f"{run.freed_places:,}"
        dispatched = f"{run.waterfall.get('dispatched', 0):,}"
        started, kept = f"{run.started_at:%Y-%m-%d %H:%M}", "yes" if run.can_be_replayed else "no"
        table.add_row(
            str(run.run_id), run.campaign_code, started, f"{run.target_count:,}", dispatched, *figures, gap, freed, kept
        )
    console.print(table)


def keep(
    number: Annotated[int, typer.Argument(metavar="RUN", help="number of the run; `gridwork runs` has them")],
    because: Annotated[str | None, typer.Option(help="why; without it the usual time holds again")] = None,
) -> None:
    """Keep the inputs of a run for good, so that it can always be repeated."""

    def work(session: Session, _: datetime) -> dict[str, Any]:
        return {"run": number, "kept": keep_run(session, run_id=number, because=because).kept_because or "no longer"}

    run_as_job("keep-run", work)


def replay(
    run: Annotated[int, typer.Argument(help="number of the run; `gridwork runs` has them")],
    capacity: Annotated[str, typer.Option(help="times the managers' daily capacity, such as 0.8")] = "1",
    manager_cap: Annotated[int | None, typer.Option(help="contacts of a manager a day at most")] = None,
    without: Annotated[list[str] | None, typer.Option(help="a reason that is not asked; may be given again")] = None,
) -> None:
    """Repeat a past run from its stored inputs: the same, or by other rules what would have come out. Nothing is written."""
    try:
        factor = Decimal(capacity)
    except InvalidOperation as error:
        raise Invalid("--capacity", "a factor such as 0.8") from error
    changes = Changes(capacity=factor, manager_cap=manager_cap, without=tuple(without or ()))
    found = in_transaction(sessions(), lambda session: replay_run(session, run_id=run, changes=changes))
    console.print(f"Run {run} repeated: {'the same to the last decision' if found.identical else 'NOT the same as it was'}.")
    console.print(
        f"Worth {found.objective_before:,.2f} then, {found.objective_after:,.2f} now of at most {found.bound_after:,.2f}."
    )
    for campaign in found.campaigns:
        _show(campaign, found)


def _show(campaign: CampaignComparison, found: Replay) -> None:
    table = Table(title=campaign.campaign_code)
    for column in ("ended as", "then", "now", "change"):
        table.add_column(column, justify="left" if column == "ended as" else "right")
    for reason in sorted({*campaign.before, *campaign.after}):
        before, after = campaign.before.get(reason, 0), campaign.after.get(reason, 0)
        table.add_row(reason.replace("_", " "), f"{before:,}", f"{after:,}", f"{after - before:+,}")
    if campaign.value_before is not None and campaign.value_after is not None:
        change = campaign.value_after - campaign.value_before
        table.add_row("value dispatched", f"{campaign.value_before:,.2f}", f"{campaign.value_after:,.2f}", f"{change:+,.2f}")
    console.print(table)
    for moved in campaign.moved if found.changes.are_some else ():
        console.print(f"  {moved.customers:,} from {moved.before} to {moved.after}", markup=False)
