"""Reads of campaigns, their lists, and what speaks against contacting one customer."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import Session

from app.campaigns.eligibility import Facts, is_control, is_held_out
from app.campaigns.policy.queries import policy_terms, term_parameters
from app.campaigns.policy.terms import Terms
from app.campaigns.reasons import facts_statement
from app.core import clock
from app.core.errors import NotFound
from app.models.campaign import Campaign, CampaignTarget, Product, ProductKind
from app.models.score import RankerVersion, ScoringRun
from app.scoring.holding import OWNED_DAYS
from app.scoring.learning.purposes import PURPOSES


class UnknownCampaign(NotFound):
    """There is no campaign with this code."""

    code = "campaign.unknown"


def find_campaign(session: Session, code: str) -> Campaign | None:
    """The campaign with this code."""
    return session.scalar(select(Campaign).where(Campaign.code == code).order_by(Campaign.id))


def get_campaign(session: Session, code: str) -> Campaign:
    """The campaign with this code; raises UnknownCampaign."""
    found = find_campaign(session, code)
    if found is None:
        raise UnknownCampaign(f"code: there is no campaign {code}")
    return found


def lock_campaign(session: Session, code: str) -> Campaign:
    """The campaign as it is now, locked until the end of the transaction; raises UnknownCampaign."""
    statement = select(Campaign).where(Campaign.code == code).order_by(Campaign.id).with_for_update()
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise UnknownCampaign(f"code: there is no campaign {code}")
    return found


def list_campaigns(session: Session, *, after_id: int = 0, limit: int = 500) -> list[tuple[Campaign, str]]:
    """(campaign, product code), oldest first, from the one after `after_id`."""
    statement = select(Campaign, Product.product_code).join(Product, Product.id == Campaign.product_id)
    rows = session.execute(statement.where(Campaign.id > after_id).order_by(Campaign.id).limit(limit))
    return [(campaign, product_code) for campaign, product_code in rows]


def find_product(session: Session, product_code: str) -> Product | None:
    """The product with this code."""
    return session.scalar(select(Product).where(Product.product_code == product_code).order_by(Product.id))


def get_product(session: Session, product_id: int) -> Product:
    """The product of a campaign."""
    return session.get_one(Product, product_id)


def list_products(session: Session) -> list[Product]:
    """All products, by id."""
    return list(session.scalars(select(Product).order_by(Product.id)))


def product_ids_of_family(session: Session, family: str) -> list[int]:
    """The products of a family."""
    return list(session.scalars(select(Product.id).where(Product.family == family).order_by(Product.id)))


def find_latest_run(session: Session, product_id: int) -> ScoringRun | None:
    """The newest ranking for a product; where its purpose is to foretell loss or complaints, the newest by that."""
    kind = session.get_one(Product, product_id).kind
    by_purpose = RankerVersion.target == PURPOSES[kind].foretells
    statement = select(ScoringRun).join(RankerVersion, RankerVersion.id == ScoringRun.ranker_version_id)
    newest = (by_purpose.desc(), ScoringRun.finished_at.desc(), ScoringRun.id.desc())
    return session.scalar(statement.where(ScoringRun.product_id == product_id).order_by(*newest).limit(1))


def count_targets(session: Session, campaign_id: int, *, grid_ids: Collection[int] | None = None) -> dict[str, int]:
    """Targets by terminal reason, `undecided` for those not dispatched yet; `grid_ids` None: the whole company."""
    statement = select(CampaignTarget.reason, func.count()).where(CampaignTarget.campaign_id == campaign_id)
    if grid_ids is not None:
        statement = statement.where(CampaignTarget.grid_id.in_(grid_ids))
    rows = session.execute(statement.group_by(CampaignTarget.reason).order_by(CampaignTarget.reason))
    return {"undecided" if reason is None else reason.value: count for reason, count in rows}


def count_list(session: Session, campaign_id: int) -> int:
    """Targets of a campaign."""
    return session.scalars(
        select(func.count()).select_from(CampaignTarget).where(CampaignTarget.campaign_id == campaign_id)
    ).one()


def has_list(session: Session, campaign_id: int) -> bool:
    """Whether a campaign has any target."""
    return session.scalars(select(exists().where(CampaignTarget.campaign_id == campaign_id))).one()


def unknown_tags(session: Session, tags: Collection[str]) -> list[str]:
    """Those of the tags that no rule in use defines and no customer bears by the operator's feed."""
    statement = text("""
        SELECT asked.tag FROM unnest(CAST(:tags AS text[])) WITH ORDINALITY asked (tag, place)
        WHERE NOT EXISTS (SELECT FROM tag_definitions d WHERE d.code = asked.tag AND d.retired_at IS NULL)
            AND NOT EXISTS (SELECT FROM customers c WHERE asked.tag = ANY(c.tags)) ORDER BY asked.place""")
    return list(session.scalars(statement, {"tags": list(tags)}))


def eligibility_parameters(session: Session, campaign: Campaign, *, day: date) -> dict[str, Any]:
    """The parameters of `reasons.py` for a campaign on a day."""
    product = get_product(session, campaign.product_id)
    family_ids = product_ids_of_family(session, campaign.product_family)
    terms = campaign_terms(session, campaign, day=day)
    return {
        **term_parameters(terms),
        "campaign_id": campaign.id,
        "channel": campaign.channel,
        "family": campaign.product_family,
        "family_ids": family_ids,
        # Who is sold more of a family holds something of it: there only the very product counts as owned.
        "owning_ids": [product.id] if product.kind is ProductKind.UPSELL else family_ids,
        "must_hold": PURPOSES[product.kind].must_hold,
        "must_have_lost": PURPOSES[product.kind].must_have_lost,
        "day": day,
        "owned_since": clock.start_of_day(day - timedelta(days=OWNED_DAYS)),
        "rests": campaign.rest_days > 0,
        "rested_since": clock.start_of_day(day - timedelta(days=campaign.rest_days)),
    }


def campaign_terms(session: Session, campaign: Campaign, *, day: date, until: date | None = None) -> Terms:
    """What the contact policy asks of a contact for a campaign on some day from `day` until its end, or `until`."""
    return policy_terms(
        session,
        channel=campaign.channel,
        family=campaign.product_family,
        first=day,
        last=until or campaign.ends_on,
        keeps=PURPOSES[get_product(session, campaign.product_id).kind].must_hold,
    )


def facts_of_customer(session: Session, campaign: Campaign, customer_id: int, *, day: date) -> Facts:
    """What speaks against contacting this customer for this campaign on this day; uplift is that of its list."""
    row = session.execute(
        text(
            "SELECT c.customer_no, t.uplift FROM customers c"
            " LEFT JOIN campaign_targets t ON t.campaign_id = :campaign_id AND t.customer_id = c.id WHERE c.id = :only"
        ),
        {"campaign_id": campaign.id, "only": customer_id},
    ).one()
    parameters = {**eligibility_parameters(session, campaign, day=day), "only": customer_id}
    return Facts(
        **dict(session.execute(text(facts_statement()), parameters).mappings().one()),
        negative_uplift=row.uplift is not None and row.uplift < 0,
        permanent_holdout=is_held_out(row.customer_no, campaign.holdout_share),
        control=is_control(campaign.seed, row.customer_no, campaign.control_share),
    )
