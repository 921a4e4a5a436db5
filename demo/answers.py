"""What happens when a manager contacts a customer of the synthetic town, and what the manager says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from demo.truth import CLAIMER, HONEST, MAIN, NEVER_CALLS, Truth, product_column

OUTCOMES = ("bought", "interested", "refused", "not_reached", "wrong_number", "callback")
BOUGHT, INTERESTED, REFUSED, NOT_REACHED, WRONG_NUMBER, CALLBACK = range(len(OUTCOMES))
# Shortest and longest call by outcome, seconds.
_SHORTEST, _LONGEST = np.array([120, 60, 20, 0, 5, 15]), np.array([480, 240, 120, 0, 15, 45])
# What one who never calls writes down, by outcome: chosen to look like everybody else's list.
_INVENTED = np.cumsum([0.08, 0.17, 0.43, 0.22, 0.02, 0.08])
DRAWS = 6

Numbers = NDArray[np.floating]


@dataclass(frozen=True)
class Answer:
    """What really happened. `outcome` is one of `OUTCOMES`; `seconds` is 0 when nobody answered.

    `called` is False only for a manager who never calls: then the calls feed has no row. `ordered_at` is None
    without an order; `channel` is field for an order won by the contact, app for one that came by itself.
    `luck` in [0, 1) decides what a dishonest manager makes of it.
    """

    customer_no: str
    staff_no: str
    when: datetime
    called: bool
    reached: bool
    outcome: str
    seconds: int
    ordered_at: datetime | None
    channel: str | None
    luck: float


@dataclass(frozen=True)
class Claim:
    """What the manager reports: an outcome code and how long the talk is said to have lasted, seconds."""

    outcome: str
    seconds: int


@dataclass(frozen=True, eq=False)
class Happenings:
    """k contacts at once: outcome codes, call seconds, whether an order follows, after how many seconds."""

    reached: NDArray[np.bool_]
    outcome: NDArray[np.int64]
    seconds: NDArray[np.int64]
    ordered: NDArray[np.bool_]
    delay: NDArray[np.int64]


def contact_rng(seed: int, *words: object) -> np.random.Generator:
    """A generator of its own for one contact, so that a demo taken up again draws the same answers."""
    return np.random.default_rng([seed, crc32("|".join(map(str, words)).encode())])


def happen(
    draws: Numbers,
    *,
    called: NDArray[np.bool_],
    reach: Numbers,
    bad_phone: NDArray[np.bool_],
    when_reached: Numbers,
    alone: Numbers,
    skill: Numbers,
) -> Happenings:
    """Play k contacts from `draws` (k, DRAWS) uniform in [0, 1); the other arguments are (k).

    Skill multiplies the odds of who is reached; who is not reached or not called buys as one left alone does.
    """
    reached = called & (draws[:, 0] < reach)
    odds = skill * when_reached / (1 - when_reached)
    ordered = draws[:, 1] < np.where(reached, odds / (1 + odds), alone)
    said_no = np.select([draws[:, 2] < 0.6, draws[:, 2] < 0.85], [REFUSED, INTERESTED], CALLBACK)
    said_yes = np.where(draws[:, 2] < 0.85, BOUGHT, INTERESTED)  # some decide at home, a day or two later
    stranger = called & bad_phone & (draws[:, 2] < 0.8)
    missed = np.where(stranger, WRONG_NUMBER, NOT_REACHED)
    outcome = np.where(reached, np.where(ordered, said_yes, said_no), missed)
    seconds = _SHORTEST[outcome] + (_LONGEST - _SHORTEST)[outcome] * draws[:, 3] ** 2
    earliest, latest = np.where(outcome == BOUGHT, 0.5, 8.0), np.where(outcome == BOUGHT, 20.0, 60.0)
    delay = 3600 * (earliest + (latest - earliest) * draws[:, 4])
    return Happenings(reached, outcome, seconds.astype(np.int64), ordered, delay.astype(np.int64))


def answer_contact(
    truth: Truth,
    rng: np.random.Generator,
    customer_no: str,
    staff_no: str,
    when: datetime,
    *,
    product_code: str = MAIN,
) -> Answer:
    """Play one contact; an order follows within 60 hours or not at all, and never for a product held before.

    It keeps no memory: whoever plays a second contact of a customer must leave out those who ordered already.
    KeyError when the town has no such customer or terminal manager.
    """
    row, staff = truth.customer_row(customer_no), truth.staff_row(staff_no)
    column = product_column(product_code)
    called = bool(truth.honesty[staff] != NEVER_CALLS)
    draws, one, free = rng.random((1, DRAWS)), slice(row, row + 1), ~truth.held[row, column]
    it = happen(
        draws,
        called=np.array([called]),
        reach=truth.reach[one],
        bad_phone=truth.bad_phone[one],
        when_reached=truth.when_reached[one, column] * free,
        alone=truth.alone[one, column] * free,
        skill=truth.skill[staff : staff + 1],
    )
    ordered, reached = bool(it.ordered[0]), bool(it.reached[0])
    return Answer(
        customer_no=customer_no,
        staff_no=staff_no,
        when=when,
        called=called,
        reached=reached,
        outcome=OUTCOMES[it.outcome[0]],
        seconds=int(it.seconds[0]),
        ordered_at=when + timedelta(seconds=int(it.delay[0])) if ordered else None,
        channel=("field" if reached else "app") if ordered else None,
        luck=float(draws[0, 5]),
    )


def claim_of(manager_honesty: str, answer: Answer) -> Claim:
    """What a manager of this honesty reports of a contact; ValueError for an unknown kind of honesty."""
    if manager_honesty == CLAIMER and answer.ordered_at is None and answer.luck < 1 / 3:
        return Claim(OUTCOMES[BOUGHT], max(answer.seconds, 90))
    if manager_honesty == NEVER_CALLS:
        code = min(int(np.searchsorted(_INVENTED, answer.luck, side="right")), CALLBACK)
        return Claim(OUTCOMES[code], int((_SHORTEST[code] + _LONGEST[code]) // 2))
    if manager_honesty in (HONEST, CLAIMER):
        return Claim(answer.outcome, answer.seconds)
    raise ValueError(f"honesty is one of {HONEST}, {CLAIMER}, {NEVER_CALLS}, not {manager_honesty!r}")


def orders_left_alone(
    truth: Truth,
    rng: np.random.Generator,
    customer_nos: Sequence[str],
    start: datetime,
    *,
    days: int = 21,
    product_code: str = MAIN,
) -> list[tuple[str, datetime]]:
    """(customer, time) of the orders within `days` days of `start` of customers nobody contacted."""
    rows, column = truth.customer_rows(customer_nos), product_column(product_code)
    draws = rng.random((len(rows), 2))
    buys = (draws[:, 0] < truth.alone[rows, column]) & ~truth.held[rows, column]
    seconds = (draws[:, 1] * days * 86_400).astype(np.int64)
    return [(customer_nos[int(at)], start + timedelta(seconds=int(seconds[at]))) for at in np.flatnonzero(buys)]


def true_value_of_random_list(
    truth: Truth,
    n: int,
    rng: np.random.Generator,
    *,
    product_code: str = MAIN,
    among: Sequence[str] | None = None,
) -> float:
    """Expected successes of n customers drawn at random, contacted once each by managers of skill 1.

    Drawn from `among`, or else from all who do not hold the product; ValueError when these are fewer than n.
    """
    column = product_column(product_code)
    pool = np.flatnonzero(~truth.held[:, column]) if among is None else truth.customer_rows(among)
    if not 0 <= n <= len(pool):
        raise ValueError(f"n must be between 0 and the {len(pool)} customers to draw from, not {n}")
    return float(truth.contacted[rng.choice(pool, n, replace=False), column].sum())
