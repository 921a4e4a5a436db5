"""A first look at a whole file, before anything of it is used: its digest, format, encoding and header, or why it is refused."""

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.core.errors import Invalid
from app.ingest.columns import Feed
from app.ingest.feeds import FEEDS
from app.ingest.rejected import REJECTED_COLUMNS, unguarded

BLOCK = 1 << 20
MAX_LINE = 4 * BLOCK
MAX_COLUMNS = 2000
MAX_NAME = 64
_MAGIC = {
    b"PK\x03\x04": "a spreadsheet or zip archive",
    b"\x1f\x8b": "gzip",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


class UnreadableFile(Invalid):
    """The file as a whole cannot be read; nothing of it was taken."""

    code = "unreadable_file"

    def __init__(self, expected: str) -> None:
        super().__init__("file", expected)


class NotThisFeed(Invalid):
    """The header is not this feed's; nothing of the file was taken. `missing` names required columns that are not there."""

    code = "not_this_feed"

    def __init__(self, feed: Feed, expected: str, missing: tuple[str, ...] = ()) -> None:
        super().__init__("header", expected, feed=feed.name, missing=list(missing), columns=feed.expected_header)
        self.missing = missing


@dataclass(frozen=True)
class Scan:
    """What the bytes say. `failed_at` is the first byte that is not UTF-8; `tail` what stands after the last line break."""

    sha256: str
    size: int
    quoted: bool
    failed_at: int | None
    tail: bytes


def scan_bytes(path: Path) -> Scan:
    """Read the file once, in bounded memory. Raises UnreadableFile where a line is endless or there is nothing."""
    if not path.is_file():
        raise UnreadableFile(f"a file that exists, not {path.name}")
    with path.open("rb") as handle:
        found = _scan(handle)
    if not found.size:
        raise UnreadableFile("a header row, the file is empty")
    return found


def _scan(handle: BinaryIO) -> Scan:
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    size, quoted, tail = 0, False, b""
    failed_at: int | None = None
    parquet = handle.read(4) == b"PAR1"
    handle.seek(0)
    while block := handle.read(BLOCK):
        digest.update(block)
        if not parquet:
            quoted = quoted or b'"' in block
            failed_at = _not_utf8(decoder, block, size) if failed_at is None else failed_at
            tail = _after_last_line(tail, block)
        size += len(block)
    if failed_at is None and not parquet:
        failed_at = _not_utf8(decoder, b"", size, final=True)
    return Scan(digest.hexdigest(), size, quoted, failed_at, tail)


def _not_utf8(decoder: codecs.IncrementalDecoder, block: bytes, offset: int, *, final: bool = False) -> int | None:
    held = len(decoder.getstate()[0])
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError as error:
        return offset - held + error.start
    return None


def _after_last_line(tail: bytes, block: bytes) -> bytes:
    first, last = block.find(b"\n"), block.rfind(b"\n")
    if len(tail) + (first if first >= 0 else len(block)) > MAX_LINE:
        raise UnreadableFile(f"lines of at most {MAX_LINE} bytes")
    return tail + block if last < 0 else block[last + 1 :]


def encoding_of(path: Path, scan: Scan) -> str:
    """`utf-8-sig` (with or without a mark) or `gb18030`. Raises UnreadableFile where it is neither, or UTF-8 that is damaged.

    Damaged UTF-8 often decodes as GB18030, into nonsense; so around the damage it is counted how much is good UTF-8.
    """
    with path.open("rb") as handle:
        start = handle.read(4)
        _refuse_other_formats(start)
        if scan.failed_at is None:
            return "utf-8-sig"
        handle.seek(max(0, scan.failed_at - BLOCK // 16))
        around = handle.read(BLOCK // 8).decode("utf-8", errors="replace")
        bad = around.count("\ufffd")
        # Only letters of three bytes: GB18030 text hardly ever looks like one, while two bytes can agree by chance.
        good = sum(letter > "\u07ff" for letter in around) - bad
        if start.startswith(codecs.BOM_UTF8) or good >= bad or not _is_gb18030(handle):
            raise UnreadableFile(f"UTF-8 or GB18030 text, byte {scan.failed_at + 1} is neither or is cut off")
    return "gb18030"


def _refuse_other_formats(start: bytes) -> None:
    for magic, name in _MAGIC.items():
        if start.startswith(magic):
            raise UnreadableFile(f"CSV (UTF-8 or GB18030) or Parquet, this is {name}")


def _is_gb18030(handle: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("gb18030")()
    handle.seek(0)
    try:
        while block := handle.read(BLOCK):
            decoder.decode(block).encode()
        decoder.decode(b"", True)
    except UnicodeError:
        return False
    return True


@dataclass(frozen=True)
class Header:
    """The columns of a file. `names` are all of them in order; `columns` those that rows are given with."""

    names: tuple[str, ...]
    sent_again: bool  # it is a file of rejected rows: take the guarding apostrophes away
    ignored: tuple[str, ...]  # not in the feed: reported and left out

    @property
    def columns(self) -> tuple[str, ...]:
        """Without the columns that say why a row was rejected last time."""
        return tuple(n for n in self.names if not (self.sent_again and n in REJECTED_COLUMNS))


def check_header(cells: list[str], feed: Feed) -> Header:
    """Whether these are the columns of the feed, in any order. Raises NotThisFeed."""
    names = [cell.strip() for cell in cells]
    sent_again = set(REJECTED_COLUMNS) <= set(names)
    if sent_again:
        names = [unguarded(name) for name in names]
    missing = tuple(name for name in feed.required if name not in names)
    if missing:
        raise NotThisFeed(feed, _missing_text(names, feed, missing), missing)
    if len(names) > MAX_COLUMNS or any(not n or len(n) > MAX_NAME or not n.isprintable() for n in names):
        raise NotThisFeed(feed, f"at most {MAX_COLUMNS} columns, each with a plain name of 1 to {MAX_NAME} characters")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise NotThisFeed(feed, "every column once, twice there: " + ", ".join(twice))
    known = {*feed.names, *(REJECTED_COLUMNS if sent_again else ())}
    ignored = () if feed.keeps_extra else tuple(name for name in names if name not in known)
    return Header(tuple(names), sent_again, ignored)


def _missing_text(names: list[str], feed: Feed, missing: tuple[str, ...]) -> str:
    alike = [f.name for f in FEEDS.values() if set(names) <= set(f.names) and set(f.required) <= set(names)]
    hint = f" (this looks like {alike[0]})" if len(alike) == 1 else ""
    return f"the columns of {feed.name}: {feed.expected_header}; missing: {', '.join(missing)}{hint}"
