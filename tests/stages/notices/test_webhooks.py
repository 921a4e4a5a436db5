"""Events go out signed, with their retries, to who wants them; who does not answer delays nobody else."""

import json
import time
from base64 import b64decode
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, text, update

from app.core.db import set_scope
from app.core.errors import Conflict, Invalid, NotFound
from app.jobs.runner import in_transaction
from app.models.notice import OutboxEvent, WebhookSecret
from app.models.operations import JobRun
from app.notices import endpoints, letters
from app.notices.outbox import put_event
from app.notices.retry import WAITS
from app.notices.sealing import Seal, WrongSealKey
from app.notices.sending import Sender
from tests.factories import NOW
from tests.receivers import is_signed, receiving
from tests.stages.notices.post import LOOPBACK, SEAL, add, deliveries, endpoint, put, send


def test_an_event_reaches_who_wants_its_kind_signed_and_thin(sessions):
    with receiving() as all_kinds, receiving() as campaigns, receiving() as months:
        keys = {
            id(all_kinds): add(sessions, "all", all_kinds.url),
            id(campaigns): add(sessions, "campaigns", campaigns.url, ["campaign.status_changed"]),
        }
        add(sessions, "months", months.url, ["month.closed"])
        (event_id,) = put(sessions)
        assert send(sessions) == {"delivered": 2, "failed": 0, "dead": 0}
        assert send(sessions) == {"delivered": 0, "failed": 0, "dead": 0}
        assert months.got == []
        for receiver in (all_kinds, campaigns):
            ((headers, body, _),) = receiver.got
            assert headers["webhook-id"] == event_id
            assert is_signed(headers, body, keys[id(receiver)])
            assert json.loads(body) == {
                "type": "campaign.status_changed",
                "timestamp": NOW.isoformat(),
                "data": {"campaign_code": "K0"},
            }
            assert len(body) < 20_000
            assert headers["host"] == receiver.url.split("/")[2]
            assert abs(int(headers["webhook-timestamp"]) - NOW.timestamp()) < 60


def test_an_event_is_sent_if_and_only_if_its_transaction_is_committed(sessions):
    with receiving() as receiver:
        add(sessions, "one", receiver.url)
        with sessions() as session:
            set_scope(session, scope="all")
            put_event(session, kind="campaign.status_changed", payload={"campaign_code": "never"}, now=NOW)
            session.flush()
            assert send(sessions)["delivered"] == 0
            session.rollback()
        assert send(sessions)["delivered"] == 0
        put(sessions)
        assert send(sessions)["delivered"] == 1


def test_whoever_may_do_something_may_tell_of_it_and_read_nothing_of_the_outbox(sessions):
    with receiving() as receiver:
        add(sessions, "one", receiver.url)
        with sessions() as session:
            set_scope(session, scope="own", grid_ids=[1], staff_id=1)
            put_event(session, kind="campaign.status_changed", payload={"campaign_code": "K"}, now=NOW)
            for table in ("outbox_events", "outbox_deliveries", "webhook_secrets"):
                assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
            session.commit()
        assert send(sessions)["delivered"] == 1


def test_what_is_not_answered_is_tried_ten_times_over_75_hours_and_then_dead(sessions):
    with receiving() as receiver:
        add(sessions, "down", receiver.url)
        (event_id,) = put(sessions)
        receiver.answer = 503
        assert send(sessions) == {"delivered": 0, "failed": 1, "dead": 0}
        at = timedelta(0)
        for number, wait in enumerate(WAITS, start=2):
            assert send(sessions, after=at + wait - timedelta(seconds=1), apart=True)["failed"] == 0  # not before its time
            at += wait + timedelta(seconds=1)  # the clock of a round goes on a little
            counts = send(sessions, after=at, apart=True)
            assert counts == {"delivered": 0, "failed": int(number < 10), "dead": int(number == 10)}
        assert receiver.ids == [event_id] * 10
        (delivery,) = deliveries(sessions)
        assert (delivery.state, delivery.attempts, delivery.last_status) == ("dead", 10, 503)
        assert timedelta(hours=75, minutes=35) <= delivery.finished_at - NOW < timedelta(hours=75, minutes=36)
        assert send(sessions, after=at + timedelta(days=3), apart=True) == {"delivered": 0, "failed": 0, "dead": 0}


