"""Replies of customers to messages, as the gateway hands them on: signed as Standard Webhooks, with no log-in."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Request

from app.api.deps import Now, SessionDep, SettingsDep
from app.api.types import Code, In, Out
from app.core.errors import Unauthenticated
from app.models.sms import SmsAnswer
from app.notices.signing import is_signed
from app.verification.sms import take_reply

router = APIRouter(prefix="/operations/v1/sms-replies", tags=["operations"])
ANSWERS = {"1": SmsAnswer.YES, "2": SmsAnswer.NO}


class WrongSignature(Unauthenticated):
    """The signature is missing, old or not of our key."""

    code = "sms.wrong_signature"


async def check_signature(
    request: Request,
    settings: SettingsDep,
    now: Now,
    message_id: Annotated[str, Header(alias="webhook-id", max_length=200)] = "",
    timestamp: Annotated[str, Header(alias="webhook-timestamp", max_length=20)] = "",
    signature: Annotated[str, Header(alias="webhook-signature", max_length=1_000)] = "",
) -> None:
    """Raise WrongSignature unless the gateway signed this very body within five minutes."""
    body, key = await request.body(), settings.sms_key
    if not key or not is_signed(message_id, timestamp, body, signature, secret=key.encode(), now=now.timestamp()):
        raise WrongSignature


class ReplyIn(In):
    """The reference of the message, and 1 for yes or 2 for no."""

    reference: Code
    answer: Literal["1", "2"]


class ReplyOut(Out):
    """The reply as it is kept."""

    reference: str
    answer: SmsAnswer
    answered_at: datetime


@router.post("", dependencies=[Depends(check_signature)])
def reply(body: ReplyIn, session: SessionDep, now: Now) -> ReplyOut:
    """Take a reply; the same again is fine."""
    kept = take_reply(session, reference=body.reference, answer=ANSWERS[body.answer], now=now)
    return ReplyOut.model_validate(kept)
