"""Commands about truth and points."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.access.service import find_person as find_principal
from app.commands.context import console, run, sessions, settings, show_counts
from app.core import clock
from app.core.clock import Month
from app.core.errors import Invalid
from app.core.security import signing_secret
from app.jobs.runner import in_transaction
from app.points.closing import service as closing
from app.points.late import service as adjust
from app.points.ledger import sealing
from app.points.past import show_my_month_at
from app.points.payroll import files, recompute
from app.points.statement_queries import UnknownManager, find_person
from app.reports.reconciliation import reconcile
from app.verification import drawing
from app.verification import service as verification
from app.verification.sampling import DEFAULT_SHARE

MonthArgument = Annotated[str, typer.Argument(metavar="MONTH", help="YYYY-MM")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("verify")(verify)
    app.command("draw-back-checks")(draw_back_checks)
    app.command("close-month")(close_month)
    app.command("adjust")(adjust_closed)
    app.command("statement")(show_statement)
    app.command("recompute-month")(recompute_month)
    app.command("verify-ledger")(verify_ledger)
    app.command("make-delta-file")(make_delta_file)
    app.command("reconcile")(show_reconciliation)


def read_month(written: str) -> Month:
    """A month as somebody typed it; raises Invalid."""
    try:
        return Month.parse(written)
    except ValueError as error:
        raise Invalid("month", str(error).removeprefix("expected ")) from error


def _instant(written: str) -> datetime:
    """An instant, local where it has no offset."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError as error:
        raise Invalid("as_of", "an instant such as 2026-10-31T18:00 or 2026-10-31T10:00+00:00") from error
    return found if found.tzinfo else found.replace(tzinfo=clock.zone())


def verify() -> None:
    """Judge feedback by the calls and orders feeds."""
    run("verify", lambda session, now: verification.verify_feedback(session, now=now))


def draw_back_checks(
    month: Annotated[str | None, typer.Option(help="YYYY-MM; default: this month")] = None,
    share: Annotated[float, typer.Option(help="part of the feedback to draw, above the least for every manager")] = DEFAULT_SHARE,
) -> None:
    """Draw feedback at random for calls back to the customers."""
    chosen = read_month(month) if month else None
    secret = signing_secret(settings().secret, settings().home)

    def work(session: Session, now: datetime) -> dict[str, int]:
        return drawing.draw_back_checks(session, month=chosen or Month.of(now), secret=secret, share=share, now=now)

    run("draw-back-checks", work)


def close_month(
    month: MonthArgument,
    check: Annotated[bool, typer.Option("--check", help="only show what keeps the month open, and what to do")] = False,
    despite: Annotated[list[str] | None, typer.Option(help="a check that is passed over; may be repeated")] = None,
    because: Annotated[str, typer.Option(help="why: kept with the month for ever")] = "",
    by: Annotated[str | None, typer.Option(metavar="LOGIN", help="who passes over a check: an administrator")] = None,
) -> None:
    """Close a month that is over and that no check keeps open: post, state and freeze its points."""
    chosen = read_month(month)
    if check:
        _show_checks(chosen)
        return
    passed = [closing.Despite(code, because) for code in despite or ()]

    def work(session: Session, now: datetime) -> Mapping[str, Any]:
        who = None if by is None else find_principal(session, login=by, now=now)
        return closing.close_checked(session, month=chosen, by=who, despite=passed, now=now)

    run("close-month", work)


def _show_checks(month: Month) -> None:
    found = in_transaction(sessions(), lambda session: closing.check_month(session, month=month, now=clock.now()))
    table = Table("check", "", "found", "what to do")
    for one in found.findings:
        state = "met" if one.met else "BLOCKS" if one.check.blocking else "warning"
        figures = ", ".join(f"{name} {_plain(value)}" for name, value in one.figures.items())
        table.add_row(one.check.code, state, figures, "" if one.met else f"{one.check.en}: {one.check.do_en}")
    console.print(table)
    for said in found.overrides:
        console.print(f"closed despite {said.check_code}, by {said.by} at {said.at:%Y-%m-%d %H:%M}: {said.reason}", markup=False)


def _plain(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


def adjust_closed() -> None:
    """Post what became known late of closed months to the open month."""
    run("adjust", lambda session, now: adjust.adjust_closed_months(session, now=now))


def show_statement(
    staff_no: str,
    month: MonthArgument,
    as_of: Annotated[str | None, typer.Option(help="a past instant such as 2026-10-31T18:00: as it was served then")] = None,
) -> None:
    """Show a manager's month in words: final where it is closed, else as of now."""
    chosen, instant = read_month(month), None if as_of is None else _instant(as_of)

    def work(session: Session, now: datetime) -> dict[str, str]:
        person = find_person(session, staff_no)
        if person is None:
            raise UnknownManager(f"staff_no: there is nobody with the number {staff_no}")
        shown = show_my_month_at(session, staff_id=person.id, month=chosen, as_of=instant, now=now)
        for line in shown.lines:
            console.print(f"{line['points']:>12}  {line['component']}, {line['kind']}: {line['words']}", markup=False)
        state = f"closed {shown.closed_at:%Y-%m-%d}" if shown.closed_at else "provisional"
        return {"staff_no": staff_no, "month": shown.month, "state": state, "total": shown.total}

    run("statement", work)


def recompute_month(month: MonthArgument) -> None:
    """Compute a closed month anew from what was stored at its close; exit code 1 where it is not the file that payroll pulled."""
    chosen = read_month(month)
    run("recompute-month", lambda session, now: recompute.recompute_month(session, month=chosen, now=now))


def verify_ledger(
    anchor: Annotated[str | None, typer.Option(help="a seal that was kept elsewhere: the chain must hold it")] = None,
) -> None:
    """Say whether the ledger is what was sealed, balances and is guarded; where it breaks, and exit code 1, if not."""
    run("verify-ledger", lambda session, _: sealing.verify_ledger(session, anchor=anchor))


def make_delta_file(month: MonthArgument) -> None:
    """Give payroll the corrections of a closed month that are in no file yet, before their own month closes."""
    chosen = read_month(month)
    run("make-delta-file", lambda session, now: files.make_delta_file(session, month=chosen, now=now))


def show_reconciliation(
    month: Annotated[str | None, typer.Argument(metavar="[MONTH]", help="YYYY-MM; default: every closed month")] = None,
) -> None:
    """Whether ledger, statements, payroll's files and its acknowledgements agree; exit code 1 where anything differs."""
    chosen = read_month(month) if month else None
    found = in_transaction(sessions(), lambda session: reconcile(session, month=chosen))
    for one in found.differences:
        console.print(f"{one.month} {one.staff_no} {one.what}: ledger {one.ledger}, there {one.other}", markup=False)
    for file in found.files:
        held = f"acknowledged {file.acknowledged_at:%Y-%m-%d}" if file.acknowledged_at else "not acknowledged"
        console.print(f"{file.month} version {file.version}: {file.row_count} lines, {file.points_sum}, {held}", markup=False)
    for override in found.overrides:
        console.print(f"override {override.id} by {override.role}, {override.taken_at:%Y-%m-%d}: {override.reason}", markup=False)
    show_counts("reconcile", {"differences": len(found.differences), "not acknowledged": found.waiting})
    if found.differences:
        raise typer.Exit(1)
