"""Scores of some customers at a time, and what must be kept of them until all are put in order (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from app.scoring.learning.encoding import encode
from app.scoring.learning.labels import check_no_leak
from app.scoring.learning.ranker import TrainedRanker, score
from app.scoring.learning.reasons import sample_rows
from app.scoring.snapshots import trained_names
from app.scoring.uplift.part import score_uplift

_ORDERING = "_ordering"  # no figure has this name


@dataclass(frozen=True, eq=False)
class ScoredPartition:
    """scores: customer_id, score, and uplift where the ranker has it. best: all columns of the rows that may end at the top.
    sample: a fixed part of all rows. figures: the trained figures that somebody has."""

    scores: pl.DataFrame
    best: pl.DataFrame
    sample: pl.DataFrame
    without_figures: int
    figures: frozenset[str]


def score_partition(ranker: TrainedRanker, frame: pl.DataFrame, *, top: int, num_threads: int = 2) -> ScoredPartition:
    """Score the rows (customer_id, as_of, snapshot_date, features), of which the best `top` may need reasons."""
    check_no_leak(frame.select("as_of", "snapshot_date"))
    scores = frame.select("customer_id", score=pl.Series(score(ranker, frame, num_threads=num_threads), dtype=pl.Float64))
    if ranker.uplift is not None:
        uplift = score_uplift(ranker.uplift, encode(frame, ranker.encoding))
        scores = scores.with_columns(uplift=pl.Series(uplift, dtype=pl.Float64))
    return ScoredPartition(
        scores=scores,
        best=_best_of(frame, scores[_ordering(scores)].alias(_ORDERING), top),
        sample=sample_rows(frame, ranker),
        without_figures=frame["snapshot_date"].null_count(),
        figures=frozenset(name for name in trained_names(ranker.encoding) if frame[name].null_count() < frame.height),
    )


def join_blocks(blocks: Iterable[ScoredPartition], *, top: int) -> ScoredPartition:
    """The blocks of a partition, of which there is one at least, as one."""
    found = list(blocks)
    return ScoredPartition(
        scores=pl.concat([block.scores for block in found]),
        best=_best(_together(block.best for block in found), top),
        sample=pl.concat([block.sample for block in found]),
        without_figures=sum(block.without_figures for block in found),
        figures=frozenset[str]().union(*(block.figures for block in found)),
    )


@dataclass(frozen=True, eq=False)
class ScoredCustomers:
    """All partitions together. scores: customer_id, branch_id, score, perhaps uplift. best: the rows of the best, best first."""

    scores: pl.DataFrame
    best: pl.DataFrame
    sample: pl.DataFrame
    without_figures: int
    figures: frozenset[str]


def join_partitions(parts: Iterable[tuple[int, ScoredPartition]], *, top: int) -> ScoredCustomers | None:
    """Partitions with their branch's id, taken one by one: of each no more is kept than may be needed. None without any."""
    scores, samples, without_figures, figures = [], [], 0, frozenset[str]()
    best: pl.DataFrame | None = None
    for branch_id, part in parts:
        scores.append(part.scores.with_columns(branch_id=pl.lit(branch_id, pl.Int32)))
        samples.append(part.sample)
        best = part.best if best is None else _best(_together((best, part.best)), top)
        without_figures += part.without_figures
        figures |= part.figures
    if best is None:
        return None
    return ScoredCustomers(pl.concat(scores), best.drop(_ORDERING), pl.concat(samples), without_figures, figures)


def order_customers(scores: pl.DataFrame) -> pl.DataFrame:
    """`scores` from the best down (by uplift where there is one), with `rank` from 1 on.

    Of equal ones the smaller customer id goes first.
    """
    return scores.sort(_ordering(scores), "customer_id", descending=[True, False]).with_row_index("rank", offset=1)


def _ordering(scores: pl.DataFrame) -> str:
    return "uplift" if "uplift" in scores.columns else "score"


def _best_of(frame: pl.DataFrame, ordering: pl.Series, top: int) -> pl.DataFrame:
    """The best `top` rows with what they are ordered by. Only rows that reach the least of them are looked at."""
    if 0 < top < frame.height:
        values = ordering.to_numpy()
        least = np.partition(values, frame.height - top)[frame.height - top]
        rows = np.flatnonzero(values >= least)
        frame, ordering = frame[rows], ordering[rows]
    return _best(frame.with_columns(ordering), top)


def _together(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """One below the other; numbers that came as text here may be numbers there."""
    return pl.concat(parts, how="vertical_relaxed")


def _best(frame: pl.DataFrame, top: int) -> pl.DataFrame:
    return frame.sort(_ORDERING, "customer_id", descending=[True, False]).head(top)
