"""Files of any origin as frames: Parquet, or CSV as spreadsheets and databases write it."""

import gzip
import re
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import polars as pl

from app.core.errors import Invalid, NotFound
from app.scoring.learning.encoding import DIGITS_FROM

MISSING = ["", "NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "?"]
SEPARATORS = ",;\t|"
LOOKED_AT = 65_536  # bytes
UTF16 = (b"\xff\xfe", b"\xfe\xff")


class NoSuchFile(NotFound):
    """There is no such file."""

    code = "extract.no_such_file"


class UnreadableFile(Invalid):
    """The file is no table."""

    code = "extract.unreadable"


def read_table(path: Path) -> pl.DataFrame:
    """A Parquet or CSV file, perhaps packed by gzip or zip, as a frame; CSV in UTF-8, UTF-16, GB18030 or Latin-1, by comma,
    semicolon, tab or bar, with decimal points or, where the comma does not part columns, decimal commas.

    Raises NoSuchFile, UnreadableFile.
    """
    if not path.is_file():
        raise NoSuchFile(f"there is no file {path}")
    try:
        with path.open("rb") as file:
            start = file.read(LOOKED_AT)
        packed = _unpacked(path, start)
        start = start if packed is None else packed[:LOOKED_AT]
        if start[:4] == b"PAR1":
            table = _with_days(pl.read_parquet(path if packed is None else BytesIO(packed)))
        else:
            table = _read_csv(path, packed, start)
    except (pl.exceptions.PolarsError, OSError, EOFError, zlib.error, BadZipFile, RuntimeError, UnicodeDecodeError) as error:
        raise UnreadableFile(
            "file", f"a Parquet or CSV file, {path.name} cannot be read: {str(error).splitlines()[0]}"
        ) from error
    names = [name.strip().lstrip("\ufeff") or f"column {place}" for place, name in enumerate(table.columns, start=1)]
    if len(set(names)) == len(names):
        table.columns = names
    if not table.height or not table.width:
        raise UnreadableFile("file", f"rows below a line of column names, {path.name} has none")
    return table


def _unpacked(path: Path, start: bytes) -> bytes | None:
    """What is inside of a packed file; None for one that is not packed."""
    if start.startswith(b"\x1f\x8b"):
        return gzip.decompress(path.read_bytes())
    if not start.startswith(b"PK\3\4"):
        return None
    with ZipFile(path) as archive:
        inside = [each for each in archive.infolist() if not each.is_dir()]
        if len(inside) != 1:
            raise UnreadableFile("file", f"an archive of one file, {path.name} has {len(inside)}")
        return archive.read(inside[0])


def _read_csv(path: Path, content: bytes | None, start: bytes) -> pl.DataFrame:
    if b"\0" in start and not start.startswith(UTF16):
        raise UnreadableFile("file", f"a Parquet or CSV file, {path.name} is neither")
    if content is None and _is_plain(start):
        try:
            return _parse(path, start)
        except pl.exceptions.ComputeError as error:
            if "utf-8" not in str(error).lower():
                raise
    decoded = _as_utf8(path.read_bytes() if content is None else content)
    return _parse(decoded, decoded[:LOOKED_AT])


def _parse(source: Path | bytes, start: bytes) -> pl.DataFrame:
    header = re.sub(r'"[^"]*"', "", start.decode(errors="replace").lstrip("\ufeff\n").split("\n", 1)[0])
    separator = max(SEPARATORS, key=header.count)
    options: dict[str, Any] = {"separator": separator, "null_values": MISSING}
    try:
        table = pl.read_csv(source, **options, try_parse_dates=True, infer_schema_length=20_000)
    except pl.exceptions.NoDataError:
        return pl.DataFrame()
    except pl.exceptions.ComputeError:  # a later value does not fit the kind that the first rows showed: all is text
        table = pl.read_csv(source, **options, infer_schema=False)
    return table if separator == "," else table.with_columns(_with_point(column) for column in table if _has_commas(column))


def _with_days(table: pl.DataFrame) -> pl.DataFrame:
    """Texts that are days throughout as days, which in CSV they are by themselves."""
    texts = [column for column in table if column.dtype == pl.String and column.null_count() < len(column)]
    days = [column.str.to_date("%Y-%m-%d", strict=False) for column in texts]
    return table.with_columns(day for column, day in zip(texts, days, strict=True) if day.null_count() == column.null_count())


def _is_plain(start: bytes) -> bool:
    """Does it begin as UTF-8 with lines that end as they should?"""
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4:  # else a character was cut in two
            return False
    return b"\n" in start or b"\r" not in start


def _as_utf8(content: bytes) -> bytes:
    text = content.decode(_encoding_of(content))
    return (text if "\n" in text else text.replace("\r", "\n")).encode()


def _encoding_of(content: bytes) -> str:
    """GB18030 writes characters by pairs of high bytes; in Latin-1 nearly every high byte stands alone."""
    if content.startswith(UTF16):
        return "utf-16"
    try:
        content.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        pass
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
