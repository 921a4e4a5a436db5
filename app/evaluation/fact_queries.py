"""Reads behind an evaluation: every target of a campaign as columns, and the words behind their codes."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.campaigns.eligibility import REASON_WORDS
from app.core import clock
from app.core.columns import read_columns
from app.dispatch.by_hand.returns import LEAVES_DENOMINATOR
from app.dispatch.states import STATES
from app.evaluation.doing_well import Group
from app.evaluation.fact_sql import COLUMNS, FLAGS, SOURCE
from app.evaluation.facts import Facts, Talk, Words
from app.feedback.objections import OBJECTIONS
from app.feedback.outcomes import OUTCOMES
from app.models.campaign import Campaign, CampaignTarget, Product
from app.models.centre import TalkTrack
from app.models.customer import Customer, Order
from app.models.feedback import ContactFeedback
from app.models.operations import FeedDay
from app.models.organisation import Staff
from app.models.work_order import WorkOrder
from app.points.credit_queries import credits_of
from app.points.figures import LEFT_OUT, SUCCEEDED

MOST_SEGMENTS = 12
MOST_LINES = 30
MOST_CLOSINGS = 200
INTERESTED = ("bought", "interested", "callback")  # what a report says of somebody who may buy
_LINES = text("""
SELECT hashtext(line ->> 'zh') AS code, min(feature), min(line ->> 'zh'), min(line ->> 'en') FROM (
    SELECT jsonb_path_query_first(r.reasons, '$[*] ? (exists (@.talk_track))') ->> 'feature' AS feature,
        jsonb_path_query_first(r.reasons, '$[*].talk_track') AS line
    FROM work_orders w JOIN customer_scores r ON r.scoring_run_id = :scoring_run_id AND r.rank = w.rank
        AND r.customer_id = w.customer_id
    WHERE w.campaign_id = :campaign_id) x
WHERE line IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT :most
""")


def drawn_at(campaign: Campaign) -> datetime:
    """Since when every target is asked whether it bought: since the list was drawn."""
    return campaign.frozen_at or campaign.opened_at or campaign.created_at


def last_day(campaign: Campaign) -> date:
    """The last day on which an order counts."""
    return campaign.ends_on + timedelta(days=campaign.attribution_days)


def matures_at(campaign: Campaign) -> datetime:
    """From when on nothing about the campaign's orders is open any more."""
    return clock.end_of_day(last_day(campaign) + timedelta(days=campaign.maturity_days))


def read_facts(session: Session, campaign: Campaign) -> tuple[Facts, Words]:
    """All that is known now; in the scope of the whole company."""
    words, lines = _words(session, campaign)
    values: dict[str, Any] = {
        "campaign_id": campaign.id,
        "family": campaign.product_family,
        "scoring_run_id": campaign.scoring_run_id or 0,
        "drawn_at": drawn_at(campaign),
        "until": clock.end_of_day(last_day(campaign)),
        "matures_at": matures_at(campaign),
        "zone": clock.zone().key,
        "reasons": list(REASON_WORDS[1:]),
        "states": list(STATES),
        "outcomes": list(OUTCOMES),
        "objections": list(OBJECTIONS),
        "spoken": [one.code for one in OUTCOMES.values() if one.spoke],
        "interested": list(INTERESTED),
        "left_out": [f"{prefix}%" for prefix in LEAVES_DENOMINATOR],
        "segments": list(words.segments),
        "closings": list(words.closings),
        "lines": lines,
    }
    found = read_columns(session, COLUMNS, SOURCE, values)
    columns: dict[str, Any] = {
        name: column != 0 if name in FLAGS else column.astype(np.float64 if column.dtype.kind == "f" else np.int64)
        for name, column in found.items()
    }
    return Facts(**columns), words


