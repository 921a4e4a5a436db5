"""Commands about work that nobody does, and who is told of it by mail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.commands.context import console, run, sessions, settings
from app.core.clock import zone
from app.dispatch.escalation import service as escalating
from app.jobs.runner import in_transaction
from app.notices.digests import make_digests, set_mail_address
from app.notices.quiet import QuietHours


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("escalate")(escalate)
    app.command("escalation-rules")(show_rules)
    app.command("set-escalation")(set_rule)
    app.command("mail-address")(mail_address)
    app.command("make-digests")(digests)


def escalate() -> None:
    """Tell managers of overdue, stuck and unopened work, missed call-backs and undecided returns; the worker does it too."""
    run("escalate", lambda session, now: escalating.escalate(session, now=now))


def show_rules() -> None:
    """After how many days whom is told."""
    table = Table("rule", "grid manager after days", "branch manager after", "")
    for row in in_transaction(sessions(), escalating.rules_shown):
        said = "off" if not row.enabled else "default" if row.default else "changed"
        table.add_row(row.rule, str(row.after_days), str(row.branch_after_days), said)
    console.print(table)


def set_rule(
    rule: str,
    after: Annotated[int, typer.Option(help="days until the grid manager is told")],
    branch_after: Annotated[int, typer.Option(help="days from then until the branch manager is told")],
    off: Annotated[bool, typer.Option("--off", help="never tell")] = False,
    because: Annotated[str, typer.Option(help="why; it is kept with the change")] = "",
) -> None:
    """Change the days of a rule."""

    def work(session: Session, now: datetime) -> Mapping[str, Any]:
        days: dict[str, Any] = {"after_days": after, "branch_after_days": branch_after, "enabled": not off}
        changed = escalating.set_rule(session, rule=rule, **days, because=because, now=now)
        return {"rule": rule, "after_days": changed.after_days, "branch_after_days": changed.branch_after_days}

    run("set-escalation", work)


def mail_address(staff_no: str, address: Annotated[str | None, typer.Argument(help="none: no mail any more")] = None) -> None:
    """Say where a grid or branch manager gets the mail of the day."""

    def work(session: Session, now: datetime) -> Mapping[str, Any]:
        set_mail_address(session, staff_no=staff_no, address=address, now=now)
        return {"staff_no": staff_no}

    run("mail-address", work)


def digests() -> None:
    """Write today's mails now, where there are none yet; the worker does it at eight and sends them."""
    quiet = QuietHours.parse(settings().quiet_hours, zone())
    run("make-digests", lambda session, now: make_digests(session, quiet=quiet, now=now))
