"""The mail of a day: one for each manager with something open, by SMTP or into a folder, not in quiet hours."""

import email
from datetime import UTC, datetime, timedelta
from email import policy
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.errors import Invalid
from app.jobs import outgoing
from app.jobs.runner import in_transaction
from app.jobs.steps import run_in_steps
from app.models.notice import Digest
from app.models.organisation import Role
from app.notices import letters
from app.notices.digests import make_digests, set_mail_address
from app.notices.inbox import Told, put_notices
from app.notices.mailing import is_address, send_letters
from app.notices.parcels import Letter
from app.notices.quiet import QuietHours
from tests import factories as make
from tests.factories import NOW
from tests.stages.notices.mailbox import mailbox
from tests.stages.notices.post import deliveries

QUIET = QuietHours(21, 8, ZoneInfo("Asia/Shanghai"))


def send(sessions, mail, after=timedelta(0)):
    with clock.shifted_to(NOW + after):
        return run_in_steps(sessions, "send-mail", outgoing.mail(mail, "gridwork@example.com", QUIET))


@pytest.fixture
def chens_digest(sessions):
    """Chen has an address and two open notices; Bea has an address and none; Fu has a notice and no address."""

    def work(session):
        for name in ("chen", "bea"):
            set_mail_address(session, staff_no=name.upper(), address=f"{name}@example.com", now=NOW)
        for unit, subject in (("G11", "a"), ("G11", "b"), ("G12", "a")):
            data = {"rule": "stuck", "grid_code": unit, "orders": 7, "since": "2026-10-01T00:00:00+00:00"}
            unit_id, ana = make.grid(session, unit).id, make.staff(session, "ana").id
            put_notices(session, [Told("escalation", unit_id, Role.GRID_MANAGER, subject, data, ana)], now=NOW)
        return make_digests(session, quiet=QUIET, now=NOW)

    assert in_transaction(sessions, work) == {"digests": 1, "nothing_open": 1}


def read(text):
    message = email.message_from_string(text, policy=policy.default)
    return message, message.get_content()


def test_the_digest_of_the_day_is_sent_in_chinese_and_english(sessions, chens_digest):
    with mailbox() as box:
        assert send(sessions, f"smtp://127.0.0.1:{box.port}")["delivered"] == 1
        assert send(sessions, f"smtp://127.0.0.1:{box.port}")["delivered"] == 0
        message, body = read(box.messages[0])
        assert (message["From"], message["To"]) == ("gridwork@example.com", "chen@example.com")
        assert message["Subject"] == "Gridwork 2026-10-12: 2 项待处理 / open: Grid G11"
        assert body.count("G11 Ana：已开始但停滞的工单 7 张，最早自 2026-10-01") == 2
        assert body.count("G11 Ana: 7 work orders begun and not moved on, the oldest since 2026-10-01") == 2
        (delivery,) = deliveries(sessions)
        assert message["Message-ID"] == f"<evt_{delivery.event_id.hex}@example.com>"


def test_a_day_has_one_digest_for_each_person(sessions, chens_digest):
    again = in_transaction(sessions, lambda s: make_digests(s, quiet=QUIET, now=NOW + timedelta(hours=1)))
    assert again["digests"] == 0
    tomorrow = in_transaction(sessions, lambda s: make_digests(s, quiet=QUIET, now=NOW + timedelta(days=1)))
    assert tomorrow["digests"] == 1
    assert len(in_transaction(sessions, lambda s: s.scalars(select(Digest)).all())) == 2


def test_nothing_is_sent_in_quiet_hours_nor_tried_again_in_them(sessions):
    def work(session):
        set_mail_address(session, staff_no="CHEN", address="chen@example.com", now=NOW)
        unit = make.grid(session, "G11").id
        put_notices(session, [Told("x", unit, Role.GRID_MANAGER, "a", {})], now=NOW)
        late = datetime(2026, 10, 12, 15, 0, tzinfo=UTC)  # eleven at night in Shanghai
        return make_digests(session, quiet=QUIET, now=late)

    in_transaction(sessions, work)
    with mailbox() as box:
        mail = f"smtp://127.0.0.1:{box.port}"
        assert send(sessions, mail, after=timedelta(hours=13, minutes=10))["delivered"] == 0
        box.answer = "451 later"
        assert send(sessions, mail, after=timedelta(hours=22, minutes=1))["failed"] == 1  # eight in the morning
        for hours in (23, 24, 27):  # until the next wait, of two hours, ... ends at night
            send(sessions, mail, after=timedelta(hours=hours))
        send(sessions, mail, after=timedelta(hours=33))
        (delivery,) = deliveries(sessions)
        assert 8 <= delivery.next_attempt_at.astimezone(QUIET.zone).hour < 21


def test_without_a_mail_server_nothing_is_claimed(sessions, chens_digest):
    assert send(sessions, "") == {"delivered": 0, "failed": 0, "dead": 0}
    assert [d.claim for d in deliveries(sessions)] == [None]


def test_into_a_folder_a_mail_is_one_file_however_often_it_is_written(sessions, chens_digest, tmp_path):
    assert send(sessions, f"file:{tmp_path}/mail")["delivered"] == 1
    (file,) = (tmp_path / "mail").glob("*.eml")
    assert "chen@example.com" in file.read_text(encoding="utf-8")


def test_what_a_server_refuses_is_tried_again_and_can_be_replayed(sessions, chens_digest):
    with mailbox() as box:
        box.answer = "550 no"
        assert send(sessions, f"smtp://127.0.0.1:{box.port}")["failed"] == 1
        (delivery,) = deliveries(sessions)
        assert (delivery.last_status, delivery.last_error) == (550, "answered 550")
        with pytest.raises(letters.NotDead):
            in_transaction(sessions, lambda s: letters.replay_delivery(s, delivery_id=delivery.id, now=NOW))


def test_a_server_elsewhere_without_starttls_gets_neither_password_nor_mail(monkeypatch):
    """By name it is no loopback address, whatever it resolves to."""
    letter = Letter(1, None, 0, "evt_1", "chen@example.com", "subject", "body")
    with mailbox() as box:
        answer = send_letters([letter], mail=f"smtp://me:word@localhost:{box.port}", sender="gridwork@example.com")[1]
        assert answer.error == "not sent: NoEncryption"
        assert not {"AUTH", "MAIL", "DATA"} & set(box.commands)


def test_who_has_no_address_any_more_gets_no_mail(sessions, chens_digest):
    in_transaction(sessions, lambda s: set_mail_address(s, staff_no="CHEN", address=None, now=NOW))
    with mailbox() as box:
        assert send(sessions, f"smtp://127.0.0.1:{box.port}")["failed"] == 1
        assert box.messages == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "chen",
        "chen@",
        "@example.com",
        "a@b",
        "a b@example.com",
        "a@example.com\nBcc: x@example.com",
        "a@example.com,b@example.com",
    ],
)
def test_what_is_no_single_address_is_refused(session, address):
    assert not is_address(address)
    with pytest.raises(Invalid, match="address: expected"):
        set_mail_address(session, staff_no="CHEN", address=address, now=NOW)


def test_nobody_unknown_gets_mail(session):
    with pytest.raises(Invalid, match="staff_no: expected"):
        set_mail_address(session, staff_no="NOBODY", address="a@example.com", now=NOW)
