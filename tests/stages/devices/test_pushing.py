"""New work is pushed to phones: encrypted for each alone, once for all that is new, never in quiet hours."""

import json
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.db import set_scope
from app.core.push_keys import public_push_key, push_key
from app.devices.hours import set_quiet_hours
from app.jobs.process import outgoing_of
from app.jobs.runner import in_transaction, run_job
from app.jobs.schedule import timetable
from app.jobs.steps import run_in_steps
from app.models.device import Device
from app.models.notice import OutboxDelivery
from app.models.work_order import WorkOrder, WorkOrderEvent
from app.notices.sending import Sender
from app.settings import Settings
from tests.browsers import claims_of
from tests.factories import NOW, customer, make_campaign, make_work_order
from tests.phones import principal_of
from tests.receivers import receiving
from tests.stages.devices.phones_pushed import APART, PUBLIC, SIGN, push, quiet, subscribe, tell

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOTHING = {"people": 0, "orders": 0}


def give(sessions, *numbers, manager="ana", at=NOW, **overrides):
    """Work orders of these customers, dispatched then."""

    def work(session):
        campaign = make_campaign(session)
        for number in numbers:
            make_work_order(session, campaign=campaign, customer_no=number, manager=manager, dispatched_at=at, **overrides)

    in_transaction(sessions, work)


def happened(session, customer_no, event, at, *, actor=None):
    order = session.query(WorkOrder).filter_by(customer_id=customer(session, customer_no).id).one()
    said = {"from_state": "planned", "to_state": "open", "from_staff_id": order.staff_id, "to_staff_id": order.staff_id}
    session.add(WorkOrderEvent(work_order_id=order.id, happened_at=at, event=event, actor_account_id=actor, **said))


def pending(sessions):
    return in_transaction(sessions, lambda session: session.query(OutboxDelivery).filter_by(state="pending").all())


def subscribed(sessions):
    return in_transaction(sessions, lambda session: [row.device_id for row in session.query(Device) if row.push_endpoint])


def test_all_that_is_new_is_one_message_that_only_its_phone_can_read(sessions):
    with receiving("/send/secret") as service, receiving("/other") as other:
        browser, second = subscribe(sessions, service.url), subscribe(sessions, other.url, device_id="phone-2")
        give(sessions, "C01", "C02", "C04")
        assert tell(sessions) == {"people": 1, "orders": 3}
        assert push(sessions) == {"delivered": 2, "failed": 0, "gone": 0, "forgotten": 0}
        ((headers, body, _),) = service.got
        assert browser.read(body) == {"type": "work.new", "timestamp": NOW.isoformat(), "data": {"orders": 3}}
        assert second.read(other.got[0][1])["data"] == {"orders": 3}
        with pytest.raises(InvalidTag):
            second.read(body)
        assert (headers["content-encoding"], headers["topic"]) == ("aes128gcm", "work")
        assert 0 < int(headers["ttl"]) <= 12 * 3600
        claims = claims_of(headers["authorization"], PUBLIC)
        assert (claims["aud"], claims["sub"]) == (service.url.removesuffix("/send/secret"), SIGN.contact)
        assert 0 < claims["exp"] - NOW.timestamp() <= 24 * 3600
        assert push(sessions)["delivered"] == 0


def test_nothing_of_a_customer_is_in_what_is_pushed_or_kept_of_it(sessions):
    with receiving() as service:
        browser = subscribe(sessions, service.url)
        give(sessions, "C01")
        tell(sessions)
        push(sessions)
        kept = in_transaction(sessions, lambda session: session.scalars(text("SELECT payload::text FROM outbox_events")).all())
        for said in (json.dumps(browser.read(service.got[0][1])), *kept):
            assert not any(word in said for word in ("C01", "Customer", "139", "Example", "ANA", "Ana"))


def test_what_was_told_is_not_told_again_and_what_comes_later_waits_its_time(sessions):
    with receiving() as service:
        browser = subscribe(sessions, service.url)
        give(sessions, "C01")
        assert tell(sessions) == {"people": 1, "orders": 1}
        assert tell(sessions, after=2 * APART) == NOTHING  # one is on its way
        push(sessions)
        assert tell(sessions, after=2 * APART) == NOTHING
        give(sessions, "C02", "C04", at=NOW + MINUTE)
        assert tell(sessions, after=2 * MINUTE) == NOTHING
        assert tell(sessions, after=APART) == {"people": 1, "orders": 2}
        push(sessions, after=APART)
        assert [browser.read(body)["data"]["orders"] for _, body, _ in service.got] == [1, 2]


def test_the_first_message_is_about_what_came_since_the_phone_subscribed(sessions):
    with receiving() as service:
        give(sessions, "C01", at=NOW - timedelta(days=3))
        subscribe(sessions, service.url)
        assert tell(sessions) == NOTHING


