"""Keyset pages: an opaque cursor that names the last row seen and the list it belongs to."""

import base64
import binascii
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.core.errors import Invalid

T = TypeVar("T")

MAX_PAGE_SIZE = 500
_SIGNATURE_BYTES = 12


class WrongCursor(Invalid):
    """The cursor is not one that this list gave out."""

    code = "cursor.wrong"

    def __init__(self) -> None:
        super().__init__("cursor", "the next_cursor of an earlier answer of this list, unchanged, or none")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page; `next_cursor` is None on the last."""

    items: Sequence[T]
    next_cursor: str | None


def _signature(secret: str, list_name: str, body: bytes) -> bytes:
    return hmac.digest(secret.encode(), list_name.encode() + b"\0" + body, "sha256")[:_SIGNATURE_BYTES]


def write_cursor(secret: str, list_name: str, position: Any) -> str:
    """Make the cursor that stands for `position` (any JSON value) in the list `list_name`.

    `list_name` should hold whatever the position depends on (the caller, the filter), so that a borrowed cursor is refused.
    """
    body = json.dumps(position, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_signature(secret, list_name, body) + body).decode().rstrip("=")


def read_cursor(secret: str, list_name: str, cursor: str) -> Any:
    """Give back the position of a cursor; raises WrongCursor for one altered, borrowed or made up."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    except (ValueError, binascii.Error) as error:
        raise WrongCursor from error
    if not hmac.compare_digest(signature, _signature(secret, list_name, body)):
        raise WrongCursor
    return json.loads(body)


def clamp_page_size(asked: int) -> int:
    """A page size above the maximum is coerced to it; below 1 it is an error."""
    if asked < 1:
        raise Invalid("limit", f"a number from 1 to {MAX_PAGE_SIZE}")
    return min(asked, MAX_PAGE_SIZE)
