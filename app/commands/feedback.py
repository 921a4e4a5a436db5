"""Commands about reports that could not be taken."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.commands.context import console, run, sessions
from app.feedback.queries import unreleased_by_reason
from app.feedback.replaying import replay_set_aside
from app.jobs.runner import in_transaction


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("set-aside")(show_set_aside)
    app.command("replay-feedback")(replay)


def show_set_aside() -> None:
    """How many reports are kept aside, by their reason."""
    table = Table("reason", "reports", "oldest")
    for code, count, oldest in in_transaction(sessions(), unreleased_by_reason):
        table.add_row(code, str(count), f"{oldest:%Y-%m-%d %H:%M}")
    console.print(table)


def replay(
    code: Annotated[str | None, typer.Option(help="only of this reason, such as feedback.unknown_order")] = None,
    id_: Annotated[list[int] | None, typer.Option("--id", help="only this one; may be given again")] = None,
) -> None:
    """Try reports that were kept aside again, once their cause is mended: 500 at once, oldest first."""

    def work(session: Session, now: datetime) -> Mapping[str, Any]:
        tried = replay_set_aside(session, principal=None, ids=id_, code=code, now=now)
        for one in tried:
            if one.code is not None:
                console.print(f"{one.id} of {one.staff_no}: {one.code}: {one.detail}", markup=False)
        return dict(Counter(one.status.value for one in tried)) or {"found": 0}

    run("replay-feedback", work)
