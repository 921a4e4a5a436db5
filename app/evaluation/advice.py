"""What the next campaign should change (pure): sentences that written rules derive from the figures, each with its figure.

A rule is a function from the figures to what it has to say, or None where it has nothing to say. Where the data are too few a
rule says just that: nothing can be said. Nothing is said that does not stand on a figure of the same evaluation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.evaluation.doing_well import Ranking
from app.evaluation.effect import Contamination, Effect
from app.evaluation.facts import Talk
from app.evaluation.funnel import Funnel
from app.evaluation.heard import Heard
from app.evaluation.looks import Looks
from app.evaluation.money import Money
from app.evaluation.pace import Pace
from app.evaluation.promises import Calibration
from app.evaluation.ratio_check import RatioCheck

ALARM, CHANGE, KEEP, UNKNOWN = "alarm", "change", "keep", "unknown"
Figure = Mapping[str, float | int | str]


@dataclass(frozen=True)
class Advice:
    """One sentence in Chinese and English. kind: alarm (believe nothing before it is explained), change, keep, unknown (nothing
    can be said); `figure`: on what it stands."""

    rule: str
    kind: str
    zh: str
    en: str
    figure: Figure


@dataclass(frozen=True)
class Figures:
    """All that is evaluated of one campaign. talks: the lines behind the names of `talk_tracks`, which are their places."""

    funnel: Funnel
    effect: Effect
    ratio: RatioCheck
    contamination: Contamination
    looks: Looks
    calibration: Calibration
    money: Money
    pace: Pace
    objections: tuple[Heard, ...]
    managers: Ranking
    talk_tracks: Ranking
    talks: tuple[Talk, ...]


Rule = Callable[[Figures], Advice | None]


def percent(value: float, digits: int = 1) -> str:
    """A share for people: 0.123 is 12.3 %."""
    return f"{100 * value:.{digits}f} %"


def points(value: float) -> str:
    """A difference of shares for people, in percentage points with its sign."""
    return f"{100 * value:+.2f}"
