"""What was not delivered: sent once more by hand; and old events, forgotten."""

from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.models.notice import DeliveryState, OutboxDelivery, OutboxEvent
from app.notices import queries
from app.notices.endpoints import EndpointDisabled

KEPT = timedelta(days=30)
KEPT_DEAD = timedelta(days=365)


class NotDead(Conflict):
    """This delivery is not dead: it is under way or was delivered."""

    code = "delivery.not_dead"


def replay_delivery(session: Session, *, delivery_id: int, now: datetime) -> OutboxDelivery:
    """Send a dead delivery once more, with its id as before and all its tries. Of two who ask, one gets NotDead.

    Raises UnknownDelivery, NotDead, EndpointDisabled.
    """
    delivery = queries.lock_delivery(session, delivery_id)
    if delivery.state is not DeliveryState.DEAD:
        raise NotDead(f"The delivery {delivery_id} is {delivery.state}: only a dead one can be replayed.")
    if delivery.endpoint_id is not None and queries.is_disabled(session, delivery.endpoint_id):
        raise EndpointDisabled
    delivery.state, delivery.attempts, delivery.next_attempt_at = DeliveryState.PENDING, 0, now
    delivery.finished_at, delivery.replayed_at = None, now
    session.flush()
    return delivery


def replay_endpoint(session: Session, *, name: str, now: datetime) -> int:
    """Send every dead delivery of a webhook once more; how many. Raises UnknownEndpoint, EndpointDisabled."""
    endpoint = queries.lock_endpoint(session, name)
    if endpoint.disabled_at is not None:
        raise EndpointDisabled
    replayed = session.scalars(
        update(OutboxDelivery)
        .where(OutboxDelivery.endpoint_id == endpoint.id, OutboxDelivery.state == DeliveryState.DEAD)
        .values(state=DeliveryState.PENDING, attempts=0, next_attempt_at=now, finished_at=None, replayed_at=now)
        .returning(OutboxDelivery.id)
    )
    return len(replayed.all())


def purge_outbox(session: Session, *, now: datetime) -> int:
    """Forget events after 30 days, with a dead delivery after a year, with one under way never. Returns how many."""
    kept = queries.events_kept(pending_or_dead_after=now - KEPT_DEAD)
    gone = session.scalars(
        delete(OutboxEvent).where(OutboxEvent.happened_at < now - KEPT, ~OutboxEvent.id.in_(kept)).returning(OutboxEvent.id)
    )
    return len(gone.all())
