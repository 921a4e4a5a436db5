"""Private keys of this installation that are made once and kept at home, whoever of several processes starts first."""

import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path


def kept_key(home: Path, name: str, make: Callable[[], bytes]) -> str:
    """The key of this name in base64url without padding: the one that is there, else a new one, readable by its owner alone."""
    return kept_text(home, name, lambda: written(make()))


def kept_text(home: Path, name: str, make: Callable[[], str]) -> str:
    """A key that is written otherwise, kept in the same way."""
    home.mkdir(parents=True, exist_ok=True)
    kept = home / name
    if not kept.exists():
        made = home / f"{name}.{secrets.token_hex(4)}"
        with open(made, "x", encoding="ascii", opener=_owner_only) as file:
            file.write(make())
        try:
            os.link(made, kept)  # whole or not at all, and only the first of those who start at once
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return kept.read_text(encoding="ascii").strip()


def written(content: bytes) -> str:
    """Bytes in base64url without padding."""
    return urlsafe_b64encode(content).decode().rstrip("=")


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
