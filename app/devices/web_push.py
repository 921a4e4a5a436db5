"""A message as Web Push wants it (pure): encrypted for one phone alone (RFC 8291), signed as ours (RFC 8292)."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from app.notices.kinds import body_of
from app.notices.parcels import Parcel
from app.notices.quiet import QuietHours

LIFE = timedelta(hours=12)  # after which news of the day is none
SIGNED_FOR = timedelta(hours=12)  # RFC 8292: at most 24 hours
TOPIC = "work"  # a push service keeps the newest of a topic only, for a phone that is away


@dataclass(frozen=True)
class Sign:
    """By whose key it is signed, in base64url, and whom a push service may write to about it, such as `mailto:...`."""

    private_key: str
    contact: str


@dataclass(frozen=True)
class Push:
    """A claimed push on its way to a phone; `own_quiet`: hours in which its owner wants none."""

    id: int
    claim: UUID
    tries: int
    device: int
    endpoint: str
    p256dh: bytes
    auth: bytes
    kind: str
    happened_at: datetime
    payload: Mapping[str, Any]
    own_quiet: QuietHours | None


def parcel_of(push: Push, sign: Sign, *, now: datetime) -> Parcel:
    """The push ready to be sent: `{"type", "timestamp", "data"}` as webhooks have it, of codes and counts, encrypted."""
    from py_vapid import Vapid02  # they bring aiohttp and requests: only who pushes pays for them
    from pywebpush import WebPusher

    message = body_of(push.kind, push.happened_at.isoformat(), push.payload)
    keys = {"p256dh": urlsafe_b64encode(push.p256dh).decode(), "auth": urlsafe_b64encode(push.auth).decode()}
    body = WebPusher({"endpoint": push.endpoint, "keys": keys}).encode(message)["body"]
    parts = urlsplit(push.endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "sub": sign.contact, "exp": int((now + SIGNED_FOR).timestamp())}
    headers = {
        "authorization": Vapid02.from_raw(sign.private_key.encode()).sign(claims)["Authorization"],
        "content-type": "application/octet-stream",
        "content-encoding": "aes128gcm",
        "ttl": str(max(int((push.happened_at + LIFE - now).total_seconds()), 0)),
        "urgency": "normal",
        "topic": TOPIC,
    }
    return Parcel(push.id, push.claim, push.device, push.tries, push.endpoint, headers, body)
