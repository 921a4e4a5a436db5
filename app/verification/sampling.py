"""Which feedback is checked by asking the customer: at random, every manager, and nobody can foretell it (pure).

A stratum is what one manager reported in one part of a month (four parts: from the 1st, 8th, 15th and 22nd), drawn once it is
over. Each feedback has a number u in [0, 1) from a keyed hash of its id. The core takes those with u < share, and the m with
the smallest u whatever they are: a Poisson sample that is topped up to m. All of a stratum are treated alike, so that each has
the inclusion probability E[max(B, m)] / N with B ~ Binomial(N, share): exact, and before anything is drawn (Poisson and
sequential Poisson sampling: Hajek 1964; Ohlsson 1998, J. Official Statistics 14; the expectation by exchangeability).

m follows from sizes alone, never from what was drawn. The risk part is a second draw by other numbers, so that both together
include with 1 - (1 - core) * (1 - risk).
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import date
from math import comb
from uuid import UUID

DEFAULT_SHARE = 0.05  # of the feedback of a month, above the least for every manager
RISK_SHARE = 0.25  # of feedback about which evidence found something, or a case was opened
CASE_SHARE = 0.1  # of the other feedback of a manager about whose month a case was opened
FIRST_DAYS = (1, 8, 15, 22)  # of the parts of a month
PARTS_OF_QUARTER = 3 * len(FIRST_DAYS)
EARLY_PARTS = 2  # of a quarter: DIME checks a fifth in the first two weeks
EARLY_FACTOR = 1.5  # of the share in these
# By the end of each part of a quarter a manager has been checked so often, or in all there was: 11 by the tenth, 3 of 12 early.
QUOTA = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12)


def parts_over(year: int, month: int, today: date) -> list[tuple[int, date, date]]:
    """(part from 1, first day, day after its last) of those parts of a month that were over when `today` began."""
    following = date(year + month // 12, month % 12 + 1, 1)
    begins = [date(year, month, day) for day in FIRST_DAYS]
    parts = zip(begins, [*begins[1:], following], strict=True)
    return [(number, first, end) for number, (first, end) in enumerate(parts, start=1) if end <= today]


def part_of_quarter(month: int, part: int) -> int:
    """From 0 to 11. `month` from 1, `part` of the month from 1."""
    return (month - 1) % 3 * len(FIRST_DAYS) + part - 1


def least(position: int, guaranteed: int) -> int:
    """m of a stratum at this part of its quarter: what the quota still wants after `guaranteed` of the strata before it."""
    return max(QUOTA[position] - guaranteed, 0)


def share_of(position: int, share: float) -> float:
    """The Poisson share of a part of a quarter: half as much again in the early ones."""
    return min(share * EARLY_FACTOR, 1.0) if position < EARLY_PARTS else share


def core_probability(population: int, share: float, at_least: int) -> float:
    """E[max(B, m)] / N: with which each of N feedbacks is drawn by the core. Raises ValueError for a share outside (0, 1]."""
    if not 0 < share <= 1:
        raise ValueError("share: expected a number above 0, at most 1")
    wanted = min(at_least, population)
    few = range(wanted)
    topped_up = sum((wanted - k) * comb(population, k) * share**k * (1 - share) ** (population - k) for k in few)
    return min((population * share + topped_up) / population, 1.0)


def joint_probability(core: float, risk: float) -> float:
    """Of two independent draws, to be in one or both."""
    return 1 - (1 - core) * (1 - risk)


def number_of(secret: str, draw: str, feedback_id: UUID) -> int:
    """u of a feedback for one draw, as a whole number below 2^64."""
    return int.from_bytes(hmac.digest(secret.encode(), f"{draw}/".encode() + feedback_id.bytes, hashlib.sha256)[:8])


def draw_core(secret: str, feedback_ids: Iterable[UUID], share: float, at_least: int) -> set[UUID]:
    """Those of one stratum that the core draws."""
    numbers = sorted((number_of(secret, "back-check", one), one) for one in feedback_ids)
    return {one for nth, (number, one) in enumerate(numbers) if nth < at_least or number < share * 2**64}


def draw_risk(secret: str, risks: Sequence[tuple[UUID, float]]) -> set[UUID]:
    """Those that are drawn for their risk, each with its own probability."""
    return {one for one, probability in risks if number_of(secret, "back-check/risk", one) < probability * 2**64}


def choose_caller(secret: str, feedback_id: UUID, others: Sequence[int]) -> int | None:
    """Which of the other grids asks the customer; None where there is no other."""
    return others[number_of(secret, "back-check/caller", feedback_id) % len(others)] if others else None


def judging_probability(inclusion_probability: float, *, judged_automatically: bool) -> float:
    """Probability with which a back-checked feedback is judged at all.

    What the feeds judge is judged with certainty, drawn or not; only what they cannot judge owes its verdict to the draw.
    Weighing both by the draw would count the checked ones many times over (Horvitz and Thompson, 1952).
    """
    return 1.0 if judged_automatically else inclusion_probability
