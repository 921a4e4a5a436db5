"""The key by which push services know this installation (VAPID, RFC 8292): made once and kept."""

import re
from base64 import urlsafe_b64decode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.core.kept_keys import kept_key, written
from app.settings import SettingsError

_BYTES = 32
_KEY = re.compile(r"[A-Za-z0-9_\-]{43}", re.ASCII)  # as many bytes in base64url, without padding


def push_key(configured: str, home: Path) -> str:
    """The configured private key, else one made once and kept in `home`, readable by its owner alone; base64url.

    Browsers subscribe to its public half: another key, and every subscription is void.
    """
    return configured or kept_key(home, "push-key", _new_key)


def public_push_key(private: str) -> str:
    """The public half as a browser wants it: the uncompressed point, in base64url without padding. Raises SettingsError."""
    try:
        if not _KEY.fullmatch(private):
            raise ValueError
        number = int.from_bytes(urlsafe_b64decode(private + "=" * (-len(private) % 4)), "big")
        key = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    except ValueError as error:
        raise SettingsError(
            "GRIDWORK_PUSH_KEY, or the file push-key at home: expected a private key of P-256 in base64url"
        ) from error
    return written(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _new_key() -> bytes:
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return number.to_bytes(_BYTES, "big")
