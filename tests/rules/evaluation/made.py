"""Targets of a campaign, made up: each column has a plain value that a test overrides."""

from typing import Any

import numpy as np

from app.campaigns.eligibility import REASON_WORDS, REASONS
from app.dispatch.states import STATES
from app.evaluation.facts import Arm, Counted, Facts, Touch, arms_of
from app.feedback.objections import OBJECTIONS
from app.feedback.outcomes import OUTCOMES

DISPATCHED, CONTROL = REASON_WORDS.index("dispatched"), REASON_WORDS.index("control")
OUTSIDE_PILOT = REASON_WORDS.index("outside_pilot")
GATES = np.array([reason in REASONS and reason != "control" for reason in REASON_WORDS])
DONE = STATES.index("done")
OUTCOME, OBJECTION = list(OUTCOMES), list(OBJECTIONS)
HOUR = 3600.0


def targets(count: int, **columns: Any) -> Facts:
    """`count` targets, dispatched, released after an hour and contacted after two, of whom nobody bought."""
    values: dict[str, Any] = {
        "grid": 1, "segment": 0, "score": 0.1, "reason": DISPATCHED, "decided_late": False, "explored": False,
        "bought": False, "win": 0, "touch": Touch.NONE, "state": DONE, "closed": -1, "counted": Counted.FAILED,
        "revenue": 0, "margin": 0, "leads": True, "within_plan": True, "dispatched_at": 0.0, "released_at": HOUR,
        "contacted_at": 2 * HOUR, "ordered_at": np.nan, "reached": True, "interested": False,
        "outcome": OUTCOME.index("refused"), "objection": -1, "talk": 0,
    }  # fmt: skip
    return Facts(**{name: np.broadcast_to(np.asarray(columns.get(name, value)), count).copy() for name, value in values.items()})


def arms(facts: Facts, *, by_grids: bool = False):
    """Who is compared with whom."""
    return arms_of(facts, gates=GATES, control=CONTROL, outside_pilot=OUTSIDE_PILOT, by_grids=by_grids)


def two_arms(treated: int, bought: int, control: int, control_bought: int, **columns: Any) -> Facts:
    """So many of each arm, of whom so many bought; controls have no work order."""
    count = treated + control
    is_control = np.arange(count) >= treated
    place = np.where(is_control, np.arange(count) - treated, np.arange(count))
    buys = place < np.where(is_control, control_bought, bought)
    never = np.where(is_control, np.nan, 1.0)
    given = {
        "reason": np.where(is_control, CONTROL, DISPATCHED),
        "bought": buys,
        "counted": np.where(is_control, Counted.NONE, np.where(buys, Counted.SUCCESS, Counted.FAILED)),
        "dispatched_at": 0 * never,
        "released_at": HOUR * never,
        "contacted_at": 2 * HOUR * never,
        "reached": ~is_control,
        "outcome": np.where(is_control, -1, OUTCOME.index("refused")),
        "state": np.where(is_control, -1, DONE),
    }
    return targets(count, **(given | columns))


__all__ = ["Arm", "arms", "targets", "two_arms"]
