"""Commands about points plans: show, draft, submit, approve, send-back, replay, document."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.access.service import find_person
from app.commands.context import console, run, sessions
from app.core.errors import Invalid
from app.core.security import Principal
from app.jobs.runner import in_transaction
from app.points.plans import service as planning
from app.points.plans.queries import PlanStanding
from app.reports import points_plans as reports

Number = Annotated[int, typer.Argument(help="number of the plan, as `gridwork plan show` lists it", min=1, max=2**31 - 1)]
By = Annotated[str, typer.Option("--by", metavar="LOGIN", help="who does it: a person's login")]
Comment = Annotated[str, typer.Option(help="what is to be said with it")]
Why = Annotated[str, typer.Option("--comment", help="what a new version is to change")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    plan = typer.Typer(no_args_is_help=True, help="By which rules points are paid; two persons sign each version.")
    plan.command("show")(show)
    plan.command("draft")(draft)
    plan.command("submit")(submit)
    plan.command("approve")(approve)
    plan.command("send-back")(send_back)
    plan.command("replay")(replay)
    plan.command("document")(document)
    app.add_typer(plan, name="plan", rich_help_panel="Check, close, pay")


def show(
    number: Annotated[int | None, typer.Argument(help="one plan, as a file for `draft`; none: all of them")] = None,
) -> None:
    """Every version with its scope, months and who signed it; or one of them as JSON."""
    if number is not None:
        found = in_transaction(sessions(), lambda session: reports.one_plan(session, number))
        fields = (
            "code",
            "unit_code",
            "effective_from",
            "effective_to",
            "pays",
            "index_prior",
            "minimum_matured",
            "minimum_judged",
        )
        content = {name: getattr(found, name) for name in fields} | {"components": found.components, "note": found.note}
        console.print(json.dumps(content, ensure_ascii=False, indent=2), markup=False, highlight=False, soft_wrap=True)
        return
    table = Table(title="points plans")
    for column in ("number", "code", "version", "scope", "from", "to", "pays", "status", "author", "last by"):
        table.add_column(column)
    for one in in_transaction(sessions(), reports.plan_versions):
        months = one.effective_from, one.effective_to or ""
        table.add_row(
            *(str(one.number), one.code, str(one.version), one.unit_code or "company", *months),
            *(one.pays, one.status, one.author or "", one.last_by or ""),
        )
    console.print(table)


def draft(
    file: Annotated[Path, typer.Argument(help="JSON, as `gridwork plan show NUMBER` prints it")],
    by: By,
) -> None:
    """A new version from a file; nobody is paid by it before another person approved it."""
    try:
        written = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except ValueError as error:
        raise Invalid(str(file), "a JSON file in UTF-8") from error
    _step("draft-plan", by, lambda session, who, now: planning.draft_plan(session, written=written, by=who, now=now))


def submit(number: Number, by: By, comment: Comment = "") -> None:
    """Ask for the approval of a draft."""
    _step("submit-plan", by, lambda s, who, now: planning.submit_plan(s, plan_id=number, by=who, comment=comment, now=now))


def approve(number: Number, by: By, comment: Comment = "") -> None:
    """Let a submitted plan be in force from its first month on; by another person than who wrote and submitted it."""
    _step("approve-plan", by, lambda s, who, now: planning.approve_plan(s, plan_id=number, by=who, comment=comment, now=now))


def send_back(number: Number, by: By, comment: Why) -> None:
    """Refuse a submitted plan."""
    _step("send-plan-back", by, lambda s, who, now: planning.send_back_plan(s, plan_id=number, by=who, comment=comment, now=now))


def replay(
    number: Number,
    months: Annotated[int, typer.Option(help="so many of the last closed months")] = 3,
    top: Annotated[int, typer.Option(help="so many of those who gain and who lose most", min=0)] = 10,
) -> None:
    """What the last closed months would have paid by this plan: cost, winners and losers, kinds of grid."""
    found = in_transaction(sessions(), lambda session: reports.replay_plan(session, number=number, months=months))
    cost = (
        f"{found.cost_paid} points were paid, {found.cost_replayed} would have been ({found.cost_replayed - found.cost_paid:+})"
    )
    console.print(f"{', '.join(found.months)}: {cost}.", markup=False, highlight=False)
    console.print(f"{found.winners} managers gain, {found.losers} lose, {found.unchanged} have the same.", highlight=False)
    _print_rows("kinds of grid, by what their customers promise", [asdict(one) for one in found.kinds])
    console.print(
        f"Between the best and the worst kind: {found.gap_paid} points paid, {found.gap_replayed} by this plan.", highlight=False
    )
    people = sorted(found.managers, key=lambda one: one.change)
    most = [*people[:top], *people[max(top, len(people) - top) :]]
    _print_rows("who loses and who gains most", [asdict(one) | {"change": one.change} for one in most])


def document(
    number: Number,
    language: Annotated[str, typer.Option(help="zh or en")] = "zh",
) -> None:
    """The plan as a page that a manager can read, in Markdown."""
    if language not in ("zh", "en"):
        raise Invalid("--language", "zh or en")
    page = in_transaction(sessions(), lambda session: reports.document_of(session, number))
    console.print(getattr(page, language), markup=False, highlight=False, soft_wrap=True)


def _print_rows(title: str, rows: list[dict[str, Any]]) -> None:
    table = Table(title=title)
    for column in rows[0] if rows else ():
        table.add_column(column)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    console.print(table)


def _step(job: str, by: str, work: Callable[[Session, Principal, datetime], PlanStanding]) -> None:
    def run_it(session: Session, now: datetime) -> dict[str, Any]:
        found = work(session, find_person(session, login=by, now=now), now)
        plan = found.plan
        return {
            "number": plan.id,
            "code": plan.code,
            "version": plan.version,
            "from": str(plan.effective_from),
            "status": found.status,
        }

    run(job, run_it)
