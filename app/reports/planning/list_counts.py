"""How many customers a list would have, while its planner still writes it: counted on the sample, with the interval."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from app.campaigns import planning, queries
from app.campaigns.listing import ListRule
from app.campaigns.options import CampaignOptions, seed_of
from app.campaigns.plan_checks import check_options
from app.campaigns.sampling.counting import Counted, ListPlan, columns_of, count, taken
from app.campaigns.sampling.estimates import Estimate, estimate
from app.campaigns.sampling.queries import get_sample
from app.centre.bearing import problem_of
from app.core import clock
from app.core.errors import Invalid
from app.core.storage import Storage, storage_of
from app.models.planning import PlanningSample

DAYS = 30  # of a campaign whose days are not chosen yet


@dataclass(frozen=True)
class Step:
    """A condition or reason, how many customers are left after it, and how many it takes away."""

    step: str
    left: Estimate
    lost: Estimate


@dataclass(frozen=True)
class ListCount:
    """A list as counted. `exact`: every customer of the unit was looked at. `eligible`: who may be contacted; `listed`: of them
    whom the list takes by score, down to `ends_at_score` (None: all of them); `successes`: their scores' sum. The last four are
    None without a ranking of the product."""

    as_of: date
    drawn_at: datetime
    customers: int
    sampled: int
    exact: bool
    steps: list[Step]
    eligible: Estimate | None
    listed: Estimate | None
    ends_at_score: float | None
    successes: float | None


def count_list(session: Session, *, wanted: dict[str, Any], holdout_share: Decimal, now: datetime) -> ListCount:
    """Count the list of a plan that is not whole yet: `wanted` are some of CampaignOptions.

    Raises Invalid, which names the field, and NoSample.
    """
    sample, today = get_sample(session), clock.local_date(now)
    options = _options(wanted, today)
    check_options(options)
    plan = _plan(session, options, holdout_share)
    if plan.list_rule is not None and (problem := problem_of(plan.list_rule, _kinds(sample))):
        raise Invalid("list_rule", problem)
    frame = _read(storage_of(session), sample, plan)
    counted = count(frame, plan)
    of = sample.customers if plan.branch_id is None else int(sample.by_branch.get(str(plan.branch_id), {}).get("customers", 0))
    return _counted(sample, counted, plan, of)


def _options(wanted: dict[str, Any], today: date) -> CampaignOptions:
    given: dict[str, Any] = {"code": "NEW", "name": "new", "starts_on": today, "ends_on": today + timedelta(days=DAYS)} | wanted
    if given.get("list_size") is None and given.get("minimum_score") is None:
        given["minimum_score"] = 0.0
    return CampaignOptions(**given)


def _plan(session: Session, options: CampaignOptions, holdout_share: Decimal) -> ListPlan:
    product = queries.find_product(session, options.product_code)
    if product is None:
        raise Invalid("product_code", "the code of a product")
    rule = ListRule(
        seed=seed_of(options.code) if options.seed is None else options.seed,
        control_share=options.control_share,
        holdout_share=holdout_share,
        exploration_share=options.exploration_share,
        list_size=options.list_size,
        minimum_score=options.minimum_score,
    )
    return ListPlan(
        product_code=product.product_code,
        family=product.family,
        channel=options.channel,
        rest_days=options.rest_days,
        branch_id=planning.branch_of(session, options.unit_code),
        required_tags=options.required_tags,
        any_tags=options.any_tags,
        excluded_tags=options.excluded_tags,
        list_rule=options.list_rule,
        minimum_score=options.minimum_score,
        maximum_score=options.maximum_score,
        rule=rule,
    )


def _kinds(sample: PlanningSample) -> dict[str, set[str]]:
    return {name: {look["kind"]} for name, look in sample.figures.items()}


def _read(storage: Storage, sample: PlanningSample, plan: ListPlan) -> pl.DataFrame:
    names = columns_of(plan, storage.column_names(sample.path))
    frame = pl.from_arrow(storage.read_table(sample.path, columns=names))
    assert isinstance(frame, pl.DataFrame)
    return frame


def _counted(sample: PlanningSample, counted: Counted, plan: ListPlan, of: int) -> ListCount:
    def said(matching: int) -> Estimate:
        return estimate(matching, sampled=counted.sampled, customers=of)

    before = [counted.sampled, *(left for _, left in counted.steps)]
    steps = [Step(name, said(left), said(earlier - left)) for earlier, (name, left) in zip(before, counted.steps, strict=False)]
    share = counted.sampled / of if of else 1.0
    ranked = any(name == "ranked" for name, _ in counted.steps)
    listed = taken(counted, plan.rule, share=share)
    ends = len(listed) < len(counted.scores) and len(listed) > 0
    return ListCount(
        as_of=sample.as_of,
        drawn_at=sample.drawn_at,
        customers=of,
        sampled=counted.sampled,
        exact=counted.sampled >= of,
        steps=steps,
        eligible=said(len(counted.scores)) if ranked else None,
        listed=_at_most(said(len(listed)), plan.rule.list_size, whole=not ends) if ranked else None,
        ends_at_score=round(float(listed[-1]), 6) if ends else None,
        successes=round(float(listed.sum()) / share, 1) if ranked else None,
    )


def _at_most(found: Estimate, size: int | None, *, whole: bool) -> Estimate:
    """A list that is full has its size for certain."""
    if size is None:
        return found
    return Estimate(*(min(each, size) for each in (found.about, found.low, found.high))) if whole else Estimate(size, size, size)
