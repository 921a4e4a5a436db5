"""Commands about handovers: plan, look at, confirm, cancel, apply."""

from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.commands.context import console, run, sessions
from app.jobs.runner import in_transaction
from app.reports.handovers import HandoverView, Wanted, get_handover, handover_page
from app.territory import service
from app.territory.applying import apply_due_handovers
from app.territory.terms import KINDS, Terms

Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]
Number = Annotated[int, typer.Argument(min=1, max=2**31 - 1, help="the handover's number")]
LISTED = 100
handovers = typer.Typer(no_args_is_help=True, help="Customers and live work go to other managers or another grid, from a day on.")


def register(app: typer.Typer) -> None:
    """Add these commands, under `handover`."""
    for name, command in (("plan", plan), ("list", list_all), ("show", show), ("confirm", confirm), ("cancel", cancel)):
        handovers.command(name)(command)
    handovers.command("apply")(apply)
    app.add_typer(handovers, name="handover", rich_help_panel="Plan and dispatch")


def plan(
    kind: Annotated[str, typer.Argument(help="one of: " + ", ".join(KINDS))],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="first day on which it is otherwise")],
    reason: Annotated[str, typer.Option(help="why")],
    staff: Annotated[str | None, typer.Option(help="number of who goes, or comes (new_manager)")] = None,
    back: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="leave: the first day back")
    ] = None,
    grid: Annotated[str | None, typer.Option(help="whose customers; default: of the grid of --staff")] = None,
    to_grid: Annotated[str | None, typer.Option(help="transfer, grid_split, grid_merge: the other grid")] = None,
    other: Annotated[list[str] | None, typer.Option(help="who receives, gives, or goes along; may be given again")] = None,
    orders_only: Annotated[bool, typer.Option("--orders-only", help="leave: the customers stay whose they are")] = False,
    keep_promised: Annotated[bool, typer.Option("--keep-promised", help="who promised a call keeps the work order")] = False,
) -> None:
    """Plan a handover and see what it would do; nothing moves before it is confirmed and its day has come."""
    terms = Terms(
        kind=kind,
        effective_on=on.date(),
        reason=reason,
        return_on=back.date() if back else None,
        staff_no=staff,
        grid_code=grid,
        to_grid_code=to_grid,
        others=tuple(other or ()),
        orders_only=orders_only,
        keep_promised=keep_promised,
    )
    found: list[int] = []

    def work(session: Session, now: datetime) -> dict[str, Any]:
        found.append(service.plan_handover(session, terms=terms, principal=None, now=now).id)
        return {"handover": found[0]}

    run("plan-handover", work)
    show(found[0])


def list_all() -> None:
    """The newest handovers."""
    wanted = Wanted(grid_ids=None, secret="", cursor=None, limit=LISTED)
    page = in_transaction(sessions(), lambda session: handover_page(session, wanted=wanted, status=None))
    table = Table("number", "kind", "status", "grid", "to", "who", "from", "back", "problem", title="handovers")
    for one in page.items:
        days = [str(day or "") for day in (one.effective_on, one.return_on)]
        whose = [one.grid_code, one.to_grid_code or "", one.staff_no or ""]
        table.add_row(str(one.id), one.kind, one.status, *whose, *days, one.problem or "")
    console.print(table)


def show(number: Number) -> None:
    """What a handover does, and what each manager has before and after."""
    found = in_transaction(sessions(), lambda session: get_handover(session, handover_id=number, grid_ids=None))
    _say(found)
    for kept in found.preview.get("cannot_move", []):
        console.print(f"{kept['orders']} work orders cannot move: {kept['reason'].replace('_', ' ')}", highlight=False)
    table = Table("manager", "a day", "customers", "after", "pay a month", "after", "orders", "after")
    for one in found.preview["managers"]:
        name = f"{one['name']} ({one['staff_no']})" + ("" if one["in_grid_after"] else ", not in the grid then")
        cells = [one["contacts_a_day"]]
        cells += [one[f"{what}_{when}"] for what in ("customers", "monthly_value", "orders") for when in ("before", "after")]
        table.add_row(name, *map(str, cells))
    console.print(table)


def confirm(number: Number) -> None:
    """Let a planned handover be applied on its day."""
    run(
        "confirm-handover",
        lambda s, now: {"status": service.confirm_handover(s, handover_id=number, principal=None, now=now).status.value},
    )


def cancel(number: Number) -> None:
    """Let a handover that is not applied yet never be."""
    run(
        "cancel-handover",
        lambda s, now: {"status": service.cancel_handover(s, handover_id=number, principal=None, now=now).status.value},
    )


def apply() -> None:
    """Apply what is confirmed and due, and end the leaves that are over; the worker does it too."""
    run("apply-handovers", lambda session, now: apply_due_handovers(session, now=now))


def _say(found: HandoverView) -> None:
    who = f" of {found.staff_no}" if found.staff_no else ""
    to = f" to {found.to_grid_code}" if found.to_grid_code else ""
    back: date | None = found.return_on
    until = f", back on {back}" if back else ""
    say = console.print
    say(f"Handover {found.id}: {found.kind}{who}, grid {found.grid_code}{to}, from {found.effective_on}{until}: {found.status}")
    done = found.outcome or found.preview
    orders = done["orders"]
    say(
        f"  {done['customers']} customers; orders: {orders['moved']} moved, {orders['later']} later, {orders['stays']} stay,"
        f" {orders['pool']} do not fit and go to the pool",
        markup=False,
    )
    if found.problem:
        say(f"  could not be applied: {found.problem}", markup=False)
