"""What was said against the offer (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.evaluation.facts import Counted, Facts


@dataclass(frozen=True)
class Heard:
    """One objection: how many customers said it last, their share of all whom it was spoken with, and who bought all the same."""

    code: str
    customers: int
    share: float
    bought_all_the_same: int


def objections_heard(facts: Facts, codes: Sequence[str]) -> tuple[Heard, ...]:
    """The most frequent first. `codes`: what the column objection stands for."""
    reached = int(facts.reached.sum())
    counts = np.bincount(facts.objection[facts.objection >= 0], minlength=len(codes))
    won = (facts.counted == Counted.SUCCESS) & (facts.objection >= 0)
    bought = np.bincount(facts.objection[won], minlength=len(codes))
    found = [
        Heard(code, int(count), int(count) / max(reached, 1), int(sold))
        for code, count, sold in zip(codes, counts, bought, strict=True)
        if count
    ]
    return tuple(sorted(found, key=lambda heard: (-heard.customers, heard.code)))