def test_each_try_is_signed_anew_and_what_is_answered_at_last_is_delivered(sessions):
    with receiving() as receiver:
        key = add(sessions, "shaky", receiver.url)
        put(sessions)
        receiver.answer = lambda number: 500 if number < 2 else 200
        send(sessions)
        send(sessions, after=timedelta(seconds=6), apart=True)
        assert send(sessions, after=timedelta(minutes=6), apart=True)["delivered"] == 1
        times = [int(headers["webhook-timestamp"]) for headers, _, _ in receiver.got]
        assert times == sorted(set(times))
        assert all(is_signed(headers, body, key) for headers, body, _ in receiver.got)
        assert endpoint(sessions, "shaky").apart_since is None


def test_410_disables_the_webhook_and_what_waits_for_it_is_dead(sessions):
    with receiving() as gone, receiving() as other:
        add(sessions, "gone", gone.url)
        add(sessions, "other", other.url)
        put(sessions, 3)
        gone.answer = 410
        counts = send(sessions)
        assert counts["delivered"] == 3
        assert len(gone.got) == 1
        assert endpoint(sessions, "gone").disabled_at is not None
        put(sessions)
        send(sessions)
        assert (len(gone.got), len(other.got)) == (1, 4)
        assert [d.state.value for d in deliveries(sessions)].count("dead") == 3


def test_what_was_put_while_its_webhook_was_being_disabled_does_not_wait_for_ever(sessions):
    with receiving() as receiver:
        add(sessions, "one", receiver.url)
        with sessions() as late:
            set_scope(late, scope="all")
            put_event(late, kind="campaign.status_changed", payload={"campaign_code": "K"}, now=NOW)
            in_transaction(sessions, lambda s: endpoints.disable_endpoint(s, name="one", now=NOW))
            late.commit()
        send(sessions, apart=True)
        assert [d.state.value for d in deliveries(sessions)] == ["dead"]


def test_keys_are_rotated_without_a_gap(sessions):
    with receiving() as receiver:
        old = add(sessions, "one", receiver.url)
        rotated = in_transaction(sessions, lambda s: endpoints.rotate_secret(s, name="one", seal=SEAL, now=NOW))
        put(sessions)
        send(sessions, after=timedelta(hours=1))
        put(sessions)
        send(sessions, after=timedelta(hours=25))
        (during, body, _), (afterwards, later_body, _) = receiver.got
        assert is_signed(during, body, old)
        assert is_signed(during, body, rotated.secret)
        assert not is_signed(afterwards, later_body, old)
        assert is_signed(afterwards, later_body, rotated.secret)


def stored(sessions):
    return in_transaction(sessions, lambda s: list(s.scalars(select(WebhookSecret.secret).order_by(WebhookSecret.id))))


def test_keys_are_stored_encrypted_and_sealed_again_by_a_newer_key_without_a_gap(sessions):
    newer, older = Fernet.generate_key().decode(), "c2VhbC1vZi10aGUtdGVzdHMtMDEyMzQ1Njc4OWFiY2Q="
    with receiving() as receiver:
        key = add(sessions, "one", receiver.url)
        secret = b64decode(key.removeprefix("whsec_"))
        assert secret not in stored(sessions)[0]
        sealed = in_transaction(sessions, lambda s: endpoints.seal_again(s, seal=Seal(f"{newer},{older}")))
        assert sealed == {"sealed": 1}
        assert Seal(newer).open(stored(sessions)[0]) == secret
        put(sessions)
        with pytest.raises(WrongSealKey):
            send(sessions)  # by the older key alone
        in_transaction(sessions, lambda s: endpoints.seal_again(s, seal=Seal(f"{older},{newer}")))
        assert send(sessions)["delivered"] == 1
        assert is_signed(receiver.got[0][0], receiver.got[0][1], key)


