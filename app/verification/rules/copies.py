"""Notes that were copied and photos that were used again (pure)."""

import re
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.verification.rules.rule import COPIES, HINT, Asked, Rule, asked

SHINGLE = 3  # characters
SHORTEST_NOTE = 12  # characters without digits, blanks and marks; of shorter ones many are alike by chance
ALIKE = 0.8  # shared shingles of all shingles of both (Jaccard, 1901)
BITS_APART = 4  # of the 64 of a photo's look
FLAT = 6  # bits set or not set in fewer places: a look of nothing
CROWD = 200  # looks with the same quarter; of more only those wholly alike are compared
_UNSAID = re.compile(r"[\W\d_]+")


def _ask_notes(reports: pl.DataFrame) -> Asked:
    noted = reports.filter(pl.col("note").is_not_null())
    said = [_UNSAID.sub("", note).lower() for note in noted["note"].to_list()]
    judged = noted.with_columns(said=pl.Series(said, dtype=pl.String)).filter(pl.col("said").str.len_chars() >= SHORTEST_NOTE)
    texts = judged.group_by("staff", "said", maintain_order=True).agg(customers=pl.col("customer").n_unique())
    nearest = [(one, *_nearest(block)) for (one,), block in texts.group_by("staff", maintain_order=True)]
    likeness = np.concatenate([likes for _, likes, _ in nearest]) if nearest else np.empty(0)
    others = np.concatenate([count for _, _, count in nearest]) if nearest else np.empty(0, dtype=np.int64)
    judged = judged.join(texts.with_columns(likeness=likeness, others=others), on=["staff", "said"], how="left")
    return asked(
        judged, pl.lit(value=True), pl.col("likeness") >= ALIKE, likeness=pl.col("likeness").round(2), notes=pl.col("others")
    )


def _nearest(texts: pl.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For each text of one manager: its likeness to the most alike about another customer, and how many are so alike."""
    shingles = [{said[at : at + SHINGLE] for at in range(len(said) - SHINGLE + 1)} for said in texts["said"].to_list()]
    codes = {shingle: number for number, shingle in enumerate(sorted(set().union(*shingles)))}
    has = np.zeros((len(shingles), len(codes)), dtype=np.float32)
    for row, own in enumerate(shingles):
        has[row, [codes[shingle] for shingle in own]] = 1
    both, sizes = has @ has.T, has.sum(axis=1)
    alike = both / (sizes[:, None] + sizes[None, :] - both)
    np.fill_diagonal(alike, np.where(texts["customers"].to_numpy() > 1, 1.0, 0.0))
    return alike.max(axis=1).astype(np.float64), (alike >= ALIKE).sum(axis=1).astype(np.int64)


def _ask_photos(reports: pl.DataFrame) -> Asked:
    looks = reports.filter(pl.col("looks").is_not_null()).select("row", "customer", look="looks").explode("look").drop_nulls()
    bits = np.bitwise_count(looks["look"].to_numpy().view(np.uint64)) if len(looks) else np.empty(0)
    looks = looks.filter(pl.Series((bits >= FLAT) & (bits <= 64 - FLAT), dtype=pl.Boolean))
    again = _alike(looks)
    judged = looks.select("row").unique(maintain_order=True).join(again, on="row", how="left")
    return asked(judged, pl.lit(value=True), pl.col("customers") > 0, customers=pl.col("customers"), bits_apart=pl.col("apart"))


def _alike(looks: pl.DataFrame) -> pl.DataFrame:
    """Per row with a photo alike to one of another customer: of how many, and how far the nearest is.

    Looks that differ in at most 3 bits share a quarter, and most of those that differ in 4.
    """
    pairs: list[tuple[int, int, int, int]] = []
    values = looks["look"].to_numpy().view(np.uint64) if len(looks) else np.empty(0, dtype=np.uint64)
    rows, customers = looks["row"].to_numpy(), looks["customer"].to_numpy()
    for quarter in range(4):
        part = (values >> np.uint64(16 * quarter)) & np.uint64(0xFFFF)
        for group in _groups(part):
            crowded = len(group) > CROWD
            for inner in _groups(values[group]) if crowded else [np.arange(len(group))]:
                pairs += _near(group[inner], values, rows, customers)
    found = pl.DataFrame(
        pairs, schema={"row": pl.UInt32, "customer": pl.Int64, "other": pl.Int64, "apart": pl.Int64}, orient="row"
    )
    return found.group_by("row").agg(customers=pl.col("other").n_unique(), apart=pl.col("apart").min())


def _groups(values: NDArray[np.uint64]) -> list[NDArray[np.int64]]:
    """Places of equal values, where there are at least two."""
    order = np.argsort(values, kind="stable")
    edges = np.flatnonzero(np.diff(values[order])) + 1
    return [group for group in np.split(order, edges) if len(group) > 1]


def _near(
    group: NDArray[np.int64], values: NDArray[np.uint64], rows: NDArray[np.uint32], customers: NDArray[np.int64]
) -> list[tuple[int, int, int, int]]:
    found = []
    for one, other in combinations(group[: CROWD * 2].tolist(), 2):
        apart = int(values[one] ^ values[other]).bit_count()
        if apart <= BITS_APART and customers[one] != customers[other]:
            found.append((int(rows[one]), int(customers[one]), int(customers[other]), apart))
            found.append((int(rows[other]), int(customers[other]), int(customers[one]), apart))
    return found


RULES = (
    Rule(
        "note_copied",
        1,
        HINT,
        COPIES,
        "备注与另一客户的备注几乎相同",
        "the note is nearly that about another customer",
        "不能证明不实：常用语会重复",
        "that it is untrue: people have set phrases",
        _ask_notes,
        f"相似度 ≥ {ALIKE:.0%}，备注至少 {SHORTEST_NOTE} 字",
        f"likeness of {ALIKE:.0%} or more; notes of {SHORTEST_NOTE} characters or more",
        expected=0.02,
        habit=True,
    ),
    Rule(
        "photo_reused",
        1,
        HINT,
        COPIES,
        "照片与另一客户的照片看起来一样",
        "the photo looks like one sent about another customer",
        "不能证明没有上门：同样的门或表格看起来一样",
        "that there was no visit: the same door or form looks the same",
        _ask_photos,
        f"图像指纹 64 位中至多差 {BITS_APART} 位",
        f"at most {BITS_APART} of the 64 bits of their looks differ",
    ),
)
