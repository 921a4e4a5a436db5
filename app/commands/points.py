"""Commands about truth and points."""

from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.commands.context import console, run, settings
from app.core.clock import Month
from app.core.errors import Invalid
from app.core.security import signing_secret
from app.points import adjust, close
from app.points import service as points
from app.points.statement_queries import UnknownManager, find_person
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


def _month(written: str) -> Month:
    try:
        return Month.parse(written)
    except ValueError as error:
        raise Invalid("month", str(error).removeprefix("expected ")) from error


def verify() -> None:
    """Judge feedback by the calls and orders feeds."""
    run("verify", lambda session, now: verification.verify_feedback(session, now=now))


def draw_back_checks(
    month: Annotated[str | None, typer.Option(help="YYYY-MM; default: this month")] = None,
    share: Annotated[float, typer.Option(help="part of the feedback to draw")] = DEFAULT_SHARE,
) -> None:
    """Draw feedback at random for calls back to the customers."""
    chosen = _month(month) if month else None
    secret = signing_secret(settings().secret, settings().home)

    def work(session: Session, now: datetime) -> dict[str, int]:
        return verification.draw_back_checks(session, month=chosen or Month.of(now), secret=secret, share=share, now=now)

    run("draw-back-checks", work)


def close_month(month: MonthArgument) -> None:
    """Close a month that is over: post, state and freeze its points."""
    chosen = _month(month)
    run("close-month", lambda session, now: close.close_month(session, month=chosen, now=now))


def adjust_closed() -> None:
    """Post what became known late of closed months to the open month."""
    run("adjust", lambda session, now: adjust.adjust_closed_months(session, now=now))


def show_statement(staff_no: str, month: MonthArgument) -> None:
    """Show a manager's month in words: final where it is closed, else as of now."""
    chosen = _month(month)

    def work(session: Session, now: datetime) -> dict[str, str]:
        person = find_person(session, staff_no)
        if person is None:
            raise UnknownManager(f"staff_no: there is nobody with the number {staff_no}")
        shown = points.show_my_month(session, staff_id=person.id, month=chosen, now=now)
        for line in shown.lines:
            console.print(f"{line['points']:>12}  {line['component']}, {line['kind']}: {line['words']}", markup=False)
        state = f"closed {shown.closed_at:%Y-%m-%d}" if shown.closed_at else "provisional"
        return {"staff_no": staff_no, "month": shown.month, "state": state, "total": shown.total}

    run("statement", work)
