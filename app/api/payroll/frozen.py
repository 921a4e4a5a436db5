"""Bytes that never change, as an answer: validated by ETag, resumed by Range (RFC 9110), checked by a digest (RFC 9530)."""

import base64
import re
from typing import Annotated

from fastapi import Header, Response

from app.api.errors import problem
from app.api.etags import holds

IfRange = Annotated[str | None, Header(max_length=200, description="ETag of the part that the caller holds")]
ByteRange = Annotated[str | None, Header(alias="Range", max_length=200, description="bytes=FIRST-LAST or bytes=FIRST-")]


def frozen_bytes(
    content: bytes,
    *,
    sha256: str,
    name: str,
    if_none_match: str | None,
    if_range: str | None,
    byte_range: str | None,
    media_type: str = "text/csv; charset=utf-8",
) -> Response:
    """200 with everything, 304 where the caller holds it, 206 for one range of it, 416 for a range outside of it."""
    etag = f'"{sha256}"'
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    headers = {
        "ETag": etag,
        "Digest": f"sha-256={digest}",
        "Repr-Digest": f"sha-256=:{digest}:",
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    if holds(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    asked = _range(byte_range, len(content)) if if_range is None or if_range == etag else None
    if asked is None:
        return Response(content, headers=headers, media_type=media_type)
    first, last = asked
    if first > last:
        outside = {"Content-Range": f"bytes */{len(content)}"}
        return problem(
            416, "Range not satisfiable", "range.outside", f"Range: expected bytes of 0-{len(content) - 1}", headers=outside
        )
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Response(content[first : last + 1], status_code=206, headers=headers, media_type=media_type)


def _range(byte_range: str | None, length: int) -> tuple[int, int] | None:
    """(first, last) of a single range; first > last where it lies outside; None for no range or one we do not serve."""
    found = re.fullmatch(r"bytes=([0-9]{0,18})-([0-9]{0,18})", byte_range or "")
    if found is None or found[0] == "bytes=-":
        return None
    if not found[1]:
        return max(length - int(found[2]), 0), length - 1
    first, last = int(found[1]), min(int(found[2] or length), length - 1)
    if found[2] and int(found[2]) < first:
        return None
    return (first, last) if first < length else (1, 0)
