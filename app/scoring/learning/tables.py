"""Files of any origin as frames: Parquet, or CSV as spreadsheets and databases write it."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from app.core.errors import Invalid, NotFound
from app.scoring.learning.encoding import DIGITS_FROM

MISSING = ["", "NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "?"]
SEPARATORS = ",;\t|"
UTF16 = (b"\xff\xfe", b"\xfe\xff")


class NoSuchFile(NotFound):
    """There is no such file."""

    code = "extract.no_such_file"


class UnreadableFile(Invalid):
    """The file is no table."""

    code = "extract.unreadable"


def read_table(path: Path) -> pl.DataFrame:
    """A Parquet or CSV file as a frame; CSV in UTF-8, UTF-16, GB18030 or Latin-1, by comma, semicolon, tab or bar, with decimal
    points or, where the comma does not part columns, decimal commas. Raises NoSuchFile, UnreadableFile."""
    if not path.is_file():
        raise NoSuchFile(f"there is no file {path}")
    try:
        with path.open("rb") as file:
            start = file.read(65_536)
        table = _with_days(pl.read_parquet(path)) if start[:4] == b"PAR1" else _read_csv(path, start)
    except (pl.exceptions.PolarsError, UnicodeDecodeError, OSError) as error:
        raise UnreadableFile(
            "file", f"a Parquet or CSV file, {path.name} cannot be read: {str(error).splitlines()[0]}"
        ) from error
    names = [name.strip().lstrip("\ufeff") for name in table.columns]
    if len(set(names)) == len(names):
        table.columns = names
    if not table.height or not table.width:
        raise UnreadableFile("file", f"rows below a line of column names, {path.name} has none")
    return table


def _read_csv(path: Path, start: bytes) -> pl.DataFrame:
    if b"\0" in start and not start.startswith(UTF16):
        raise UnreadableFile("file", f"a Parquet or CSV file, {path.name} is neither")
    source = _as_utf8(path, start)
    text = (start if source is path else source.getvalue()[:65_536]).decode(errors="replace")
    header = re.sub(r'"[^"]*"', "", text.lstrip("\ufeff\n").split("\n", 1)[0])
    separator = max(SEPARATORS, key=header.count)
    options: dict[str, Any] = {"separator": separator, "null_values": MISSING}
    try:
        table = pl.read_csv(source, **options, try_parse_dates=True, infer_schema_length=20_000)
    except pl.exceptions.NoDataError:
        return pl.DataFrame()
    except pl.exceptions.ComputeError:  # a later value does not fit the kind that the first rows showed: all is text
        again = path if source is path else BytesIO(source.getvalue())
        table = pl.read_csv(again, **options, infer_schema=False)
    return table if separator == "," else table.with_columns(_with_point(column) for column in table if _has_commas(column))


def _with_days(table: pl.DataFrame) -> pl.DataFrame:
    """Texts that are days throughout as days, which in CSV they are by themselves."""
    texts = [column for column in table if column.dtype == pl.String and column.null_count() < len(column)]
    days = [column.str.to_date("%Y-%m-%d", strict=False) for column in texts]
    return table.with_columns(day for column, day in zip(texts, days, strict=True) if day.null_count() == column.null_count())


def _as_utf8(path: Path, start: bytes) -> Any:
    """The path where the file is UTF-8 with lines that end as they should, else what it holds made so, in memory."""
    try:
        start.decode("utf-8")
        is_utf8 = True
    except UnicodeDecodeError as error:
        is_utf8 = error.start >= len(start) - 4  # a character was cut in two
    if is_utf8 and not (b"\r" in start and b"\n" not in start):
        return path
    content = path.read_bytes()
    text = content.decode(_encoding_of(content, is_utf8=is_utf8))
    return BytesIO((text if "\n" in text else text.replace("\r", "\n")).encode())


def _encoding_of(content: bytes, *, is_utf8: bool) -> str:
    """GB18030 writes characters by pairs of high bytes; in Latin-1 nearly every high byte stands alone."""
    if content.startswith(UTF16):
        return "utf-16"
    if is_utf8:
        return "utf-8"
    high, alone = (
        len(re.findall(rb"[\x80-\xff]", content)),
        len(re.findall(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])", content)),
    )
    return "latin-1" if 2 * alone > high else "gb18030"


def _has_commas(column: pl.Series) -> bool:
    """Are nearly all of these texts numbers, some with a decimal comma (not before three digits each, which are thousands)?"""
    if column.dtype != pl.String:
        return False
    filled = column.drop_nulls().str.strip_chars()
    numbers = filled.str.contains(r"^[-+]?\d+(,\d+)?$").sum()
    return numbers >= DIGITS_FROM * max(1, len(filled)) and bool(filled.str.contains(r"^[-+]?\d+,(\d{1,2}|\d{4,})$").any())


def _with_point(column: pl.Series) -> pl.Series:
    return column.str.strip_chars().str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
