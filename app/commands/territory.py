"""Commands about territory: whose customer it was."""

from datetime import date, datetime
from typing import Annotated

import typer

from app.commands.context import console, sessions
from app.core import clock
from app.jobs.runner import in_transaction
from app.territory.service import find_owner


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("owner")(owner)


def owner(
    customer: Annotated[str, typer.Argument(help="number of the customer")],
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="default: today")] = None,
) -> None:
    """Whose customer it was on a day: grid and manager, and since and until when."""
    day: date | None = on.date() if on else None
    found = in_transaction(
        sessions(),
        lambda session: find_owner(session, customer_no=customer, on=day, grid_ids=None, now=clock.now()),
    )
    whose = f"{found.owner_name} ({found.owner_staff_no})" if found.owner_staff_no else "nobody"
    since = f"since {found.from_date}" if found.from_date else "ever since the customer is known"
    until = f"until the day before {found.to_date}" if found.to_date else "to this day"
    console.print(f"{found.customer_no} on {found.on}: {whose}, grid {found.grid_code}; {since}, {until}", markup=False)
