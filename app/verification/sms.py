"""Asking customers by message whether they were contacted, once for each feedback, and taking their replies.

A reply judges nothing by itself: "no" opens a case for a person.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import whole_company
from app.core.errors import Conflict
from app.models.sms import SmsAnswer, SmsConfirmation
from app.verification import sms_queries as queries
from app.verification.cases import open_cases
from app.verification.pleading import Case, Reason
from app.verification.sms_sending import Message

MOST_AT_ONCE = 200
ASKED_WITHIN = timedelta(days=14)  # of the draw: later nobody remembers
DENIED = "sms_denied"
_MARK = text("UPDATE sms_confirmations SET failed_because = :because WHERE reference = :reference")
_ASK = text(
    """
    INSERT INTO sms_confirmations (feedback_id, reference, staff_id, grid_id, month, asked_at)
    SELECT f.id, :reference, f.staff_id, f.grid_id, f.month, :now FROM contact_feedback f WHERE f.id = :feedback_id
    ON CONFLICT DO NOTHING RETURNING reference
    """
)


class OtherReply(Conflict):
    """The customer replied otherwise before."""

    code = "sms.other_reply"


def claim_messages(session: Session, *, now: datetime) -> list[Message]:
    """Messages to be sent now, of drawn feedback that claims a talk; never to who refuses, and one for each feedback at most."""
    messages = []
    for row in queries.unasked(session, since=now - ASKED_WITHIN, today=clock.local_date(now), limit=MOST_AT_ONCE):
        reference = secrets.token_hex(8)
        asked = {"reference": reference, "feedback_id": row.feedback_id, "now": now}
        if session.scalar(_ASK, asked) is not None:
            messages.append(Message(reference, row.phone, _words(row.contacted_at)))
    return messages


def record_failures(session: Session, failed: Mapping[str, str]) -> None:
    """Write down what could not be handed over; it is not tried again."""
    for reference, because in failed.items():
        session.execute(_MARK, {"reference": reference, "because": because})


def take_reply(session: Session, *, reference: str, answer: SmsAnswer, now: datetime) -> SmsConfirmation:
    """Keep a reply, once; the same again changes nothing. Raises UnknownMessage, OtherReply."""
    with whole_company(session):
        asked = queries.lock_message(session, reference)
        if asked.answer not in (None, answer):
            raise OtherReply
        if asked.answer is None:
            asked.answer, asked.answered_at = answer, now
            session.flush()
            if answer == SmsAnswer.NO:
                _open_case(session, asked, now)
    return asked


def _open_case(session: Session, asked: SmsConfirmation, now: datetime) -> None:
    zh, en = "客户短信回复：没有人联系过", "the customer replied that nobody talked with them"
    reason = Reason(DENIED, 1, zh, en, {"reply": SmsAnswer.NO.value})
    case = Case(asked.staff_id, asked.grid_id, (reason,), asked.feedback_id)
    open_cases(session, month=asked.month, cases=[case], now=now)


def _words(contacted_at: datetime) -> str:
    day = clock.local_date(contacted_at)
    return (
        f"您好，{day.month}月{day.day}日我们的工作人员与您交谈过吗？回复1是，2否。"
        f" Did our staff talk with you on {day}? Reply 1 yes, 2 no."
    )