def test_what_a_release_before_stored_in_the_clear_signs_until_it_is_sealed(sessions):
    with receiving() as receiver:
        key = add(sessions, "one", receiver.url)
        clear = update(WebhookSecret).values(secret=b64decode(key.removeprefix("whsec_")))
        in_transaction(sessions, lambda s: s.execute(clear))
        put(sessions)
        send(sessions)
        assert is_signed(receiver.got[0][0], receiver.got[0][1], key)
        for count in (1, 0):
            assert in_transaction(sessions, lambda s: endpoints.seal_again(s, seal=SEAL, only_clear=True)) == {"sealed": count}
        assert SEAL.open(stored(sessions)[0]) == b64decode(key.removeprefix("whsec_"))


def test_a_key_is_shown_once_and_seen_by_the_company_alone(sessions):
    with sessions() as session:
        set_scope(session, scope="all")
        endpoints.add_endpoint(session, seal=SEAL, name="one", url="https://example.com/", now=NOW)
        assert session.scalar(select(WebhookSecret.id)) is not None
        set_scope(session, scope="grids", grid_ids=[1, 2, 3])
        assert session.scalar(select(WebhookSecret.id)) is None


def test_a_webhook_that_never_answers_delays_the_others_once(sessions):
    """The first time, its round lasts as long as a try may; from then on it is served apart."""
    with receiving() as poison, receiving() as good:
        add(sessions, "poison", poison.url)
        add(sessions, "good", good.url)
        poison.wait = 30.0
        put(sessions, 5)
        impatient = Sender(loopback=True, try_seconds=1.0)
        assert send(sessions, sender=impatient) == {"delivered": 5, "failed": 1, "dead": 0}
        assert endpoint(sessions, "poison").apart_since is not None
        put(sessions, 5)
        before = time.monotonic()
        assert send(sessions, after=timedelta(minutes=1), sender=impatient) == {"delivered": 5, "failed": 0, "dead": 0}
        assert time.monotonic() - before < 1.0
        assert len(poison.got) == 1


def test_an_event_that_a_receiver_cannot_read_does_not_stop_the_next(sessions):
    with receiving() as receiver:
        add(sessions, "picky", receiver.url)
        put(sessions, 3)
        receiver.answer = lambda number: 422 if number == 0 else 200
        assert send(sessions) == {"delivered": 2, "failed": 1, "dead": 0}
        assert endpoint(sessions, "picky").apart_since is None


def test_after_a_failure_of_the_endpoint_its_others_wait_for_the_next_round_and_cost_no_try(sessions):
    with receiving() as receiver:
        add(sessions, "down", receiver.url)
        put(sessions, 3)
        receiver.answer = 500
        assert send(sessions)["failed"] == 1
        assert [d.attempts for d in deliveries(sessions)] == [1, 0, 0]
        assert all(d.claim is None for d in deliveries(sessions))
        receiver.answer = 200
        assert send(sessions, after=timedelta(seconds=1), apart=True)["delivered"] == 2


def test_a_redirect_is_not_followed(sessions):
    with receiving() as elsewhere, receiving() as receiver:
        add(sessions, "moved", receiver.url)
        put(sessions)
        receiver.answer, receiver.headers = 307, {"location": elsewhere.url}
        assert send(sessions)["failed"] == 1
        assert (len(receiver.got), elsewhere.got) == (1, [])


def test_a_dead_delivery_is_replayed_by_hand_exactly_once(sessions):
    with receiving() as receiver:
        add(sessions, "one", receiver.url)
        (event_id,) = put(sessions)
        in_transaction(sessions, lambda s: endpoints.disable_endpoint(s, name="one", now=NOW))
        (dead,) = deliveries(sessions)

        def replay(session):
            return letters.replay_delivery(session, delivery_id=dead.id, now=NOW)

        with pytest.raises(endpoints.EndpointDisabled):
            in_transaction(sessions, replay)
        in_transaction(sessions, lambda s: endpoints.enable_endpoint(s, name="one", now=NOW))
        in_transaction(sessions, replay)
        with pytest.raises(letters.NotDead):
            in_transaction(sessions, replay)
        assert send(sessions)["delivered"] == 1
        assert receiver.ids == [event_id]
        with pytest.raises(letters.NotDead):
            in_transaction(sessions, replay)
        assert send(sessions)["delivered"] == 0


