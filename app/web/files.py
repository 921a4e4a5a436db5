"""The built pages of `web/`, held in memory with their headers: what is not among them is not there."""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import Response

from app.core.errors import NotFound

DIST = Path(__file__).parent / "dist"
PACKED = {"br": ".br", "gzip": ".gz"}  # as the build leaves them, the smallest first
FOR_EVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
}
_TEXTS = ("text/", "application/manifest", "image/svg")

# Nothing but this origin's own files; no script or style in a page; no other site may show it or learn where one came from.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}


class NoSuchPage(NotFound):
    """There is no such page."""

    code = "page.unknown"


class NotBuilt(NotFound):
    """The pages are not built here: `make app` builds them."""

    code = "page.not_built"


@dataclass(frozen=True)
class BuiltFile:
    """One file: its headers, and its content plain ("") and packed, by encoding."""

    headers: Mapping[str, str]
    contents: Mapping[str, bytes]


Pages = Mapping[str, BuiltFile]


def read_pages(dist: Path = DIST) -> Pages:
    """Every file of the build by its path, such as `phone/index.html`; none where nothing was built."""
    plain = [path for path in sorted(dist.rglob("*")) if path.is_file() and path.suffix not in PACKED.values()]
    return {path.relative_to(dist).as_posix(): _read(path, path.relative_to(dist).as_posix()) for path in plain}


def answer_with(pages: Pages, path: str, asked: Mapping[str, str]) -> Response:
    """The file at `path`, a folder's index for one that ends in a slash, packed as the request's headers allow.

    Raises NoSuchPage, NotBuilt.
    """
    if not pages:
        raise NotBuilt
    found = pages.get(f"{path}index.html" if path.endswith("/") else path)
    if found is None:
        raise NoSuchPage
    if found.headers["ETag"] in asked.get("if-none-match", ""):
        return Response(status_code=304, headers=dict(found.headers))
    accepted = {part.split(";")[0].strip() for part in asked.get("accept-encoding", "").split(",")}
    encoding = next((one for one in found.contents if one in accepted), "")
    packed = {"Content-Encoding": encoding} if encoding else {}
    return Response(found.contents[encoding], headers={**found.headers, **packed})


def _read(path: Path, name: str) -> BuiltFile:
    content = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {
        "Content-Type": f"{kind}; charset=utf-8" if kind.startswith(_TEXTS) else kind,
        "Cache-Control": FOR_EVER if name.startswith("assets/") else ASK_EACH_TIME,
        "ETag": f'W/"{hashlib.sha256(content).hexdigest()[:32]}"',
    }
    packed = {encoding: Path(f"{path}{suffix}") for encoding, suffix in PACKED.items()}
    contents = {encoding: other.read_bytes() for encoding, other in packed.items() if other.is_file()}
    return BuiltFile(HEADERS | headers, contents | {"": content})
