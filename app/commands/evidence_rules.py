"""Commands about rules of evidence, and replies of customers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from app.access.service import find_person
from app.commands.context import run
from app.models.sms import SmsAnswer
from app.verification.reviewing.switching import switch_on
from app.verification.sms import take_reply


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("use-evidence-rule")(use_rule)
    app.command("sms-reply")(reply)


def use_rule(
    rule: str,
    version: Annotated[int, typer.Option(min=1)],
    by: Annotated[str, typer.Option(help="login of the person who answers for it")],
    because: Annotated[str, typer.Option(help="why it is to be used again")],
) -> None:
    """Use a rule again that was switched off; its precision is counted anew from now on."""

    def work(session: Session, now: datetime) -> Mapping[str, Any]:
        person = find_person(session, login=by, now=now)
        state = switch_on(session, rule=rule, version=version, because=because, principal=person, now=now)
        return {"rule": state.rule, "version": state.version, "state": "in use"}

    run("use-evidence-rule", work)


def reply(
    reference: str, answer: Annotated[SmsAnswer, typer.Argument(help="what the customer replied: yes (1) or no (2)")]
) -> None:
    """Take a customer's reply to a message, where the gateway does not hand it on itself."""

    def work(session: Session, now: datetime) -> Mapping[str, Any]:
        kept = take_reply(session, reference=reference, answer=answer, now=now)
        return {"reference": kept.reference, "answer": answer.value}

    run("sms-reply", work)
