"""What was claimed and is on its way out."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Parcel:
    """A claimed delivery, ready to be sent to `url`: signed, with the tries before this one."""

    id: int
    claim: UUID
    endpoint_id: int
    tries: int
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Letter:
    """A claimed mail. `address` is None where the person has none any more."""

    id: int
    claim: UUID
    tries: int
    message_id: str
    address: str | None
    subject: str
    body: str
