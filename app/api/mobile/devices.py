"""The phone that I work with: registered, and how it stands."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field, StringConstraints

from app.api.deps import FamilyId, Now, PushKey, QuietHoursDep, SessionDep, SettingsDep, TerminalManager
from app.api.types import CODE, In, Out, ShortText
from app.devices import hours, service
from app.devices.versions import VERSION
from app.feedback.values import Time
from app.models.device import Device

router = APIRouter(prefix="/mobile/v1", tags=["phone"])

MOST_QUEUED = 1_000_000
AppVersion = Annotated[str, StringConstraints(pattern=VERSION, max_length=60)]
DeviceId = Annotated[str, Path(pattern=CODE, description="made on the phone, once")]


class PushKeysIn(In):
    """The keys of a subscription, in base64url."""

    p256dh: ShortText
    auth: ShortText


class SubscriptionIn(In):
    """What `PushSubscription.toJSON()` gives in a browser."""

    endpoint: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    keys: PushKeysIn
    expirationTime: Any = None  # noqa: N815  (the browser's own name)


class DeviceIn(In):
    """What the phone is. Without `push_subscription` it is pushed to no more."""

    name: ShortText = Field(examples=["Redmi 9A"])
    app_version: AppVersion = Field(examples=["1.4.2"])
    push_subscription: SubscriptionIn | None = None


class DeviceOut(Out):
    """My phone as it is kept."""

    device_id: str
    name: str
    app_version: str
    registered_at: datetime
    last_sync_at: datetime | None
    pushes: bool


class QueueIn(In):
    """How the phone stands: reports that it has still to send, and since when the oldest waits (the phone's clock)."""

    queue_length: int = Field(ge=0, le=MOST_QUEUED)
    oldest_queued_at: Time | None = None
    app_version: AppVersion


class PushKeyOut(Out):
    """With what a browser subscribes: `applicationServerKey`, in base64url."""

    public_key: str


class HoursIn(In):
    """Hours in which I want no pushes, local time: `20-9` is from eight in the evening until nine; null: none of my own."""

    quiet_hours: Annotated[str, StringConstraints(max_length=10)] | None = Field(examples=["20-9"])


class HoursOut(Out):
    """Hours without pushes: my own, and beside them those of everybody."""

    quiet_hours: str | None
    quiet_hours_of_all: str


@router.get("/push-key")
def show_push_key(_: TerminalManager, key: PushKey) -> PushKeyOut:
    """The key with which to subscribe. A push of new work is `{"type": "work.new", "timestamp", "data": {"orders": 3}}`."""
    return PushKeyOut(public_key=key)


@router.get("/push-settings")
def show_hours(principal: TerminalManager, session: SessionDep, policy: QuietHoursDep) -> HoursOut:
    """When I am not pushed to."""
    return HoursOut.model_validate(hours.show_quiet_hours(session, principal=principal, policy=policy))


@router.put("/push-settings")
def put_hours(body: HoursIn, principal: TerminalManager, session: SessionDep, policy: QuietHoursDep, now: Now) -> HoursOut:
    """Say when I want no pushes, on all my phones."""
    kept = hours.set_quiet_hours(session, principal=principal, quiet_hours=body.quiet_hours, policy=policy, now=now)
    return HoursOut.model_validate(kept)


@router.put("/devices/{device_id}")
def register(
    device_id: DeviceId,
    body: DeviceIn,
    principal: TerminalManager,
    family_id: FamilyId,
    session: SessionDep,
    settings: SettingsDep,
    now: Now,
) -> DeviceOut:
    """Register my phone, or what changed of it. This log-in belongs to it from now on: where it is revoked, both end."""
    told = service.Registration(device_id, body.name, body.app_version, body.model_dump()["push_subscription"])
    loopback = settings.webhook_loopback
    kept = service.register_device(
        session, principal=principal, family_id=family_id, registration=told, loopback=loopback, now=now
    )
    return _shown(kept)


@router.post("/devices/{device_id}/report", status_code=204)
def report(device_id: DeviceId, body: QueueIn, principal: TerminalManager, session: SessionDep, now: Now) -> None:
    """Say how my phone stands, at every sync. 404: register it first."""
    told = service.QueueReport(body.app_version, body.queue_length, body.oldest_queued_at)
    service.report_queue(session, principal=principal, device_id=device_id, report=told, now=now)


def _shown(device: Device) -> DeviceOut:
    plain = ("device_id", "name", "app_version", "registered_at", "last_sync_at")
    return DeviceOut(pushes=device.push_endpoint is not None, **{name: getattr(device, name) for name in plain})
