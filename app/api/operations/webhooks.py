"""Other systems that are told: webhooks, their keys, and what is on its way to them."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from app.api.deps import Admin, Now, SealDep, SecretDep, SessionDep, SettingsDep
from app.api.types import Code, CodePath, Cursor, IdPath, In, Limit, Out, ShortText
from app.core.paging import MAX_PAGE_SIZE
from app.models.notice import Channel, DeliveryState
from app.notices import endpoints, letters, queries

router = APIRouter(prefix="/operations/v1", tags=["operations"])


class WebhookIn(In):
    """Whom to tell, and of what; no kinds: everything."""

    name: Code
    url: Annotated[str, Field(max_length=500)]
    kinds: list[ShortText] = Field(default_factory=list, max_length=50)


class RotateIn(In):
    """For how long the key before signs too."""

    overlap_hours: Annotated[int, Field(ge=0, le=720)] = 24


class NewSecretOut(Out):
    """The key, shown this once. `until`: when the one before stops signing."""

    name: str
    secret: str
    until: datetime | None


class WebhookOut(Out):
    """A webhook with what waits for it. `apart_since`: it fails or is slow, and is served apart since then."""

    name: str
    url: str
    kinds: list[str]
    created_at: datetime
    apart_since: datetime | None
    disabled_at: datetime | None
    disabled_because: str | None
    pending: int
    dead: int


class WebhooksOut(Out):
    """All of them, by name."""

    items: list[WebhookOut]


class WebhookStateOut(Out):
    """Whether it is told."""

    name: str
    disabled_at: datetime | None


class DeliveryOut(Out):
    """An event on its way; `endpoint` is null for a mail."""

    id: int
    event_id: UUID
    kind: str
    channel: Channel
    endpoint: str | None
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime
    last_status: int | None
    last_error: str | None
    happened_at: datetime
    finished_at: datetime | None
    replayed_at: datetime | None


class DeliveriesOut(Out):
    """A page, newest first."""

    items: list[DeliveryOut]
    next_cursor: str | None


class ReplayedOut(Out):
    """The delivery, under way again."""

    id: int
    state: DeliveryState


@router.get("/webhooks")
def list_webhooks(_: Admin, session: SessionDep) -> WebhooksOut:
    """Every webhook."""
    return WebhooksOut.model_validate({"items": queries.endpoint_rows(session)})


@router.post("/webhooks", status_code=201)
def add_webhook(body: WebhookIn, _: Admin, session: SessionDep, settings: SettingsDep, seal: SealDep, now: Now) -> NewSecretOut:
    """Tell another system from now on. Its key is in this answer and never again."""
    loopback = settings.webhook_loopback
    made = endpoints.add_endpoint(session, seal=seal, loopback=loopback, now=now, **body.model_dump())
    return NewSecretOut.model_validate(made)


@router.post("/webhooks/{name}/rotate")
def rotate_webhook(name: CodePath, body: RotateIn, _: Admin, session: SessionDep, seal: SealDep, now: Now) -> NewSecretOut:
    """A new key, in this answer and never again; the one before signs too until the overlap is over."""
    overlap = timedelta(hours=body.overlap_hours)
    return NewSecretOut.model_validate(endpoints.rotate_secret(session, name=name, seal=seal, overlap=overlap, now=now))


@router.post("/webhooks/{name}/test", status_code=202)
def try_webhook(name: CodePath, _: Admin, session: SessionDep, now: Now) -> WebhookStateOut:
    """Send it an event that means nothing; the worker does so within seconds."""
    return WebhookStateOut.model_validate(endpoints.try_endpoint(session, name=name, now=now))


@router.post("/webhooks/{name}/disable")
def disable_webhook(name: CodePath, _: Admin, session: SessionDep, now: Now) -> WebhookStateOut:
    """Send it nothing more; what waits for it is dead until it is replayed."""
    return WebhookStateOut.model_validate(endpoints.disable_endpoint(session, name=name, now=now))


@router.post("/webhooks/{name}/enable")
def enable_webhook(name: CodePath, _: Admin, session: SessionDep, now: Now) -> WebhookStateOut:
    """Send to it again, from now on."""
    return WebhookStateOut.model_validate(endpoints.enable_endpoint(session, name=name, now=now))


@router.get("/deliveries")
def list_deliveries(
    principal: Admin,
    session: SessionDep,
    secret: SecretDep,
    state: Annotated[DeliveryState | None, Query(description="only in this state")] = None,
    cursor: Cursor = None,
    limit: Limit = MAX_PAGE_SIZE,
) -> DeliveriesOut:
    """What is on its way to other systems, newest first; those that are dead wait for a person."""
    reader = str(principal.account_id)
    page = queries.delivery_page(session, state=state, reader=reader, cursor=cursor, limit=limit, secret=secret)
    return DeliveriesOut.model_validate(page)


@router.post("/deliveries/{delivery_id}/replay")
def replay(delivery_id: IdPath, _: Admin, session: SessionDep, now: Now) -> ReplayedOut:
    """Send a dead delivery once more, with its id as before."""
    return ReplayedOut.model_validate(letters.replay_delivery(session, delivery_id=delivery_id, now=now))
