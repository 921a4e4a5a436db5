"""Commands about accounts."""

from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.access import accounts, passwords, service
from app.commands.context import console, run
from app.models.organisation import Role

BY_HAND = "at the command line"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("create-account")(create_account)
    app.command("disable-account")(disable_account)
    app.command("reset-password")(reset_password)


def create_account(
    login: str,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
    staff_no: Annotated[str | None, typer.Option(help="the person who logs in with it")] = None,
    service_role: Annotated[Role | None, typer.Option(help="for a system: payroll")] = None,
) -> None:
    """Let a person (or the payroll system) log in."""
    run(
        "create-account",
        lambda session, now: {
            "account": service.create_account(
                session, login=login, password=password, staff_no=staff_no, service_role=service_role, now=now
            ).login
        },
    )


def disable_account(login: str) -> None:
    """Refuse every request of this account from now on."""

    def work(session: Session, now: datetime) -> dict[str, str]:
        accounts.switch_account(session, login=login, on=False, by=None, reason=BY_HAND, now=now)
        return {"disabled": login}

    run("disable-account", work)
    console.print("It counts from the next request on.")


def reset_password(login: str) -> None:
    """Give a person a temporary password, which opens nothing but the choice of one's own."""
    made = []

    def work(session: Session, now: datetime) -> dict[str, str]:
        made.append(passwords.reset_password(session, login=login, by=None, reason=BY_HAND, now=now))
        return {"reset": login}

    run("reset-password", work)
    console.print(f"{made[0]}  for 72 hours, and until another one is chosen at the log-in.")
