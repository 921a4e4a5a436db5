"""Files of any origin as frames: Parquet, or CSV as spreadsheets and databases write it."""

from io import BytesIO
from pathlib import Path

import polars as pl

from app.core.errors import Invalid, NotFound

MISSING = ["", "NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "?"]
SEPARATORS = ",;\t|"


class NoSuchFile(NotFound):
    """There is no such file."""

    code = "extract.no_such_file"


class UnreadableFile(Invalid):
    """The file is no table."""

    code = "extract.unreadable"


def read_table(path: Path) -> pl.DataFrame:
    """A Parquet or CSV file (UTF-8 or GB18030; comma, semicolon, tab or bar) as a frame. Raises NoSuchFile, UnreadableFile."""
    if not path.is_file():
        raise NoSuchFile(f"there is no file {path}")
    with path.open("rb") as file:
        start = file.read(65_536)
    try:
        table = pl.read_parquet(path) if start[:4] == b"PAR1" else _read_csv(path, start)
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
    separator = max(SEPARATORS, key=start.split(b"\n", 1)[0].decode("latin-1").count)
    options = {"separator": separator, "null_values": MISSING, "try_parse_dates": True, "infer_schema_length": 20_000}
    source: Path | BytesIO = path
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4:  # else a character was cut in two
            source = BytesIO(path.read_bytes().decode("gb18030").encode())
    try:
        return pl.read_csv(source, **options)  # type: ignore[arg-type]
    except pl.exceptions.NoDataError:
        return pl.DataFrame()
    except pl.exceptions.ComputeError:  # a later value does not fit the kind that the first rows showed: all is text
        again = path if isinstance(source, Path) else BytesIO(source.getvalue())
        return pl.read_csv(again, separator=separator, null_values=MISSING, infer_schema=False)
