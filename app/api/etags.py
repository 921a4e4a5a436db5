"""Entity tags (RFC 9110): whether a caller holds already what would be sent."""

from typing import Annotated

from fastapi import Header

IfNoneMatch = Annotated[str | None, Header(max_length=1_000, description="ETags that the caller holds")]


def holds(if_none_match: str | None, etag: str) -> bool:
    """Whether the header If-None-Match names this tag."""
    held = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    return "*" in held or etag in held
