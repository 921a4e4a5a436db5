"""Messages to customers: one for each feedback at most, never to who refuses, replies signed, and no verdict of their own."""

import json
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.core import clock
from app.core.db import set_scope
from app.models.customer import ContactPreference
from app.models.evidence import ReviewCase
from app.models.feedback import BackCheck, Verification
from app.models.sms import SmsConfirmation
from app.notices.signing import headers_of
from app.settings import Settings
from app.verification.drawing import draw_back_checks
from app.verification.sms import OtherReply, claim_messages, record_failures, take_reply
from app.verification.sms_queries import UnknownMessage
from app.verification.sms_sending import send_messages
from tests.apps import make_app
from tests.factories import NOW, make_work_order
from tests.truth import OCTOBER, make_feedback

LATER = NOW + timedelta(days=5)
KEY = "a key of the gateway, of 32 characters or more"
PATH = "/operations/v1/sms-replies"


def drawn(session, customer_no="C01", outcome="refused"):
    made = make_feedback(session, make_work_order(session, customer_no=customer_no), outcome=outcome)
    draw_back_checks(session, month=OCTOBER, secret="s", share=1.0, now=LATER)
    return made


def refuse(session, feedback, scope, until=None):
    values = {"customer_id": feedback.customer_id, "scope": scope, "status": "refused", "recorded_at": NOW, "until": until}
    session.add(ContactPreference(**values))
    session.flush()


def test_the_customer_of_a_drawn_talk_is_asked_once_and_not_told_by_whom_or_about_what(session):
    drawn(session)
    (message,) = claim_messages(session, now=LATER)
    assert message.phone == "13900000001"
    assert "10月12日" in message.text
    assert claim_messages(session, now=LATER + timedelta(hours=1)) == []


def test_who_refuses_messages_or_everything_is_never_asked(session):
    refuse(session, drawn(session), "sms")
    assert claim_messages(session, now=LATER) == []


@pytest.mark.parametrize(("scope", "days", "asked"), [("all", None, 0), ("call", None, 1), ("all", -1, 1), ("sms", 0, 0)])
def test_a_refusal_counts_by_its_scope_until_its_last_day(session, scope, days, asked):
    until = None if days is None else clock.local_date(LATER) + timedelta(days=days)
    refuse(session, drawn(session), scope, until)
    assert len(claim_messages(session, now=LATER)) == asked


def test_nobody_is_asked_about_a_call_that_was_not_taken_nor_late_nor_once_it_is_answered(session):
    drawn(session, outcome="not_reached")
    assert claim_messages(session, now=LATER) == []
    drawn(session, "C02")
    assert claim_messages(session, now=LATER + timedelta(days=15)) == []


def test_a_no_opens_a_case_for_a_person_and_no_reply_judges(session):
    feedback = drawn(session)
    (message,) = claim_messages(session, now=LATER)
    for _ in range(2):
        assert take_reply(session, reference=message.reference, answer="no", now=LATER).answered_at == LATER
    (case,) = session.scalars(select(ReviewCase))
    assert (case.feedback_id, case.reasons[0]["rule"]) == (feedback.id, "sms_denied")
    assert session.scalars(select(Verification)).all() == []
    assert session.scalars(select(BackCheck.answered_at)).one() is None
    with pytest.raises(OtherReply):
        take_reply(session, reference=message.reference, answer="yes", now=LATER)
    with pytest.raises(UnknownMessage):
        take_reply(session, reference="made-up", answer="yes", now=LATER)


def test_messages_are_handed_over_as_files_and_what_fails_is_written_down_and_not_tried_again(session, tmp_path):
    drawn(session)
    messages = claim_messages(session, now=LATER)
    assert send_messages(messages, way=f"file:{tmp_path}/out", key=KEY, timestamp=1) == {}
    (file,) = (tmp_path / "out").iterdir()
    assert json.loads(file.read_text(encoding="utf-8")) == vars(messages[0])
    failed = send_messages(messages, way="http://127.0.0.1:9/", key=KEY, timestamp=1)
    assert failed == {messages[0].reference: "not sent: ConnectError"}
    record_failures(session, failed)
    assert session.scalars(select(SmsConfirmation.failed_because)).one() == "not sent: ConnectError"
    assert claim_messages(session, now=LATER) == []


@pytest.fixture
def gateway(database, company, tmp_path):
    """A client that signs as it is told, and the reference of a message that was sent."""
    drawn(company)
    (message,) = claim_messages(company, now=LATER)
    company.commit()
    set_scope(company, scope="all")
    app = make_app(Settings(database_url=database, home=tmp_path, log_level="ERROR", sms_key=KEY))

    def send(answer="1", *, key=KEY, age=0, altered=b"", reference=message.reference):
        body = json.dumps({"reference": reference, "answer": answer}).encode()
        headers = headers_of("m1", int(clock.now().timestamp()) - age, body, [key.encode()])
        return client.post(PATH, content=body + altered, headers=headers | {"content-type": "application/json"})

    with TestClient(app, raise_server_exceptions=False) as client:
        yield send
    app.state.engine.dispose()


def test_a_reply_is_taken_where_the_gateway_signed_it_lately_and_again_is_fine(gateway, company):
    for answer in (gateway(), gateway()):
        assert (answer.status_code, answer.json()["answer"]) == (200, "yes"), answer.text
    assert gateway("2").status_code == 409
    assert gateway(reference="made-up").status_code == 404
    assert gateway("3").status_code == 422
    assert company.scalars(select(SmsConfirmation.answer)).one() == "yes"


def test_a_reply_of_another_key_an_old_one_or_an_altered_one_is_refused(gateway, company):
    wrong = [gateway(key="x" * 40), gateway(age=301), gateway(age=-400), gateway(altered=b" ")]
    assert [(one.status_code, one.json()["code"]) for one in wrong] == [(401, "sms.wrong_signature")] * 4
    assert company.scalars(select(SmsConfirmation.answer)).one() is None


def test_without_a_key_no_reply_is_taken(client_as):
    body = json.dumps({"reference": "a", "answer": "1"}).encode()
    headers = headers_of("m1", int(clock.now().timestamp()), body, [b""]) | {"content-type": "application/json"}
    assert client_as(None).post(PATH, content=body, headers=headers).status_code == 401
    assert client_as("ada").post(PATH, json={"reference": "a", "answer": "1"}).status_code == 401
