"""Files beside the database, in a folder or in S3: written once under a name that is never used again, read as columns.

A file belongs to us when a committed row names it; what no row names is left over from a transaction that was not
committed and is swept away later.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
from sqlalchemy.orm import Session

from app.core.errors import Conflict

ROW_GROUP_ROWS = 32_768  # half of these and files grow by a twentieth; twice, and a part of a file costs more than itself


class StoredFileMissing(Conflict):
    """A file that the database names is not in the storage, or cannot be read."""

    code = "storage.file_missing"


@dataclass(frozen=True)
class StoredFile:
    """A file as the storage lists it; `path` is relative to the storage."""

    path: str
    byte_count: int
    written_at: datetime


@dataclass(frozen=True)
class Storage:
    """The files of one installation. `url`: a folder, `file:///folder` or `s3://bucket/prefix?region=...&endpoint_override=...`."""

    url: str

    @cached_property
    def _root(self) -> pyarrow.fs.SubTreeFileSystem:
        if urlsplit(self.url).scheme in ("", "file"):
            folder = Path(urlsplit(self.url).path if self.url.startswith("file:") else self.url).resolve()
            folder.mkdir(parents=True, exist_ok=True)
            return pyarrow.fs.SubTreeFileSystem(str(folder), pyarrow.fs.LocalFileSystem())
        system, base = pyarrow.fs.FileSystem.from_uri(self.url)
        return pyarrow.fs.SubTreeFileSystem(base, system)

    @property
    def is_local(self) -> bool:
        """Is it a folder of this machine?"""
        return urlsplit(self.url).scheme in ("", "file")

    @property
    def address(self) -> str:
        """The URL for people to read: without what may be secret in it."""
        parts = urlsplit(self.url)
        return self.url if self.is_local else f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def write_table(self, path: str, table: pa.Table, *, row_group_rows: int = ROW_GROUP_ROWS, values_repeat: bool = True) -> int:
        """Write a table as Parquet, whole or not at all; gives its size in bytes. Without `values_repeat` none are looked up."""
        sink = pa.BufferOutputStream()
        options = {"compression": "lz4", "use_dictionary": values_repeat}  # a tenth larger than zstd, read in half the time
        pq.write_table(table, sink, row_group_size=row_group_rows, **options)
        content = sink.getvalue()
        self.write_bytes(path, content)
        return int(content.size)

    def write_bytes(self, path: str, content: bytes | pa.Buffer) -> None:
        """Write a file, whole or not at all."""
        if not self.is_local:  # an object appears when its upload is complete
            with self._root.open_output_stream(path) as stream:
                stream.write(content)
            return
        self._root.create_dir(path.rpartition("/")[0], recursive=True)
        with self._root.open_output_stream(f"{path}.partial") as stream:
            stream.write(content)
        self._root.move(f"{path}.partial", path)

    def read_table(self, path: str, *, columns: Collection[str] | None = None, filters: Any = None) -> pa.Table:
        """The columns of a Parquet file; `filters` is a pyarrow expression. Raises StoredFileMissing."""
        names = None if columns is None else list(columns)
        with _named(path):
            if filters is not None:
                return pq.read_table(path, filesystem=self._root, columns=names, filters=filters, partitioning=None)
            with self._root.open_input_file(path) as file:  # without the datasets of pyarrow, which load for a third of a second
                return pq.ParquetFile(file).read(columns=names)

    def column_names(self, path: str) -> list[str]:
        """The columns of a Parquet file. Raises StoredFileMissing."""
        with _named(path):
            return list(pq.read_schema(path, filesystem=self._root).names)

    def read_rows(self, path: str, first: int, last: int, *, columns: Collection[str]) -> tuple[pa.Table, int]:
        """The row groups of a Parquet file that hold its rows `first` to `last`, and which row their first one is.

        Raises StoredFileMissing.
        """
        with _named(path), pq.ParquetFile(path, filesystem=self._root, pre_buffer=True) as file:
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
            ends = list(accumulate(sizes))
            groups = range(bisect_right(ends, first), bisect_right(ends, last) + 1)
            table = file.read_row_groups(groups, columns=list(columns), use_threads=False)  # callers are threads themselves
            return table, ends[groups[0]] - sizes[groups[0]]

    def read_bytes(self, path: str) -> bytes:
        """A whole file. Raises StoredFileMissing."""
        try:
            with self._root.open_input_stream(path) as stream:
                return bytes(stream.read())
        except OSError as error:
            raise StoredFileMissing(f"storage: expected a readable file {path}") from error

    def list_files(self, folder: str) -> Iterator[StoredFile]:
        """All files under a folder, by path; none where there is no such folder."""
        selector = pyarrow.fs.FileSelector(folder, recursive=True, allow_not_found=True)
        for found in sorted(self._root.get_file_info(selector), key=lambda info: info.path):
            if found.type == pyarrow.fs.FileType.File:
                yield StoredFile(found.path, found.size or 0, found.mtime)

    def delete(self, path: str) -> None:
        """Remove a file; nothing happens where there is none."""
        if self._root.get_file_info(path).type == pyarrow.fs.FileType.File:
            self._root.delete_file(path)


@contextmanager
def _named(path: str) -> Iterator[None]:
    """What is wrong with a file is said with its path."""
    try:
        yield
    except (OSError, pa.ArrowInvalid) as error:
        raise StoredFileMissing(f"storage: expected a readable Parquet file {path}") from error


def storage_of(session: Session) -> Storage:
    """The files of the installation whose database this session works on."""
    storage = session.info.get("storage")
    if not isinstance(storage, Storage):
        raise RuntimeError("these sessions were made without a storage; expected make_sessions(engine, storage)")
    return storage
