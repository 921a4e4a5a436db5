"""Commands about the contact policy: show, set, approve, history."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.campaigns.policy import service
from app.campaigns.policy.as_json import rules_of_json
from app.commands.context import console, run, sessions
from app.core import clock
from app.core.errors import Invalid
from app.jobs.runner import in_transaction
from app.reports.contact_policy import PolicyView, policy_now, policy_versions

Approver = Annotated[str, typer.Option(help="another person than the author")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    policy = typer.Typer(no_args_is_help=True, help="How often, when and after what a customer may be contacted.")
    policy.command("show")(show)
    policy.command("set")(set_policy)
    policy.command("approve")(approve)
    policy.command("history")(history)
    app.add_typer(policy, name="contact-policy", rich_help_panel="Plan and dispatch")


def show(as_json: Annotated[bool, typer.Option("--json", help="as a file for `set`")] = False) -> None:
    """The policy of today in words, and what is to come."""
    found = in_transaction(sessions(), lambda session: policy_now(session, now=clock.now()))
    if as_json:
        rules = [rule.rule for rule in found.in_force.rules]
        console.print(json.dumps({"rules": rules}, ensure_ascii=False, indent=2), markup=False, highlight=False, soft_wrap=True)
        return
    for version in (found.in_force, *found.to_come):
        _say(version)


def set_policy(
    file: Annotated[Path, typer.Argument(help='JSON: {"rules": [{"kind": "sliding_window", "most": 2, "days": 30}, ...]}')],
    author: Annotated[str, typer.Option(help="who answers for it")],
    approver: Annotated[str | None, typer.Option(help="another person; without one it waits for approval")] = None,
    effective_from: Annotated[str | None, typer.Option("--from", metavar="DATE", help="first day; default: today")] = None,
    note: Annotated[str, typer.Option(help="why")] = "",
) -> None:
    """A new version of the whole policy, from a file."""
    rules, first = rules_of_json(file.read_bytes()), _day("--from", effective_from)

    def work(session: Session, now: datetime) -> dict[str, Any]:
        version = service.propose_policy(session, rules=rules, effective_from=first, author=author, note=note, now=now)
        if approver is not None:
            version = service.approve_policy(session, number=version.number, approver=approver, now=now)
        return {"number": version.number, "rules": len(rules), "approved by": version.approver or "nobody yet"}

    run("set-contact-policy", work)


def approve(number: Annotated[int, typer.Argument(help="number of the version")], approver: Approver) -> None:
    """Approve a version that another person proposed."""

    def work(session: Session, now: datetime) -> dict[str, Any]:
        version = service.approve_policy(session, number=number, approver=approver, now=now)
        return {"number": version.number, "in force from": str(version.effective_from)}

    run("approve-contact-policy", work)


def history() -> None:
    """Every version with who proposed and who approved it."""
    table = Table(title="contact policies")
    for column in ("number", "from", "rules", "author", "approver", "note"):
        table.add_column(column, justify="right" if column in ("number", "rules") else "left")
    for one in in_transaction(sessions(), policy_versions):
        cells = [str(one.number), str(one.effective_from), str(len(one.rules)), one.author or "", one.approver or "waiting"]
        table.add_row(*cells, one.note)
    console.print(table)


def _say(version: PolicyView) -> None:
    if version.number == 0:
        head = "What is built in:"
    elif version.approver is None:
        head = f"Version {version.number}, proposed by {version.author} for {version.effective_from}, waits for approval:"
    else:
        head = f"Version {version.number}, from {version.effective_from}, by {version.author} and {version.approver}:"
    console.print(head, markup=False, highlight=False)
    for rule in version.rules:
        console.print(f"  {rule.en}\n  {rule.zh}", markup=False, highlight=False, soft_wrap=True)


def _day(option: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(option, "a day as YYYY-MM-DD") from error