def test_planned_pooled_and_others_work_is_no_news_and_nor_is_what_one_took_oneself(sessions):
    with receiving() as service:
        subscribe(sessions, service.url)
        give(sessions, "C01", state="planned", scheduled_on=NOW.date() + timedelta(days=1))
        give(sessions, "C02", pooled_at=NOW)
        give(sessions, "C03", manager="bo")
        give(sessions, "C04", at=NOW - timedelta(days=5))

        def take(session):
            happened(session, "C04", "released", NOW, actor=principal_of(session, "ana").account_id)

        in_transaction(sessions, take)
        assert tell(sessions) == NOTHING


def test_work_that_the_morning_brought_and_that_a_manager_moved_is_new(sessions):
    with receiving() as service:
        subscribe(sessions, service.url)
        give(sessions, "C01", "C02", at=NOW - timedelta(days=5))

        def happen(session):
            happened(session, "C01", "released", NOW - MINUTE)
            happened(session, "C02", "reassigned", NOW - MINUTE)

        in_transaction(sessions, happen)
        assert tell(sessions) == {"people": 1, "orders": 2}


def test_what_a_phone_has_synced_is_not_pushed(sessions):
    with receiving() as service:
        subscribe(sessions, service.url)
        give(sessions, "C01", at=NOW - HOUR)
        in_transaction(sessions, lambda session: session.execute(text("UPDATE devices SET last_sync_at = :now"), {"now": NOW}))
        assert tell(sessions) == NOTHING


def test_work_that_was_not_committed_when_its_person_was_told_is_told_later(sessions):
    """A dispatch says when it began; whoever was told meanwhile did not hear of it."""
    with receiving() as service, sessions() as slow:
        subscribe(sessions, service.url)
        set_scope(slow, scope="all")
        make_work_order(slow, customer_no="C01", dispatched_at=NOW - MINUTE)
        slow.flush()
        give(sessions, "C02", at=NOW)
        assert tell(sessions) == {"people": 1, "orders": 1}
        push(sessions)
        slow.commit()
        assert tell(sessions, after=APART) == {"people": 1, "orders": 1}


def test_in_quiet_hours_nothing_is_pushed_and_afterwards_all_of_it_at_once(sessions):
    evening = timedelta(hours=11, minutes=30)  # 21:30
    morning = timedelta(hours=22)  # 8:00 of the next day
    with receiving() as service:
        browser = subscribe(sessions, service.url)
        give(sessions, "C01", at=NOW + evening)
        assert tell(sessions, after=evening + MINUTE) == NOTHING
        give(sessions, "C02", at=NOW + evening + HOUR)
        assert tell(sessions, after=morning) == {"people": 1, "orders": 2}
        push(sessions, after=morning)
        assert browser.read(service.got[0][1])["data"] == {"orders": 2}


def test_a_message_that_is_late_waits_for_the_end_of_quiet_hours_too(sessions):
    before, within = timedelta(hours=10, minutes=59), timedelta(hours=11, minutes=1)  # 20:59, 21:01
    with receiving() as service:
        subscribe(sessions, service.url)
        give(sessions, "C01", at=NOW + before)
        tell(sessions, after=before)
        assert push(sessions, after=within) == {"delivered": 0, "failed": 0, "dead": 0}
        assert service.got == []
        assert push(sessions, after=timedelta(hours=22, minutes=1))["delivered"] == 1


def test_a_failed_try_is_not_repeated_in_quiet_hours(sessions):
    before = timedelta(hours=10, minutes=59, seconds=56)
    with receiving() as service:
        subscribe(sessions, service.url)
        give(sessions, "C01", at=NOW + before)
        tell(sessions, after=before)
        service.answer = 503
        assert push(sessions, after=before)["failed"] == 1
        (waiting,) = pending(sessions)
        assert waiting.next_attempt_at == NOW + timedelta(hours=22)


def test_a_persons_own_quiet_hours_hold_beside_those_of_everybody(sessions):
    with receiving() as service:
        subscribe(sessions, service.url)
        subscribe(sessions, service.url, manager="bo", device_id="bos")
        in_transaction(
            sessions,
            lambda s: set_quiet_hours(s, principal=principal_of(s, "ana"), quiet_hours="9-12", policy=quiet(), now=NOW),
        )
        give(sessions, "C01")
        give(sessions, "C03", manager="bo")
        assert tell(sessions) == {"people": 1, "orders": 1}
        assert tell(sessions, after=2 * HOUR) == {"people": 1, "orders": 1}


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_removed_and_its_message_forgotten(sessions, status):
    with receiving() as gone, receiving() as well:
        subscribe(sessions, gone.url)
        subscribe(sessions, well.url, device_id="phone-2")
        give(sessions, "C01")
        tell(sessions)
        gone.answer = status
        assert push(sessions) == {"delivered": 1, "failed": 0, "gone": 1, "forgotten": 0}
        assert subscribed(sessions) == ["phone-2"]
        assert pending(sessions) == []


def test_a_phone_that_subscribed_anew_meanwhile_keeps_its_new_subscription(sessions):
    with receiving() as gone:
        subscribe(sessions, gone.url)
        give(sessions, "C01")
        tell(sessions)

        def renew(_):
            statement = "UPDATE devices SET push_endpoint = 'https://push.example/new'"
            in_transaction(sessions, lambda session: session.execute(text(statement)))
            return 410

        gone.answer = renew
        push(sessions)
        assert subscribed(sessions) == ["phone-1"]


