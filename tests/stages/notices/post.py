"""Webhooks under test: endpoints, events, and rounds of sending at any time."""

from datetime import timedelta

from sqlalchemy import select

from app.core import clock
from app.jobs import outgoing
from app.jobs.runner import in_transaction
from app.jobs.steps import run_in_steps
from app.models.notice import OutboxDelivery, WebhookEndpoint
from app.notices.endpoints import add_endpoint
from app.notices.outbox import put_event
from app.notices.sealing import Seal
from app.notices.sending import Sender
from tests.factories import NOW

SEAL = Seal("c2VhbC1vZi10aGUtdGVzdHMtMDEyMzQ1Njc4OWFiY2Q=")
LOOPBACK = Sender(loopback=True, try_seconds=3.0)


def add(sessions, name, url, kinds=()):
    """The key of a new webhook to a receiver on this machine."""
    return in_transaction(
        sessions, lambda s: add_endpoint(s, name=name, url=url, seal=SEAL, kinds=kinds, loopback=True, now=NOW)
    ).secret


def put(sessions, count=1, kind="campaign.status_changed", now=NOW):
    """Webhook-ids of new events."""

    def work(session):
        return [put_event(session, kind=kind, payload={"campaign_code": f"K{n}"}, now=now) for n in range(count)]

    return [f"evt_{event_id.hex}" for event_id in in_transaction(sessions, work)]


def send(sessions, *, after=timedelta(0), apart=False, sender=LOOPBACK, token=None):
    """One round of sending at NOW + `after`; its counts."""
    with clock.shifted_to(NOW + after):
        return run_in_steps(sessions, "send-webhooks", outgoing.webhooks(sender, seal=SEAL, apart=apart), fencing_token=token)


def deliveries(sessions):
    """All of them, by id."""
    return in_transaction(sessions, lambda s: list(s.scalars(select(OutboxDelivery).order_by(OutboxDelivery.id))))


def endpoint(sessions, name):
    """The webhook as it is now."""
    return in_transaction(sessions, lambda s: s.scalars(select(WebhookEndpoint).filter_by(name=name)).one())
