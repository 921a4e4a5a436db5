"""The written decision table, as a small model: it knows nothing of the code it is compared with."""

import csv
import random
from dataclasses import dataclass, replace
from pathlib import Path

ACTIONS = ("dispatch", "pull", "reassign", "cancel", "feedback A", "feedback B", "close")
LONGEST = 6
FILE = Path(__file__).with_name("decision_table.csv")


@dataclass(frozen=True)
class Situation:
    """One customer of a list, whose owner is Ana. `order`: a state, or none. `new`: the state that a dispatch gives it."""

    new: str
    campaign: str = "running"
    order: str = "none"
    holder: str = "-"
    bo_had: bool = False

    @property
    def phones(self):
        """(Ana's phone holds it, Bo's phone holds it) once both have pulled."""
        shown = self.order in {"open", "in_progress"}
        return shown and self.holder == "ana", shown and self.holder == "bo"


class Table:
    """The rows of decision_table.csv; exactly one must fit."""

    def __init__(self, file=FILE):
        with file.open(encoding="utf-8") as lines:
            self.rows = list(csv.DictReader(lines))
        self.used = set()

    def decide(self, now, action):
        """(answer, situation after) of an action."""
        fitting = [number for number, row in enumerate(self.rows) if self._fits(row, now, action)]
        assert len(fitting) == 1, f"{action} in {now}: rows {fitting}"
        self.used.add(fitting[0])
        row = self.rows[fitting[0]]
        order = {"=": now.order, "new": now.new}.get(row["order_after"], row["order_after"])
        holder = now.holder if row["holder_after"] == "=" else row["holder_after"]
        campaign = now.campaign if row["campaign_after"] == "=" else row["campaign_after"]
        after = replace(now, order=order, holder=holder, campaign=campaign, bo_had=now.bo_had or holder == "bo")
        return row["answer"], after

    @staticmethod
    def _fits(row, now, action):
        holders = {"*", now.holder, f"{now.holder} {'after' if now.bo_had else 'before'} bo"}
        return (
            row["action"] == action
            and row["campaign"] in {"*", now.campaign}
            and (row["order"] == "*" or now.order in row["order"].split("|"))
            and row["holder"] in holders
        )


def sampled(count, seed=4):
    """Sequences of full length, drawn at random, such that most begin with a dispatch."""
    draw = random.Random(seed)
    for _ in range(count):
        rest = draw.choices(ACTIONS, k=LONGEST)
        yield tuple(rest if draw.random() < 0.1 else ["dispatch", *rest[1:]])
