"""All figures of one campaign from what is known of its targets (pure), as they are kept and shown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from app.campaigns.eligibility import REASON_WORDS, REASONS
from app.dispatch.states import STATES
from app.evaluation.advice import Figures
from app.evaluation.advice_rules import advise
from app.evaluation.doing_well import Group, rank_groups
from app.evaluation.effect import contamination_of, effect_of
from app.evaluation.facts import Arm, Counted, Facts, Words, arms_of
from app.evaluation.funnel import judged_orders, make_funnel
from app.evaluation.heard import objections_heard
from app.evaluation.intervals import share_interval
from app.evaluation.looks import look_closer
from app.evaluation.money import count_money
from app.evaluation.pace import measure_pace
from app.evaluation.promises import calibrate
from app.evaluation.ratio_check import check_ratio, promised_share
from app.feedback.objections import OBJECTIONS
from app.feedback.outcomes import OUTCOMES

GATES = np.array([reason in REASONS and reason != "control" for reason in REASON_WORDS])
CONTROL, OUTSIDE_PILOT = REASON_WORDS.index("control"), REASON_WORDS.index("outside_pilot")


@dataclass(frozen=True)
class Terms:
    """What of a campaign its evaluation rests on. Shares are 0..1; pilot_share: 1 unless the pilot stopped or still lasts."""

    control_share: float
    pilot_share: float
    pilot_by_grids: bool
    contact_cost: Decimal | None


def assess(facts: Facts, words: Words, managers: Sequence[Group], terms: Terms) -> Figures:
    """Everything there is to say of one campaign; `managers` with their credit."""
    arm = arms_of(facts, gates=GATES, control=CONTROL, outside_pilot=OUTSIDE_PILOT, by_grids=terms.pilot_by_grids)
    effect = effect_of(facts, arm)
    pilot_share = 1.0 if terms.pilot_by_grids else terms.pilot_share
    treated, control = (int((arm == which).sum()) for which in (Arm.TREATED, Arm.CONTROL))
    return Figures(
        funnel=make_funnel(
            facts, words, reasons=REASON_WORDS, states=STATES, outcomes=list(OUTCOMES), objections=list(OBJECTIONS)
        ),
        effect=effect,
        ratio=check_ratio(treated, control, promised_share(terms.control_share, pilot_share)),
        contamination=contamination_of(facts, arm),
        looks=look_closer(facts, arm, tuple(name or "unknown" for name in words.segments)),
        calibration=calibrate(facts),
        money=count_money(facts, effect, contact_cost=terms.contact_cost),
        pace=measure_pace(facts),
        objections=objections_heard(facts, list(OBJECTIONS)),
        managers=rank_groups(managers),
        talk_tracks=rank_groups(_by_talk(facts, len(words.talks))),
        talks=tuple(words.talks),
    )


def as_kept(figures: Figures) -> dict[str, Any]:
    """The figures as JSON: numbers, text, and money as text. The managers' rows are kept apart, because not everybody who may see
    a campaign may see every manager."""
    found = asdict(figures)
    found["effect"]["verdict"] = figures.effect.verdict
    found["contamination"]["without"]["verdict"] = figures.contamination.without.verdict
    found["success"] = _success(figures)
    found["managers"] = {name: value for name, value in found["managers"].items() if name != "groups"}
    found["advice"] = [asdict(one) for one in advise(figures)]
    kept: dict[str, Any] = _plain(found)
    return kept


def _success(figures: Figures) -> dict[str, Any]:
    """The gross success rate: of the work orders that count, ranked and explored."""
    ranked, explored = figures.calibration.ranked, figures.calibration.explored
    orders, successes = ranked.orders + explored.orders, ranked.successes + explored.successes
    rate = [float(one) if orders else None for one in share_interval(successes, orders)]
    names = ("orders", "successes", "rate", "low", "high")
    return dict(zip(names, (orders, successes, *rate), strict=True))


def _by_talk(facts: Facts, talks: int) -> list[Group]:
    """Only customers who were spoken to heard a line."""
    rows = judged_orders(facts) & facts.reached & (facts.talk >= 0)
    won = rows & (facts.counted == Counted.SUCCESS)
    orders, wins = (np.bincount(facts.talk[one], minlength=talks) for one in (rows, won))
    expected = np.bincount(facts.talk[rows], weights=facts.score[rows], minlength=talks)
    return [Group(str(i), float(orders[i]), float(wins[i]), float(expected[i])) for i in range(talks) if orders[i]]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, float):
        return round(float(value), 8)
    return str(value) if isinstance(value, Decimal) else value
