"""Commands about the life of a campaign: submit, approve, send-back, revise, schedule, run, dispatch, close."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.access.service import find_person
from app.campaigns import approval, service
from app.commands.context import console, run, sessions
from app.core import clock
from app.core.security import Principal
from app.dispatch.preview.approving import approve_plan, submit_plan
from app.dispatch.preview.piloting import check_pilots, report_pilot
from app.dispatch.service import dispatch_campaigns
from app.dispatch.sweeps import end_campaign
from app.jobs.runner import in_transaction
from app.models.campaign import Campaign
from app.reports.campaigns import campaign_events

Code = Annotated[str, typer.Argument(help="code of the campaign")]
By = Annotated[str, typer.Option("--by", metavar="LOGIN", help="who does it: a person's login")]
Comment = Annotated[str, typer.Option(help="what is to be said with it")]
Why = Annotated[str, typer.Option("--comment", help="why: what is to be changed")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("submit")(submit)
    app.command("approve")(approve)
    app.command("send-back")(send_back)
    app.command("revise")(revise)
    app.command("schedule")(schedule)
    app.command("run-campaign")(run_campaign)
    app.command("dispatch")(dispatch)
    app.command("close-campaign")(close_campaign)
    app.command("check-pilots")(pilots)
    app.command("pilot")(pilot)
    app.command("campaign-events")(events)


def submit(code: Code, by: By, comment: Comment = "") -> None:
    """Ask for the approval of a draft."""
    _step("submit", by, lambda s, who, now: submit_plan(s, campaign_code=code, by=who, comment=comment, now=now))


def approve(code: Code, by: By, comment: Comment = "") -> None:
    """Let a submitted campaign run; by another person than the planner."""
    _step("approve", by, lambda s, who, now: approve_plan(s, campaign_code=code, by=who, comment=comment, now=now))


def send_back(code: Code, by: By, comment: Why) -> None:
    """Make a submitted campaign a draft again and say what is to be changed."""
    _step(
        "send-back",
        by,
        lambda s, who, now: approval.send_back_campaign(s, campaign_code=code, by=who, comment=comment, now=now),
    )


def revise(code: Code, by: By, comment: Why) -> None:
    """Take a campaign back before it runs: a draft again, without its approval and list."""
    _step("revise", by, lambda s, who, now: approval.revise_campaign(s, campaign_code=code, by=who, comment=comment, now=now))


def schedule(code: Code) -> None:
    """Draw the list of an approved campaign from the latest ranking of its product."""
    run("schedule", lambda session, now: service.schedule_campaign(session, campaign_code=code, now=now))


def run_campaign(code: Code) -> None:
    """Let a scheduled campaign be dispatched."""
    run("run-campaign", lambda session, now: _said(service.run_campaign(session, campaign_code=code, now=now)))


def dispatch(codes: Annotated[list[str], typer.Argument(help="codes of campaigns; several are one run")]) -> None:
    """Make the work orders of approved campaigns; again: no second ones."""
    run("dispatch", lambda session, now: dispatch_campaigns(session, campaign_codes=codes, now=now))


def close_campaign(code: Code) -> None:
    """Close a campaign that was approved; its live work orders expire."""
    run("close-campaign", lambda session, now: end_campaign(session, campaign_code=code, now=now))


def pilots() -> None:
    """Grow or stop the pilots of which enough is known; the worker does it every hour."""
    run("check-pilots", lambda session, now: check_pilots(session, now=now))


def pilot(code: Code) -> None:
    """What the pilot of a campaign has brought so far, and what its stop rule says."""
    found = in_transaction(sessions(), lambda session: report_pilot(session, campaign_code=code, now=clock.now()))
    table = Table(title=f"pilot of {code}", show_header=False)
    bounds = {name: value for name, value in asdict(found.pilot).items() if value is not None}
    said = {"stop rule": found.why or "too little is known", "decided": found.outcome or "-"}
    for name, value in {**bounds, **asdict(found.figures), **said}.items():
        table.add_row(name.replace("_", " "), str(value))
    console.print(table)


def events(code: Code) -> None:
    """What happened to a campaign, by whom, with their comments."""
    table = Table(title=f"life of {code}")
    for column in ("when", "what", "from", "to", "by", "comment"):
        table.add_column(column)
    for happened_at, verb, source, target, login, comment in in_transaction(
        sessions(), lambda session: campaign_events(session, code=code)
    ):
        table.add_row(f"{happened_at:%Y-%m-%d %H:%M}", verb, source, target, login or "the system", comment)
    console.print(table)


def _step(job: str, login: str, work: Callable[[Session, Principal, datetime], Campaign]) -> None:
    run(job, lambda session, now: _said(work(session, find_person(session, login=login, now=now), now)))


def _said(campaign: Campaign) -> dict[str, Any]:
    return {"campaign": campaign.code, "status": campaign.status.value}
