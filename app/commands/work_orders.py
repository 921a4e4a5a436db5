"""Commands about work orders: the morning's release, the holidays that it knows, and moving them by hand."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from app.commands.context import console, run, settings
from app.core.errors import Invalid
from app.dispatch.by_hand.actions import act_on_work_orders
from app.dispatch.by_hand.terms import Action, Filter, Verb
from app.dispatch.days.calendar import load_holidays, read_holidays, remove_holiday
from app.dispatch.days.release import release_wave
from app.dispatch.refilling.service import refill_places


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("refill")(refill)
    app.command("release")(release)
    app.command("work-orders")(act)
    app.command("load-holidays")(holidays)
    app.command("remove-holiday")(workday)


def refill() -> None:
    """Give places that refusals, returns and unfinished work freed to the next best; the worker does it every morning."""
    run("refill-places", lambda session, now: refill_places(session, now=now))


def release() -> None:
    """Release what is planned for today, as far as capacity goes; the worker does it every morning."""
    rule, rolls = settings().unfinished_rule, settings().most_rolls
    run("release-wave", lambda session, now: release_wave(session, unfinished_rule=rule, most_rolls=rolls, now=now))


def holidays(file: Annotated[Path, typer.Argument(help="CSV: day,name")]) -> None:
    """Days on which nobody works."""
    try:
        rows = read_holidays(file.read_text(encoding="utf-8-sig").splitlines())
    except UnicodeDecodeError as error:
        raise Invalid("file", "CSV in UTF-8") from error
    run("load-holidays", lambda session, _: load_holidays(session, holidays=rows))


def workday(day: Annotated[str, typer.Argument(metavar="DATE", help="YYYY-MM-DD")]) -> None:
    """Take a holiday back: people work on this day."""
    found = _day("day", day)
    assert found is not None
    run("remove-holiday", lambda session, _: remove_holiday(session, day=found))


def act(
    verb: Annotated[Verb, typer.Argument(help="what is done with each")],
    order_id: Annotated[
        list[int] | None, typer.Option("--id", help="work order; may be given again; else the filter below")
    ] = None,
    campaign: Annotated[str | None, typer.Option(help="of this campaign")] = None,
    staff: Annotated[str | None, typer.Option(help="of this manager")] = None,
    state: Annotated[list[str] | None, typer.Option(help="in this state; default: planned and open")] = None,
    pooled: Annotated[bool, typer.Option("--pooled", help="in a pool")] = False,
    to: Annotated[list[str] | None, typer.Option(help="staff number of who gets it; split: several")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="lend: the last day")] = None,
    due: Annotated[str | None, typer.Option(metavar="DATE", help="extend: the new last day")] = None,
    day: Annotated[str | None, typer.Option(metavar="DATE", help="extend: the new day")] = None,
    reason: Annotated[str | None, typer.Option(help="kept with every event")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would happen, change nothing")] = False,
) -> None:
    """Move work orders: reassign, split, lend, bring_home, pool, pull_back, extend, start. One line for each that is refused."""
    chosen = Filter(
        states=tuple(state or Filter().states), campaign_code=campaign, staff_no=staff, pooled=True if pooled else None
    )
    if order_id is None and campaign is None and staff is None:
        raise Invalid("--id", "ids, or a campaign or a manager whose work orders are meant")
    action = Action(verb, reason, tuple(to or ()), _day("--until", until), _day("--due", due), _day("--day", day))

    def work(session: Session, now: datetime) -> dict[str, Any]:
        found = act_on_work_orders(
            session,
            action=action,
            ids=order_id,
            chosen=None if order_id else chosen,
            grid_ids=None,
            actor_account_id=None,
            dry_run=dry_run,
            now=now,
        )
        for row in found:
            if not row.done:
                console.print(f"{row.work_order_id}: {row.detail}", markup=False)
        return {"done": sum(row.done for row in found), "refused": sum(not row.done for row in found), "dry_run": dry_run}

    run(f"work-orders-{verb}", work)


def _day(option: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(option, "a day as YYYY-MM-DD") from error