def read_managers(session: Session, campaign_id: int) -> list[tuple[Group, int, int]]:
    """(what a manager was given and brought with their credit, staff id, grid id), by staff number."""
    parts = credits_of(WorkOrder.campaign_id == campaign_id).subquery("parts")
    counts = parts.c.counted != LEFT_OUT
    statement = (
        select(
            Staff.staff_no,
            Staff.id,
            Staff.unit_id,
            func.sum(parts.c.share).filter(counts),
            func.coalesce(func.sum(parts.c.share).filter(parts.c.counted == SUCCEEDED), 0),
            func.sum(parts.c.share * parts.c.score).filter(counts),
        )
        .join(Staff, Staff.id == parts.c.staff_id)
        .where(counts)
        .group_by(Staff.staff_no, Staff.id, Staff.unit_id)
        .order_by(Staff.staff_no)
    )
    return [
        (Group(staff_no, float(orders), float(won), float(expected)), staff_id, unit_id)
        for staff_no, staff_id, unit_id, orders, won, expected in session.execute(statement)
    ]


def read_bounds(session: Session, campaign: Campaign) -> dict[str, Any]:
    """Up to where the inputs reach: the last order and report that are known, and days of the campaign for which the feeds of
    orders and calls are not declared complete."""
    first, last = clock.local_date(drawn_at(campaign)), clock.local_date(matures_at(campaign) - timedelta(seconds=1))
    days = (last - first).days + 1
    counted = select(FeedDay.feed, func.count()).where(FeedDay.day.between(first, last), FeedDay.feed.in_(("orders", "calls")))
    complete = {row[0]: row[1] for row in session.execute(counted.group_by(FeedDay.feed).order_by(FeedDay.feed))}
    newest = select(func.max(Order.ordered_at)).select_from(Order)
    reported = select(func.max(ContactFeedback.received_at)).join(WorkOrder, WorkOrder.id == ContactFeedback.work_order_id)
    return {
        "bought_since": drawn_at(campaign).isoformat(),
        "bought_until": last_day(campaign).isoformat(),
        "last_order": _text(session.scalar(newest)),
        "last_report": _text(session.scalar(reported.where(WorkOrder.campaign_id == campaign.id))),
        "days": days,
        "days_without_orders_feed": days - complete.get("orders", 0),
        "days_without_calls_feed": days - complete.get("calls", 0),
    }


def count_targets_of(session: Session, campaign_id: int) -> int:
    """How long a list is."""
    statement = select(func.count()).select_from(CampaignTarget).where(CampaignTarget.campaign_id == campaign_id)
    return session.scalars(statement).one()


def get_product_of(session: Session, campaign: Campaign) -> Product:
    """What the campaign sells."""
    return session.get_one(Product, campaign.product_id)


def _words(session: Session, campaign: Campaign) -> tuple[Words, list[int]]:
    """The words of this campaign, and the codes of the lines behind `talks`, which begin with what is said to everybody."""
    count = func.count()
    segment = func.coalesce(Customer.segment, "")
    of_list = select(segment).join(CampaignTarget, CampaignTarget.customer_id == Customer.id)
    segments = session.scalars(
        of_list.where(CampaignTarget.campaign_id == campaign.id)
        .group_by(segment)
        .order_by(count.desc(), segment)
        .limit(MOST_SEGMENTS)
    ).all()
    reason = WorkOrder.close_reason
    closings = session.scalars(
        select(reason)
        .where(WorkOrder.campaign_id == campaign.id, reason.is_not(None))
        .group_by(reason)
        .order_by(count.desc(), reason)
        .limit(MOST_CLOSINGS)
    ).all()
    values = {"campaign_id": campaign.id, "scoring_run_id": campaign.scoring_run_id or 0, "most": MOST_LINES}
    lines = session.execute(_LINES, values).all()
    said = select(TalkTrack.text_zh, TalkTrack.text_en).where(
        TalkTrack.product_id == campaign.product_id, TalkTrack.feature.is_(None)
    )
    zh, en = session.execute(said.order_by(TalkTrack.id)).first() or (campaign.talk_track, campaign.talk_track)
    talks = [Talk(None, zh, en), *(Talk(feature, line_zh, line_en or line_zh) for _, feature, line_zh, line_en in lines)]
    return Words(segments, [one for one in closings if one is not None], talks), [line[0] for line in lines]


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