def test_what_fails_is_tried_again_and_forgotten_when_it_is_no_news_any_more(sessions):
    with receiving() as service:
        browser = subscribe(sessions, service.url)
        give(sessions, "C01")
        tell(sessions)
        service.answer = 500
        assert push(sessions)["failed"] == 1
        assert push(sessions, after=timedelta(seconds=3)) == {"delivered": 0, "failed": 0, "dead": 0}
        assert push(sessions, after=timedelta(seconds=7))["failed"] == 1
        service.answer = 201
        assert push(sessions, after=6 * MINUTE)["delivered"] == 1
        assert browser.read(service.got[-1][1])["data"] == {"orders": 1}
        give(sessions, "C02", at=NOW + HOUR)
        tell(sessions, after=HOUR)
        service.answer = 500
        for after in (HOUR, HOUR + 10 * MINUTE, 2 * HOUR):
            push(sessions, after=after)
        assert len(pending(sessions)) == 1
        assert push(sessions, after=timedelta(hours=23))["delivered"] == 0
        assert pending(sessions) == []


def test_no_inner_address_is_called_whatever_a_name_turns_into(sessions):
    async def turned(host, port):
        return ["10.1.2.3"]

    async def to_loopback(host, port):
        return ["127.0.0.1"]

    with receiving() as service:
        subscribe(sessions, f"https://push.example:{service.url.split(':')[2].split('/')[0]}/x", loopback=False)
        give(sessions, "C01")
        tell(sessions)
        for resolve, said, after in ((turned, "private", 0), (to_loopback, "loopback", 7)):
            counts = push(sessions, sender=Sender(resolve=resolve, try_seconds=3.0), after=timedelta(seconds=after))
            assert counts["failed"] == 1
            assert said in pending(sessions)[0].last_error
        assert service.got == []


def test_a_slow_push_service_keeps_nobody_else_waiting(sessions):
    with receiving() as slow, receiving() as well:
        slow.wait = 1.5
        subscribe(sessions, slow.url)
        subscribe(sessions, well.url, manager="bo", device_id="bos")
        give(sessions, "C01")
        give(sessions, "C03", manager="bo")
        tell(sessions)
        counts = push(sessions, sender=Sender(loopback=True, try_seconds=0.7))
        assert (counts["delivered"], counts["failed"], len(well.got)) == (1, 1, 1)


def test_a_phone_has_one_message_on_its_way_at_the_most(sessions):
    """The database itself holds it, whoever puts a second one."""
    with receiving() as service:
        subscribe(sessions, service.url)
        give(sessions, "C01")
        tell(sessions)
        columns = "event_id, channel, device_number, state, next_attempt_at"
        again = f"INSERT INTO outbox_deliveries ({columns}) SELECT {columns} FROM outbox_deliveries"
        with pytest.raises(IntegrityError, match="uq_outbox_deliveries_device_pending"):
            in_transaction(sessions, lambda session: session.execute(text(again)))


def test_who_left_or_may_not_log_in_is_not_pushed_to(sessions):
    with receiving() as service:
        subscribe(sessions, service.url)
        subscribe(sessions, service.url, manager="bo", device_id="bos")
        give(sessions, "C01")
        give(sessions, "C03", manager="bo")

        def leave(session):
            session.execute(text("UPDATE staff SET active_to = '2026-10-11' WHERE staff_no = 'ANA'"))
            session.execute(text("UPDATE accounts SET disabled_at = now() WHERE login = 'bo'"))

        in_transaction(sessions, leave)
        assert tell(sessions) == NOTHING


def test_without_a_key_nothing_is_taken(sessions):
    with receiving() as service:
        subscribe(sessions, service.url)
        give(sessions, "C01")
        tell(sessions)
        assert push(sessions, sign=None) == {"delivered": 0, "failed": 0, "dead": 0}
        assert len(pending(sessions)) == 1


def test_the_timetable_tells_and_sends_with_the_key_of_the_installation(sessions, tmp_path):
    settings = Settings(home=tmp_path / "home", webhook_loopback=True, mail_from="gridwork@example.com")
    rows = {row.name: row for row in timetable(settings.zone, "s" * 40, out=outgoing_of(settings))}
    with receiving() as service, clock.shifted_to(NOW):
        browser = subscribe(sessions, service.url)
        give(sessions, "C01")
        assert run_job(sessions, "tell-phones", rows["tell-phones"].work) == {"people": 1, "orders": 1}
        assert run_in_steps(sessions, "send-pushes", rows["send-pushes"].work)["delivered"] == 1
        ((headers, body, _),) = service.got
        assert browser.read(body)["data"] == {"orders": 1}
        public = public_push_key(push_key("", settings.home))
        assert claims_of(headers["authorization"], public)["sub"] == "mailto:gridwork@example.com"
