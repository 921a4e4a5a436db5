"""What the features of a sample look like, for who writes a rule: of which kind, from where to where, which words (pure)."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import polars as pl

from app.centre.bearing import kind_of
from app.centre.rules import FEATURE

MOST_WORDS = 30
CHOICES = ("segment", "lifecycle_stage", "grid")


def plain_kinds(frames: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """The frames with one kind for each figure: one that is a number in some branch and a text in another counts as a number,
    and the texts as missing."""
    kinds: Counter[tuple[str, str]] = Counter()
    for frame in frames:
        kinds.update((name, kind) for name in _figures(frame) if (kind := kind_of(frame.schema[name])))
    mixed = {name for name, _ in kinds if kinds[name, "text"] and kinds[name, "number"]}
    return [
        frame.with_columns(
            pl.lit(None, pl.Float64).alias(name) for name in _figures(frame) if name in mixed and frame.schema[name] == pl.String
        )
        for frame in frames
    ]


def looks_of(frame: pl.DataFrame) -> dict[str, Any]:
    """By feature {kind, known: share of the customers who have it, low, middle, high or words}; and the words of CHOICES."""
    found: dict[str, Any] = {}
    for name in (*_figures(frame), *CHOICES):
        values = frame[name]
        kind = kind_of(values.dtype)
        if kind is None or values.null_count() == len(values):
            continue
        look: dict[str, Any] = {"kind": kind, "known": round(1 - values.null_count() / max(len(values), 1), 4)}
        if kind == "number":
            low, middle, high = (values.cast(pl.Float64).quantile(share, "nearest") for share in (0.05, 0.5, 0.95))
            look |= {"low": low, "middle": middle, "high": high}
        else:
            counted = values.drop_nulls().value_counts(sort=True)
            most = len(counted) if name == "grid" else MOST_WORDS
            look["words"] = sorted(counted[name].head(most).to_list()) if name == "grid" else counted[name].head(most).to_list()
        found[name.removeprefix(FEATURE) if name.startswith(FEATURE) else f"@{name}"] = look
    return found


def _figures(frame: pl.DataFrame) -> list[str]:
    return [name for name in frame.columns if name.startswith(FEATURE)]
