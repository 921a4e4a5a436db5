"""A list counted on a sample: how many are left after each of its conditions, and who falls out for which reason (pure)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.campaigns.eligibility import REASONS, list_parts
from app.campaigns.listing import Customers, ListRule, judge
from app.campaigns.sampling.terms import against_column, rest_of, rested_column, score_column, uplift_column
from app.centre.rules import FEATURE, HELD, LEAVES, expression_of, features_of

Mask = NDArray[np.bool_]
_TOO_RECENTLY = 1 << REASONS.index("contacted_too_recently")
_CUSTOMER = ("customer_id", "branch_id", "grid_id", "owner", "draw_key")


@dataclass(frozen=True)
class ListPlan:
    """What of a plan decides whom its list takes. `branch_id` None: of the company."""

    product_code: str
    family: str
    channel: str
    rest_days: int
    branch_id: int | None
    required_tags: Sequence[str]
    any_tags: Sequence[str]
    excluded_tags: Sequence[str]
    list_rule: Mapping[str, Any] | None
    minimum_score: float | None
    maximum_score: float | None
    rule: ListRule


@dataclass(frozen=True)
class Counted:
    """Customers of the sample: of the plan's unit; `steps` (condition or reason, how many it leaves) in the order in which they
    are asked; those left over at the end by score, from the best down."""

    sampled: int
    steps: list[tuple[str, int]]
    scores: NDArray[np.float32]


def columns_of(plan: ListPlan, there: Sequence[str]) -> list[str]:
    """The columns of the sample that this plan asks for, of those that are there."""
    asked = [*_CUSTOMER, score_column(plan.product_code), uplift_column(plan.product_code)]
    asked += [against_column(plan.product_code, plan.channel), rested_column(plan.family)]
    if plan.required_tags or plan.any_tags or plan.excluded_tags:
        asked.append("tags")
    if plan.list_rule is not None:
        asked += [*_named_in(plan.list_rule), *(FEATURE + name for name in features_of(plan.list_rule))]
    return [name for name in dict.fromkeys(asked) if name in set(there)]


def _named_in(rule: Mapping[str, Any]) -> Iterator[str]:
    """The columns of a rule's conditions that are no figures, some perhaps more than once."""
    for name, value in rule.items():
        if name == "not":
            yield from _named_in(value)
        elif name in ("all", "any"):
            for part in value:
                yield from _named_in(part)
        elif name in LEAVES and name != "feature":
            yield "lost" if name == "lost_within_days" else HELD.get(name, name)


def count(frame: pl.DataFrame, plan: ListPlan) -> Counted:
    """Walk the conditions of a plan over the sample. Without a ranking of the product the steps end before its scores."""
    if plan.branch_id is not None:
        frame = frame.filter(pl.col("branch_id") == plan.branch_id)
    steps, left = [], np.ones(frame.height, dtype=np.bool_)
    for name, condition in _conditions(frame, plan):
        left = left & condition
        steps.append((name, int(left.sum())))
    score = score_column(plan.product_code)
    if score not in frame.columns:
        return Counted(frame.height, steps, np.empty(0, dtype=np.float32))
    reason = judge(_customers(frame, plan), plan.rule)
    for place, name in enumerate(REASONS, start=1):
        if hit := int((left & (reason == place)).sum()):
            steps.append((name, steps[-1][1] - hit))
    scores = frame[score].to_numpy()[left & (reason == 0)]
    return Counted(frame.height, steps, -np.sort(-scores))


def taken(counted: Counted, rule: ListRule, *, share: float) -> NDArray[np.float32]:
    """The scores of those whom a list of this size takes by score, where the sample is a `share` of the customers."""
    if rule.list_size is None:
        return counted.scores
    return counted.scores[: round(list_parts(rule.list_size, rule.exploration_share)[0] * share)]


def _conditions(frame: pl.DataFrame, plan: ListPlan) -> Iterator[tuple[str, Mask]]:
    yield "everybody", np.ones(frame.height, dtype=np.bool_)
    for name, tags, wanted in (("required_tags", plan.required_tags, True), ("excluded_tags", plan.excluded_tags, False)):
        if tags:
            borne = [_bears(frame, [tag]) == wanted for tag in tags]
            yield name, np.logical_and.reduce(borne)
    if plan.any_tags:
        yield "any_tags", _bears(frame, plan.any_tags)
    if plan.list_rule is not None:
        yield "list_rule", frame.select(holds=expression_of(plan.list_rule))["holds"].to_numpy()
    score = score_column(plan.product_code)
    if score in frame.columns:
        values = frame[score].to_numpy()
        yield "ranked", ~np.isnan(values)
        if plan.minimum_score is not None:
            yield "minimum_score", values >= np.float32(plan.minimum_score)
        if plan.maximum_score is not None:
            yield "maximum_score", values <= np.float32(plan.maximum_score)


def _bears(frame: pl.DataFrame, tags: Sequence[str]) -> Mask:
    held = [pl.col("tags").list.contains(tag).fill_null(False) for tag in tags]
    return frame.select(bears=pl.any_horizontal(held))["bears"].to_numpy()


def _customers(frame: pl.DataFrame, plan: ListPlan) -> Customers:
    rows = frame.height
    against = frame[against_column(plan.product_code, plan.channel)].to_numpy()
    if rest := rest_of(plan.rest_days):
        rested = frame[rested_column(plan.family)].to_numpy()
        against = np.where((rested > 0) & (rested <= rest), against | _TOO_RECENTLY, against)
    return Customers(
        customer_id=frame["customer_id"].to_numpy(),
        grid_id=frame["grid_id"].to_numpy(),
        owner=frame["owner"].to_numpy(),
        draw_key=frame["draw_key"].to_numpy(),
        rank=np.zeros(rows, dtype=np.int32),
        score=frame[score_column(plan.product_code)].to_numpy(),
        uplift=frame[uplift_column(plan.product_code)].to_numpy(),
        against=against,
        explored=np.zeros(rows, dtype=np.bool_),
        probability=np.ones(rows, dtype=np.float32),
    )
