"""How an item that cannot be taken is kept: whole, and free of what a database cannot hold (pure)."""

import hashlib
import json
import math
import re
from typing import Any

MAX_ID_CHARACTERS = 100
_MAX_DEPTH = 12
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def storable_text(text: str) -> str:
    """The text with control characters and lone surrogates written as \\uXXXX."""
    return _UNSTORABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def storable(value: Any, depth: int = 0) -> Any:
    """Any JSON value as one that jsonb and UTF-8 can hold: odd characters escaped, NaN and infinities as text."""
    match value:
        case str():
            return storable_text(value)
        case float() if not math.isfinite(value):
            return str(value)
        case dict() | list() if depth >= _MAX_DEPTH:
            return storable_text(json.dumps(value))  # deeper than anything of ours: as text
        case dict():
            return {storable_text(str(name)): storable(inner, depth + 1) for name, inner in value.items()}
        case list():
            return [storable(inner, depth + 1) for inner in value]
        case _:
            return value


def canonical(content: Any) -> str:
    """The one JSON text of a storable value: sorted names, no spaces."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_hash(content: Any) -> bytes:
    """SHA-256 of the canonical JSON of a storable value."""
    return hashlib.sha256(canonical(content).encode()).digest()


def shown_id(raw: Any) -> str | None:
    """The id that an unreadable item calls itself by, storable and bounded; None where it has none."""
    found = raw.get("id") if isinstance(raw, dict) else None
    return storable_text(found)[:MAX_ID_CHARACTERS] if isinstance(found, str) else None
