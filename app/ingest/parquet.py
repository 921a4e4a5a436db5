"""Parquet files as the same chunks of text that CSV gives, so that both are checked by one set of rules."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from app.ingest.scan import UnreadableFile

_READABLE = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_date,
    pa.types.is_timestamp,
    pa.types.is_null,
)


def is_parquet(path: Path) -> bool:
    """By its first bytes, whatever its name."""
    with path.open("rb") as handle:
        return handle.read(4) == b"PAR1"


def column_names(path: Path) -> list[str]:
    """The names of its columns. Raises UnreadableFile where the footer is cut off or broken."""
    return list(_schema(path).names)


def row_count(path: Path) -> int | None:
    """How many rows its footer promises; None where that is damaged."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        return None


def check_types(path: Path, wanted: list[str]) -> None:
    """Raises UnreadableFile where a wanted column holds something that is not a plain value or a list of texts."""
    schema = _schema(path)
    for name in wanted:
        kind = schema.field(name).type
        if not _is_readable(kind):
            raise UnreadableFile(f"numbers, booleans, texts, dates or times in column {name}, not {kind}")


def read_frames(path: Path, wanted: list[str], rows: int) -> Iterator[tuple[pl.DataFrame, pl.Series]]:
    """Text frames of at most `rows` rows, with the line each row would have if the file were CSV (the first row is 2)."""
    line = 2
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for batch in file.iter_batches(batch_size=rows, columns=wanted):
                batch.validate(full=True)
                frame = pl.DataFrame(pl.from_arrow(batch)).select(wanted)
                lines = pl.int_range(line, line + len(frame), eager=True)
                line += len(frame)
                yield frame.select(_as_text(series) for series in frame), lines
    except (pa.ArrowException, OSError, pl.exceptions.PolarsError) as error:
        raise UnreadableFile("an undamaged Parquet file") from error


def _schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile("a complete Parquet file, its footer cannot be read") from error


def _is_readable(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_readable(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return any(readable(kind.value_type) for readable in _READABLE[:3])
    return any(readable(kind) for readable in _READABLE)


def _as_text(series: pl.Series) -> pl.Series:
    """As CSV would hold it. A time without zone gets no offset, so the check rejects it where an instant is expected."""
    kind = series.dtype
    if isinstance(kind, pl.List):
        return series.list.join(";")
    if not isinstance(kind, pl.Datetime):
        return series.cast(pl.String)
    if kind.time_zone:
        return series.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00")
    # Some tools have no type for a day and write midnight.
    return series.dt.strftime("%Y-%m-%dT%H:%M:%S").str.strip_suffix("T00:00:00")
