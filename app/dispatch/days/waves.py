"""The morning's wave: which of the waiting contacts are for today, and what becomes of the others (pure NumPy).

A month's list lies there as planned orders. Each morning those whose day has come, and what yesterday left unfinished, are held
against today's true capacity: absences and holidays that were not known at the dispatch count. Nobody gets more than that.

    begun (in progress)           stays with its manager, first in line
    nobody has begun, day passed  by the campaign's rule: roll to today, expire, or the pool of the grid
    too many days passed          rule expire: expires; else the pool
    does not fit today            the manager's next free day up to the last day; where there is none, the pool
    the manager works no more     the pool
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
GONE = -1  # instead of a manager's position: one who works no more


class Rule(IntEnum):
    """What becomes of a contact that nobody has begun when its day is over; the words are the campaign's unfinished_rule."""

    ROLL = 0
    EXPIRE = 1
    POOL = 2


class Fate(IntEnum):
    """What becomes of a waiting contact this morning."""

    TODAY = 0
    LATER = 1
    POOL = 2
    EXPIRE = 3


@dataclass(frozen=True)
class Waiting:
    """Contacts whose day is today or before. Each (n,).

    `manager`: position among the managers, GONE for nobody. `first_day`: 1 for whom today is refused.
    `last_day`: 0 is today. `begun`: in progress. `passed`: the day is
    before today. `rule`: a Rule. `rolls`: days passed unfinished before, `most_rolls`: so many may. `place`: lower goes first.
    """

    manager: Integers
    first_day: Integers
    last_day: Integers
    begun: Booleans
    passed: Booleans
    rule: Integers
    rolls: Integers
    most_rolls: Integers
    place: Integers


def plan_wave(waiting: Waiting, free: Integers) -> tuple[Integers, Integers]:
    """(Fate, day) of each contact; the day counts from today and is 0 unless LATER.

    `free`: (managers, days), contacts that each can take on each day from today on, other work taken off. First come the begun,
    then those whose last day is today, then what was passed, each by `place`. The same input gives the same output.
    """
    fate = np.full(len(waiting.manager), Fate.POOL, dtype=np.int64)
    day = np.zeros(len(waiting.manager), dtype=np.int64)
    tired = waiting.passed & (waiting.rolls >= waiting.most_rolls)
    idle = waiting.passed & ~waiting.begun
    fate[(idle | tired) & (waiting.rule == Rule.EXPIRE)] = Fate.EXPIRE
    settled = tired | (idle & (waiting.rule != Rule.ROLL)) | (waiting.manager == GONE)
    left = np.maximum(free, 0)
    turn = np.lexsort((waiting.place, ~waiting.passed, waiting.last_day > 0, ~waiting.begun))
    for index in turn[~settled[turn]]:
        first = waiting.first_day[index]
        days = left[waiting.manager[index], first : waiting.last_day[index] + 1]
        if not days.any():
            continue
        place = int(np.argmax(days > 0))
        days[place] -= 1
        found = first + place
        fate[index] = Fate.LATER if found else Fate.TODAY
        day[index] = found
    return fate, day
