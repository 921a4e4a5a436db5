"""Planning a campaign: its draft, and every change of it, which is a new version."""

from collections.abc import Collection
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.campaigns import plan_queries, queries
from app.campaigns.eligibility import HOLDOUT_SHARE
from app.campaigns.options import CampaignOptions, seed_of
from app.campaigns.plan_checks import check_maturity, check_objective, check_options
from app.campaigns.plan_content import content_of
from app.campaigns.steps import WrongStatus, add_event, check_comment
from app.core.errors import Conflict, Invalid
from app.core.security import Principal
from app.models.campaign import Campaign, CampaignStatus, Product, ProductKind, UnfinishedRule
from app.models.campaign_life import CampaignVersion
from app.models.organisation import UnitKind

_RESOLVED = ("product_code", "unit_code")  # said by code in a plan, kept by id


class CampaignCodeTaken(Conflict):
    """There is a campaign with this code."""

    code = "campaign.code_taken"


def create_campaign(
    session: Session,
    *,
    options: CampaignOptions,
    holdout_share: Decimal = HOLDOUT_SHARE,
    by: Principal | None = None,
    now: datetime,
) -> Campaign:
    """A draft, version 1. The company's `holdout_share` of now stays the campaign's own, whatever is set later.

    Raises Invalid, which names the option, and CampaignCodeTaken.
    """
    plan, product, unit_id = _resolve(session, options)
    campaign = Campaign(code=plan.code, status=CampaignStatus.DRAFT, holdout_share=holdout_share, created_at=now, version=1)
    _write_plan(campaign, plan, product, unit_id)
    try:
        with session.begin_nested():
            session.add(campaign)
    except IntegrityError as error:
        raise CampaignCodeTaken(f"code: there is a campaign {options.code}") from error
    _keep_version(session, campaign, 1, plan, by=by, comment="", now=now)
    add_event(session, campaign, "create", to=campaign.status, by=by, comment="", now=now)
    return campaign


def change_campaign(
    session: Session, *, options: CampaignOptions, by: Principal | None = None, comment: str = "", now: datetime
) -> Campaign:
    """The draft `options.code` as these options plan it: its next version, unless nothing changes.

    Raises UnknownCampaign, WrongStatus unless it is a draft, NotYours, Invalid.
    """
    campaign = queries.lock_campaign(session, options.code)
    if campaign.status is not CampaignStatus.DRAFT:
        raise WrongStatus(
            f"The campaign {campaign.code} is {campaign.status}: expected draft. Revise it first.",
            campaign_status=campaign.status.value,
        )
    check_comment(comment)
    plan, product, unit_id = _resolve(session, options)
    if content_of(plan) == content_of(plan_of(session, campaign)):
        return campaign
    _keep_version(session, campaign, campaign.version + 1, plan, by=by, comment=comment, now=now)
    session.flush()  # the plan changes by a version that is there already, or not at all
    _write_plan(campaign, plan, product, unit_id)
    campaign.version += 1
    add_event(session, campaign, "change", to=campaign.status, by=by, comment=comment, now=now)
    session.flush()
    return campaign


def plan_of(session: Session, campaign: Campaign) -> CampaignOptions:
    """The plan of a campaign as it is now."""
    own = {field.name: getattr(campaign, field.name) for field in fields(CampaignOptions) if field.name not in _RESOLVED}
    unit = plan_queries.find_unit(session, campaign.unit_id)
    product = queries.get_product(session, campaign.product_id)
    return CampaignOptions(**own, product_code=product.product_code, unit_code=None if unit is None else unit.code)


def _resolve(session: Session, options: CampaignOptions) -> tuple[CampaignOptions, Product, int | None]:
    """The plan with all that the product says, its product, and its branch. Checked, also against products, tags and units."""
    check_options(options)
    for name in ("required_tags", "excluded_tags", "any_tags"):
        _check_tags(session, name, getattr(options, name))
    product = queries.find_product(session, options.product_code)
    if product is None:
        raise Invalid("product_code", "the code of a product")
    unit_id = branch_of(session, options.unit_code)
    plan = replace(
        options,
        unit_code=options.unit_code if unit_id is not None else None,
        objective=product.kind.value if options.objective is None else options.objective,
        attribution_days=product.attribution_days if options.attribution_days is None else options.attribution_days,
        maturity_days=product.maturity_days if options.maturity_days is None else options.maturity_days,
        seed=seed_of(options.code) if options.seed is None else options.seed,
    )
    check_objective(plan.objective or "", product.kind, plan.objective_reason)
    check_maturity(plan.ends_on, attribution_days=plan.attribution_days or 0, maturity_days=plan.maturity_days or 0)
    return plan, product, unit_id


def branch_of(session: Session, unit_code: str | None) -> int | None:
    """The id of a plan's branch; None: the company. Raises Invalid."""
    if unit_code is None:
        return None
    unit = plan_queries.find_unit_by_code(session, unit_code)
    if unit is None or unit.kind is UnitKind.GRID:
        raise Invalid("unit_code", "the code of a branch, or nothing for the company")
    return unit.id if unit.kind is UnitKind.BRANCH else None


def _write_plan(campaign: Campaign, plan: CampaignOptions, product: Product, unit_id: int | None) -> None:
    for field in fields(CampaignOptions):
        if field.name not in _RESOLVED:
            setattr(campaign, field.name, _plain(getattr(plan, field.name)))
    campaign.product_id, campaign.product_family, campaign.unit_id = product.id, product.family, unit_id
    campaign.objective = ProductKind(plan.objective or product.kind)
    campaign.unfinished_rule = None if plan.unfinished_rule is None else UnfinishedRule(plan.unfinished_rule)


def _keep_version(
    session: Session,
    campaign: Campaign,
    number: int,
    plan: CampaignOptions,
    *,
    by: Principal | None,
    comment: str,
    now: datetime,
) -> None:
    session.add(
        CampaignVersion(
            campaign_id=campaign.id,
            number=number,
            content=content_of(plan),
            author_account_id=None if by is None else by.account_id,
            created_at=now,
            comment=comment or None,
        )
    )


def _check_tags(session: Session, name: str, tags: Collection[str]) -> None:
    if unknown := queries.unknown_tags(session, tags):
        raise Invalid(name, f"tags of the library or of a customer, there is none called {', '.join(unknown)}")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
