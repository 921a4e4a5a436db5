"""Figures of a file on disk while its other columns are looked up: written a chunk at a time, then gathered by line.

Chunks are Arrow files that are mapped, not read, so that gathering a partition costs no more memory than the partition.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.ipc
from numpy.typing import NDArray

from app.ingest.figures import CUSTOMER, KEPT_APART
from app.ingest.kinds import aligned

_LINE = "\tline"  # no header can hold this name


@dataclass
class Spill:
    """The chunks of one file in a folder of its own; lines rise from chunk to chunk."""

    folder: Path
    last_lines: list[int] = field(default_factory=list)
    opened: dict[int, pl.DataFrame] = field(default_factory=dict)

    def add(self, lines: pl.Series, figures: pl.DataFrame) -> None:
        """Keep the figures of the rows that start on these lines."""
        if lines.is_empty():
            return
        if CUSTOMER in figures.columns:
            figures = figures.drop(KEPT_APART, strict=False).rename({CUSTOMER: KEPT_APART})
        frame = pl.DataFrame([lines.alias(_LINE), *figures])
        frame.write_ipc(self.folder / str(len(self.last_lines)), compression="uncompressed", record_batch_size=frame.height)
        self.last_lines.append(int(lines[-1]))

    def gather(self, lines: NDArray[np.int64]) -> pl.DataFrame:
        """The figures of these lines, which rise."""
        ends = np.searchsorted(lines, np.asarray(self.last_lines, dtype=np.int64), side="right")
        starts = np.concatenate([[0], ends[:-1]])
        parts = [
            self._part(number, lines[start:end])
            for number, (start, end) in enumerate(zip(starts, ends, strict=True))
            if end > start
        ]
        return pl.concat(aligned(parts)) if parts else pl.DataFrame()

    def _part(self, number: int, lines: NDArray[np.int64]) -> pl.DataFrame:
        if number not in self.opened:
            with pa.memory_map(str(self.folder / str(number))) as mapped:
                self.opened[number] = pl.DataFrame(pl.from_arrow(pa.ipc.open_file(mapped).read_all(), rechunk=False))
        chunk = self.opened[number]
        return chunk.drop(_LINE)[np.searchsorted(chunk[_LINE].to_numpy(), lines)]
