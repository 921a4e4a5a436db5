"""Commands about programmes: several campaigns that are submitted, approved, sent back, scheduled, run and stopped as one."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from app.access.service import find_person
from app.campaigns.lifecycle import Verb
from app.commands.context import run
from app.dispatch.preview import approving
from app.dispatch.preview.programmes import act_on_programme, codes_of
from app.dispatch.service import dispatch_campaigns

Name = Annotated[str, typer.Argument(help="name of the programme, as its campaigns' plans have it")]
By = Annotated[str, typer.Option("--by", metavar="LOGIN", help="who does it: a person's login")]
Comment = Annotated[str, typer.Option(help="what is to be said with it")]
Why = Annotated[str, typer.Option("--comment", help="why: what is to be changed")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    programme = typer.Typer(help="All campaigns of a programme at once, or none of them.", no_args_is_help=True)
    for command in (submit, approve, send_back, revise, schedule, run_programme, dispatch, close):
        programme.command(command.__name__.removesuffix("_programme").replace("_", "-"))(command)
    app.add_typer(programme, name="programme", rich_help_panel="Plan and dispatch")


def submit(name: Name, by: By, comment: Comment = "") -> None:
    """Ask for the approval of its drafts, with one preview: a customer of several is one contact."""
    run("submit", partial(_together, approving.submit_plans, name, by, comment))


def approve(name: Name, by: By, comment: Comment = "") -> None:
    """Let its submitted campaigns run and book their capacity; by another person than the planner."""
    run("approve", partial(_together, approving.approve_plans, name, by, comment))


def send_back(name: Name, by: By, comment: Why) -> None:
    """Make its submitted campaigns drafts again and say what is to be changed."""
    run("send-back", partial(_each, name, Verb.SEND_BACK, by, comment))


def revise(name: Name, by: By, comment: Why) -> None:
    """Take its campaigns back before they run: drafts again."""
    run("revise", partial(_each, name, Verb.REVISE, by, comment))


def schedule(name: Name) -> None:
    """Draw the lists of its approved campaigns."""
    run("schedule", partial(_each, name, Verb.SCHEDULE, None, ""))


def run_programme(name: Name) -> None:
    """Let its scheduled campaigns be dispatched."""
    run("run-campaign", partial(_each, name, Verb.RUN, None, ""))


def dispatch(name: Name) -> None:
    """Make the work orders of its campaigns in one run."""
    run("dispatch", lambda session, now: dispatch_campaigns(session, campaign_codes=codes_of(session, name), now=now))


def close(name: Name) -> None:
    """Stop its campaigns; their live work orders expire."""
    run("close-campaign", partial(_each, name, Verb.CLOSE, None, ""))


def _together(service: Any, name: str, login: str, comment: str, session: Session, now: datetime) -> dict[str, Any]:
    who = find_person(session, login=login, now=now)
    done = service(session, campaign_codes=codes_of(session, name), by=who, comment=comment, now=now)
    return {campaign.code: campaign.status.value for campaign in done}


def _each(name: str, verb: Verb, login: str | None, comment: str, session: Session, now: datetime) -> dict[str, Any]:
    who = None if login is None else find_person(session, login=login, now=now)
    found = act_on_programme(session, programme=name, verb=verb, by=who, comment=comment, now=now)
    return {"campaigns": ", ".join(found["campaigns"]), "done": verb.value}
