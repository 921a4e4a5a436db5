"""The key by which payroll knows that a file is ours (Ed25519, RFC 8032): made once and kept."""

from base64 import urlsafe_b64decode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.core.kept_keys import kept_key, written
from app.settings import SettingsError


def payroll_key(configured: str, home: Path) -> str:
    """The configured private key, else one made once and kept in `home`, readable by its owner alone; base64url."""
    return configured or kept_key(home, "payroll-key", _new_key)


class PayrollSigner:
    """Signs by a private key; the same message always gets the same signature."""

    def __init__(self, private: str) -> None:
        """`private`: 32 bytes in base64url. Raises SettingsError."""
        try:
            self._key = Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(private + "=" * (-len(private) % 4)))
        except ValueError as error:
            raise SettingsError(
                "GRIDWORK_PAYROLL_KEY, or the file payroll-key at home: expected a private key of Ed25519 in base64url"
            ) from error

    def sign(self, message: bytes) -> str:
        """The signature, in base64url without padding."""
        return written(self._key.sign(message))

    @property
    def public(self) -> str:
        """The public key: 32 bytes in base64url without padding."""
        return written(self._key.public_key().public_bytes_raw())


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes_raw()
