"""Subscriptions of Web Push as browsers give them (pure): checked before they are kept."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from app.core.errors import Invalid
from app.notices.addresses import check_url

AUTH_BYTES = 16  # RFC 8291, section 3.2
POINT_BYTES = 65  # an uncompressed point of P-256
_BASE64 = re.compile(r"[A-Za-z0-9_\-]{1,200}={0,2}", re.ASCII)


@dataclass(frozen=True)
class Subscription:
    """Where a phone is pushed to, and with which keys the message is encrypted for it alone."""

    endpoint: str
    p256dh: bytes
    auth: bytes


def read_subscription(given: Mapping[str, Any] | None, *, loopback: bool) -> Subscription | None:
    """What a browser's `PushSubscription.toJSON()` says: {endpoint, keys {p256dh, auth}}; None of none.

    `loopback`: as for webhooks. Raises WrongAddress, Invalid.
    """
    if given is None:
        return None
    check_url(given["endpoint"], loopback=loopback)
    point, auth = (_bytes(f"push_subscription.keys.{name}", given["keys"][name]) for name in ("p256dh", "auth"))
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
        if len(point) != POINT_BYTES:
            raise ValueError
    except ValueError as error:
        raise Invalid("push_subscription.keys.p256dh", "an uncompressed point of the curve P-256, in base64url") from error
    if len(auth) != AUTH_BYTES:
        raise Invalid("push_subscription.keys.auth", f"{AUTH_BYTES} bytes in base64url")
    return Subscription(given["endpoint"], point, auth)


def _bytes(field: str, text: str) -> bytes:
    try:
        if not _BASE64.fullmatch(text):
            raise ValueError
        bare = text.rstrip("=")
        return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except ValueError as error:
        raise Invalid(field, "base64url") from error
