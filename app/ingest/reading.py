"""Feed files from disk, in bounded memory: open one (all of it is looked at, nothing used), then read it in chunks of text.

file = open_feed_file(path, FEEDS["customers"])
for chunk in read_chunks(file):
    checked = check_chunk(chunk, file.feed)
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from app.ingest import parquet
from app.ingest.columns import Feed
from app.ingest.findings import CONTROL
from app.ingest.rejected import REJECTED_COLUMNS, unguarded
from app.ingest.rows import Chunk, RejectedRow
from app.ingest.scan import BLOCK, Header, UnreadableFile, check_header, encoding_of, scan_bytes

CHUNK_BYTES = 4 * BLOCK
CHUNK_ROWS = 50_000
_BETWEEN, _AFTER = "\x1f", "\x1e"
_CUT_OFF = "a complete file, its last row is cut off"
_QUOTING = "expected quotes only around a whole value, doubled inside it (RFC 4180)"


@dataclass(frozen=True)
class FeedFile:
    """A file that can be read as this feed. `encoding` is utf-8-sig, gb18030 or parquet; `sha256` is of its bytes."""

    path: Path
    feed: Feed
    header: Header
    encoding: str
    sha256: str
    size: int
    quoted: bool


def open_feed_file(path: Path, feed: Feed) -> FeedFile:
    """Look at all of a file. Raises UnreadableFile (empty, encoding, cut off, other format) or NotThisFeed (header)."""
    scan = scan_bytes(path)
    if parquet.is_parquet(path):
        header = check_header(parquet.column_names(path), feed)
        parquet.check_types(path, [name for name in header.names if name not in header.ignored])
        return FeedFile(path, feed, header, "parquet", scan.sha256, scan.size, False)
    encoding = encoding_of(path, scan)
    header = check_header(_first_row(path, encoding), feed)
    file = FeedFile(path, feed, header, encoding, scan.sha256, scan.size, scan.quoted)
    if file.quoted:
        for _ in _records(file):
            pass
    elif scan.tail.strip() and scan.tail.count(b",") < len(header.names) - 1:
        raise UnreadableFile(_CUT_OFF)
    return file


def read_chunks(file: FeedFile) -> Iterator[Chunk]:
    """The rows in order. Ragged rows are in `Chunk.rejected`. Blank lines are skipped, but counted as lines.

    A Parquet file may still raise UnreadableFile midway (a damaged page), so use all chunks in one transaction.
    """
    if file.encoding == "parquet":
        wanted = [name for name in file.header.names if name not in file.header.ignored]
        chunks: Iterator[Chunk] = (Chunk(frame, lines) for frame, lines in parquet.read_frames(file.path, wanted, CHUNK_ROWS))
    else:
        chunks = _quoted_chunks(file) if file.quoted else _plain_chunks(file)
    return (_restored(chunk) for chunk in chunks) if file.header.sent_again else chunks


def rough_row_count(path: Path) -> int | None:
    """About how many rows a file holds, for a progress bar; None where that cannot be said."""
    if not path.is_file():
        return None
    if parquet.is_parquet(path):
        return parquet.row_count(path)
    with path.open("rb") as handle:
        return sum(block.count(b"\n") for block in iter(lambda: handle.read(BLOCK), b""))


def read_feed(path: Path, feed: Feed) -> Iterator[Chunk]:
    """Open and read at once, where neither digest nor header are needed."""
    return read_chunks(open_feed_file(path, feed))


def _restored(chunk: Chunk) -> Chunk:
    """A file of rejected rows as it was before it was written."""
    frame = chunk.frame.drop(REJECTED_COLUMNS).with_columns(pl.all().str.strip_prefix("'"))
    return Chunk(frame, chunk.lines, chunk.rejected)


def _first_row(path: Path, encoding: str) -> list[str]:
    with path.open(encoding=encoding, newline="\n") as handle:
        try:
            return next(csv.reader(handle, strict=True), [])
        except csv.Error:
            raise UnreadableFile("a header row in CSV") from None


def _plain_chunks(file: FeedFile) -> Iterator[Chunk]:
    """The fast way, for a file without any quote: every line is a row."""
    line = 2
    with file.path.open("rb") as handle:
        handle.readline()
        while block := handle.read(CHUNK_BYTES):
            block += handle.readline()
            if file.encoding == "gb18030":
                block = block.decode("gb18030").encode()
            if not block.endswith(b"\n"):
                block += b"\n"
            commas = _commas_per_line(block)
            yield _plain_chunk(block, commas, line, file.header)
            line += len(commas)


def _commas_per_line(block: bytes) -> np.ndarray:
    data = np.frombuffer(block, dtype=np.uint8)
    return np.diff(np.searchsorted(np.flatnonzero(data == ord(",")), np.flatnonzero(data == ord("\n"))), prepend=0)


def _plain_chunk(block: bytes, commas: np.ndarray, first_line: int, header: Header) -> Chunk:
    lines = np.arange(first_line, first_line + len(commas))
    regular = commas == len(header.names) - 1
    rejected: tuple[RejectedRow, ...] = ()
    if not regular.all():
        texts = block.split(b"\n")
        odd = ((int(lines[at]), texts[at].decode().rstrip("\r")) for at in np.flatnonzero(~regular))
        rejected = tuple(_ragged(line, text.split(","), header) for line, text in odd if text.strip())
        block = b"".join(texts[at] + b"\n" for at in np.flatnonzero(regular))
        lines = lines[regular]
    return Chunk(_frame(block, header), pl.Series(lines, dtype=pl.Int64), rejected)


def _frame(block: bytes, header: Header, *, separator: str = ",", eol_char: str = "\n") -> pl.DataFrame:
    schema = dict.fromkeys(header.names, pl.String)
    if not block:
        return pl.DataFrame(schema=schema)
    source = io.BytesIO(block)
    return pl.read_csv(source, has_header=False, quote_char=None, schema=schema, separator=separator, eol_char=eol_char)


def _ragged(line: int, cells: list[str], header: Header) -> RejectedRow:
    expected = f"expected {len(header.names)} values in the row, found {len(cells)}"
    return RejectedRow(line, "", "wrong_number_of_values", expected, _aligned(cells, header))


def _aligned(cells: list[str], header: Header) -> tuple[str, ...]:
    """As many cells as the file has columns, with nothing lost: the surplus stays in the last one."""
    width = len(header.names)
    cells = [*cells[: width - 1], ",".join(cells[width - 1 :]), *[""] * (width - 1 - len(cells))]
    if not header.sent_again:
        return tuple(cells)
    named = zip(header.names, cells, strict=True)
    return tuple(unguarded(cell) for name, cell in named if name not in REJECTED_COLUMNS)


def _quoted_chunks(file: FeedFile) -> Iterator[Chunk]:
    """The way for files with quotes: rows may span lines. Cut rows are joined by characters that no value may hold, which is
    much faster to turn into columns than lists of cells."""
    width = len(file.header.names)
    rows: list[str] = []
    lines: list[int] = []
    rejected: list[RejectedRow] = []
    for line, record in _records(file):
        if isinstance(record, RejectedRow):
            rejected.append(record)
        elif len(record) != width:
            rejected.append(_ragged(line, record, file.header))
        elif (row := _BETWEEN.join(record)).count(_BETWEEN) != width - 1 or _AFTER in row:
            rejected.append(_unjoinable(line, record, file.header))
        else:
            rows.append(row)
            lines.append(line)
        if len(rows) + len(rejected) >= CHUNK_ROWS:
            yield _quoted_chunk(rows, lines, rejected, file.header)
            rows, lines, rejected = [], [], []
    if rows or rejected:
        yield _quoted_chunk(rows, lines, rejected, file.header)


def _quoted_chunk(rows: list[str], lines: list[int], rejected: list[RejectedRow], header: Header) -> Chunk:
    block = "".join(row + _AFTER for row in rows).encode()
    frame = _frame(block, header, separator=_BETWEEN, eol_char=_AFTER)
    return Chunk(frame, pl.Series(lines, dtype=pl.Int64), tuple(rejected))


def _unjoinable(line: int, record: list[str], header: Header) -> RejectedRow:
    column = next(n for n, cell in zip(header.names, record, strict=True) if _BETWEEN in cell or _AFTER in cell)
    return RejectedRow(line, column, CONTROL.code, CONTROL.reason, _aligned(record, header))


def _records(file: FeedFile) -> Iterator[tuple[int, list[str] | RejectedRow]]:
    """Line and cells of each row after the header. Raises UnreadableFile where the file ends inside a row."""
    with file.path.open(encoding=file.encoding, newline="\n") as handle:
        taken: list[str] = []
        reader = csv.reader(_noting(handle, taken), strict=True)
        next(reader)
        record: list[str] | RejectedRow
        while True:
            start = reader.line_num + 1
            taken.clear()
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                record = _unquotable(start, taken, str(error), file.header)
            if record:
                yield start, record
            if len(record if isinstance(record, list) else ()) < len(file.header.names) and _unended(taken):
                raise UnreadableFile(_CUT_OFF)


def _noting(handle: io.TextIOWrapper, taken: list[str]) -> Iterator[str]:
    for line in handle:
        taken.append(line)
        yield line


def _unended(taken: list[str]) -> bool:
    return not taken[-1].endswith("\n") and bool(taken[-1].strip())


def _unquotable(start: int, taken: list[str], error: str, header: Header) -> RejectedRow:
    """A row whose quotes are wrong, cut up as well as can be."""
    if "end of data" in error or "field limit" in error:
        raise UnreadableFile(f"a complete file, the quote opened in line {start} is never closed")
    cells = [cell for row in csv.reader(taken) for cell in row]
    return RejectedRow(start, "", "bad_quoting", _QUOTING, _aligned(cells, header))
