"""From the list to the sale (pure): how many came how far, and why the others went no further."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.evaluation.facts import Bools, Counted, Facts, Integers, Words

STAGES = ("targets", "dispatched", "released", "contacted", "reached", "interested", "won")
MOST_REASONS = 12  # of one stage; what is rarer is summed up as "rest"


@dataclass(frozen=True)
class Stage:
    """One stage: how many came to it, and of those who went no further how many for what reason, the most frequent first."""

    code: str
    count: int
    out: dict[str, int]


@dataclass(frozen=True)
class Funnel:
    """The stages. `won_otherwise`: successes of work orders whose customer had not reported interest, or was not even contacted:
    they count as successes (DESIGN 5), yet no talk that was reported led to them."""

    stages: tuple[Stage, ...]
    won_otherwise: int


def make_funnel(facts: Facts, words: Words, *, reasons: Sequence[str | None], states: Sequence[str], outcomes: Sequence[str],
                objections: Sequence[str]) -> Funnel:  # fmt: skip
    """Each stage holds only who was in the stage before it.

    reasons, states, outcomes, objections: what the codes of these columns of Facts stand for.
    """
    won = facts.counted == Counted.SUCCESS
    inside = [np.ones(len(facts.score), np.bool_)]
    for more in (facts.has_order, facts.released, facts.contacted, facts.reached, facts.interested, won):
        inside.append(inside[-1] & more)
    closed = _closings(facts, words, states)
    last = np.array([*outcomes, "no_report"], dtype=object)[facts.outcome]
    said = np.array([*objections, None], dtype=object)[facts.objection]
    refused = np.array([f"objection:{one}" if one is not None else None for one in said], dtype=object)
    why = [
        np.array([reason or "undecided" for reason in reasons], dtype=object)[facts.reason],
        closed,
        closed,
        last,
        np.where(refused == None, last, refused),  # noqa: E711 - of each element
        np.where(facts.counted == Counted.LEFT_OUT, closed, "no_order"),
    ]
    stages = [
        Stage(code, int(here.sum()), _count(why[place][here & ~inside[place + 1]]) if place < len(why) else {})
        for place, (code, here) in enumerate(zip(STAGES, inside, strict=True))
    ]
    return Funnel(tuple(stages), int((won & ~inside[-1]).sum()))


def _closings(facts: Facts, words: Words, states: Sequence[str]) -> Integers:
    """In what state a work order is, and why."""
    state = np.array([*states, "none"], dtype=object)[facts.state]
    closing = np.array([*(f":{one}" for one in words.closings), ""], dtype=object)[facts.closed]
    joined: Integers = state + closing
    return joined


def _count(values: np.ndarray) -> dict[str, int]:
    found, counts = np.unique(values.astype(str), return_counts=True)
    pairs = sorted(zip(found.tolist(), counts.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    shown = {str(reason): int(count) for reason, count in pairs[:MOST_REASONS]}
    rest = sum(count for _, count in pairs[MOST_REASONS:])
    return shown | ({"rest": int(rest)} if rest else {})


def share_out(stage: Stage, *beginnings: str) -> float:
    """What share of a stage went no further for reasons that begin so; 0 of an empty one."""
    gone = sum(count for reason, count in stage.out.items() if reason.startswith(beginnings))
    return gone / stage.count if stage.count else 0.0


def judged_orders(facts: Facts) -> Bools:
    """Work orders that are in the success rate: neither withdrawn nor given back for a reason that excuses."""
    judged: Bools = (facts.counted == Counted.SUCCESS) | (facts.counted == Counted.FAILED)
    return judged
