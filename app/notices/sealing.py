"""Keys at rest: what signs webhooks is stored encrypted (Fernet), by keys that stand outside of the database."""

from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.core.errors import Unavailable
from app.core.kept_keys import kept_text
from app.notices.signing import SECRET_BYTES


class WrongSealKey(Unavailable):
    """None of the keys in GRIDWORK_WEBHOOK_KEY opens what is stored."""

    code = "webhook.wrong_key"


class Seal:
    """Encrypts by the first of its keys and opens by any of them."""

    def __init__(self, keys: str) -> None:
        """`keys`: Fernet keys (32 bytes in base64url), the newest first, commas between. Raises ValueError."""
        self._keys = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])

    def close(self, secret: bytes) -> bytes:
        """What is stored of a secret."""
        return self._keys.encrypt(secret)

    def open(self, stored: bytes) -> bytes:
        """The secret; what was stored by a release before this one is the secret itself. Raises WrongSealKey."""
        if len(stored) == SECRET_BYTES:
            return stored
        try:
            return self._keys.decrypt(stored)
        except InvalidToken as error:
            raise WrongSealKey from error


def passing_seal() -> Seal:
    """A seal of this process alone: what it closes nobody opens later."""
    return Seal(Fernet.generate_key().decode())


def seal_of(configured: str, home: Path) -> Seal:
    """By the configured keys, else by one made once and kept in `home`, readable by its owner alone."""
    return Seal(configured or kept_text(home, "webhook-key", lambda: Fernet.generate_key().decode()))
