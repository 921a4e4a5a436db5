"""Drawing a list while other transactions run."""

from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.campaigns.service import WrongStatus, schedule_campaign
from app.core.db import set_scope
from app.models.campaign import CampaignStatus
from tests.factories import NOW, make_campaign, make_scores


def test_no_customer_is_removed_beneath_a_list_that_is_made(company, sessions):
    make_scores(company, ["C05", "C06"])
    code = make_campaign(company, status=CampaignStatus.APPROVED, control_share=Decimal(0)).code
    company.commit()
    with sessions() as drawing, sessions() as feed:
        set_scope(drawing, scope="all")
        schedule_campaign(drawing, campaign_code=code, now=NOW)
        set_scope(feed, scope="all")
        feed.execute(text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            feed.execute(text("DELETE FROM customers WHERE customer_no = 'C05'"))


def test_a_list_is_made_once(company, sessions):
    make_scores(company, ["C05"])
    code = make_campaign(company, status=CampaignStatus.APPROVED).code
    company.commit()
    with sessions() as first, sessions() as second:
        for session in (first, second):
            set_scope(session, scope="all")
        second.execute(text("SELECT 1 FROM campaigns"))
        schedule_campaign(first, campaign_code=code, now=NOW)
        first.commit()
        with pytest.raises(WrongStatus):
            schedule_campaign(second, campaign_code=code, now=NOW)