def test_all_dead_deliveries_of_a_webhook_are_replayed_together(sessions):
    with receiving() as receiver:
        add(sessions, "one", receiver.url)
        ids = put(sessions, 3)
        in_transaction(sessions, lambda s: endpoints.disable_endpoint(s, name="one", now=NOW))
        in_transaction(sessions, lambda s: endpoints.enable_endpoint(s, name="one", now=NOW))
        assert in_transaction(sessions, lambda s: letters.replay_endpoint(s, name="one", now=NOW)) == 3
        assert in_transaction(sessions, lambda s: letters.replay_endpoint(s, name="one", now=NOW)) == 0
        assert send(sessions)["delivered"] == 3
        assert sorted(receiver.ids) == sorted(ids)


def test_old_events_are_forgotten_but_none_that_is_under_way(sessions):
    with receiving() as receiver:
        add(sessions, "one", receiver.url)
        put(sessions)
        send(sessions)
        receiver.answer = 500
        put(sessions)
        send(sessions)
        (_, waiting) = deliveries(sessions)
        gone = in_transaction(sessions, lambda s: letters.purge_outbox(s, now=NOW + timedelta(days=31)))
        assert gone == 1
        assert [d.id for d in deliveries(sessions)] == [waiting.id]
        left = in_transaction(sessions, lambda s: s.scalars(select(OutboxEvent.id)).all())
        assert left == [waiting.event_id]


def test_of_rounds_that_find_nothing_the_newest_is_kept_and_each_that_does_has_its_counts(sessions):
    with receiving() as receiver:
        add(sessions, "one", receiver.url)
        for _ in range(3):
            send(sessions)
        put(sessions)
        send(sessions)
        send(sessions)
        runs = in_transaction(sessions, lambda s: s.scalars(select(JobRun).order_by(JobRun.id)).all())
        nothing = {"delivered": 0, "failed": 0, "dead": 0}
        assert [(run.outcome.value, run.counts) for run in runs] == [("done", {**nothing, "delivered": 1}), ("done", nothing)]


def test_a_wrong_webhook_is_refused_with_its_field(session):
    with pytest.raises(Invalid, match="kinds: expected of"):
        endpoints.add_endpoint(session, seal=SEAL, name="one", url="https://example.com/", kinds=["digest.daily"], now=NOW)
    with pytest.raises(Invalid, match="url: expected"):
        endpoints.add_endpoint(session, seal=SEAL, name="one", url="https://10.0.0.1/", now=NOW)
    endpoints.add_endpoint(session, seal=SEAL, name="one", url="https://example.com/", now=NOW)
    with pytest.raises(Conflict, match="there is a webhook one"):
        endpoints.add_endpoint(session, seal=SEAL, name="one", url="https://example.com/", now=NOW)
    with pytest.raises(NotFound):
        endpoints.rotate_secret(session, name="two", seal=SEAL, now=NOW)
    with pytest.raises(NotFound):
        letters.replay_delivery(session, delivery_id=1, now=NOW)


def test_a_test_event_goes_to_its_webhook_alone_whatever_kinds_it_wants(sessions):
    with receiving() as one, receiving() as other:
        add(sessions, "one", one.url, ["month.closed"])
        add(sessions, "other", other.url)
        in_transaction(sessions, lambda s: endpoints.try_endpoint(s, name="one", now=NOW))
        assert send(sessions, sender=LOOPBACK)["delivered"] == 1
        assert json.loads(one.got[0][1])["type"] == "webhook.test"
        assert other.got == []
