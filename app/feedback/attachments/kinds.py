"""What may be attached to a report, known by its first bytes and never by what it is called (pure)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of file. `marks`: (place, bytes) that all have to be there; `decoder`: what the imaging library calls it."""

    content_type: str
    extension: str
    marks: tuple[tuple[int, bytes], ...]
    decoder: str | None = None


KINDS = {
    kind.content_type: kind
    for kind in (
        Kind("image/jpeg", "jpg", ((0, b"\xff\xd8\xff"),), "JPEG"),
        Kind("image/png", "png", ((0, b"\x89PNG\r\n\x1a\n"),), "PNG"),
        Kind("image/webp", "webp", ((0, b"RIFF"), (8, b"WEBP")), "WEBP"),
        Kind("application/pdf", "pdf", ((0, b"%PDF-"),)),
    )
}


def find_kind(content: bytes) -> Kind | None:
    """The kind of a file by its first bytes; None for anything that may not be attached."""
    return next((kind for kind in KINDS.values() if all(content.startswith(mark, place) for place, mark in kind.marks)), None)
