"""Signatures of Standard Webhooks: HMAC-SHA256 of `id.timestamp.body`, one for each secret that counts now."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Sequence

SECRET_BYTES = 32  # the standard asks for 24 to 64
PREFIX = "whsec_"
TOLERANCE = 300  # seconds


def shown(secret: bytes) -> str:
    """A secret as its receiver is given it, once: `whsec_` and base64."""
    return PREFIX + b64encode(secret).decode()


def headers_of(message_id: str, timestamp: int, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """The headers of one message. During a rotation there are several signatures: a receiver needs to know one of the secrets."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode() for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def is_signed(message_id: str, timestamp: str, body: bytes, signature: str, *, secret: bytes, now: float) -> bool:
    """Whether one of the signatures of a message from outside is of this secret, and it was signed within TOLERANCE seconds."""
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now - int(timestamp)) > TOLERANCE:
        return False
    expected = headers_of(message_id, int(timestamp), body, [secret])["webhook-signature"].encode()
    return any(hmac.compare_digest(one.encode(), expected) for one in signature.split())
