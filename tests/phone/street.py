"""A street of customers for one manager's phone: names, reasons and words as they are in the field, for today's real date."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.models.campaign import Product
from app.models.customer import Customer
from tests.factories import get, grid, make_campaign, make_scores, make_work_order

NAMES = (
    "王建国", "李秀英", "张伟", "刘桂兰", "陈志强", "杨红梅", "赵永福", "黄丽华", "周文斌", "吴春燕",
    "徐长青", "孙玉珍", "马国庆", "朱小燕", "胡德明", "郭凤英", "何家俊", "高淑芬", "林海生", "罗玉兰",
)  # fmt: skip
ROADS = ("和平里", "新华路", "幸福街", "建设大街", "光明巷")
REASONS = (
    {
        "feature": "months_left",
        "value": 1,
        "contribution": 0.5,
        "zh": "合约还剩 1 个月（有利）",
        "en": "Contract: 1 month left (speaks for it)",
    },
    {
        "feature": "monthly_fee",
        "value": 99,
        "contribution": 0.3,
        "zh": "月费：99 元（有利）",
        "en": "Monthly fee: 99 yuan (speaks for it)",
    },
    {
        "feature": "slow_line",
        "value": 50,
        "contribution": 0.2,
        "zh": "宽带 50 M，晚上常跑满（有利）",
        "en": "Line of 50 M, full in the evenings",
    },
)
TALK = "您家现在是 50 兆，晚上看电视常常卡。升到千兆每月只多 20 元，老用户免安装费，我今天就可以约师傅上门。"


def furnish(session: Session, *, count: int, manager: str = "ana", channel: str = "call", first: int = 101) -> list[int]:
    """Customers of grid G11, each with an open work order of this manager for today; the ids of these orders."""
    now = clock.now()
    today = clock.local_date(now)
    numbers = range(first, first + count)
    session.add_all(_customer(session, number) for number in numbers)
    session.flush()
    nos = [f"C{number}" for number in numbers]
    scores = make_scores(session, nos, reasons=REASONS)
    campaign = make_campaign(
        session,
        name="千兆宽带升级",
        channel=channel,
        talk_track=TALK,
        scoring_run_id=scores.id,
        starts_on=today - timedelta(days=7),
        ends_on=today + timedelta(days=9),
        created_at=now - timedelta(days=8),
        opened_at=now - timedelta(days=7),
    )
    product: Any = get(session, Product, id=campaign.product_id)
    product.name = "千兆宽带"
    orders = [
        make_work_order(
            session,
            campaign=campaign,
            customer_no=no,
            manager=manager,
            scheduled_on=today,
            due_on=today + timedelta(days=place % 5),
            rank=place + 1,
            score=0.9 - place / 100,
            dispatched_at=now - timedelta(days=1),
            matures_at=now + timedelta(days=15),
        )
        for place, no in enumerate(nos)
    ]
    return [order.id for order in orders]


def _customer(session: Session, number: int) -> Customer:
    return Customer(
        customer_no=f"C{number}",
        name=NAMES[number % len(NAMES)] + ("" if number < 101 + len(NAMES) else str(number)),
        phone=f"1380013{number:04d}",
        address=f"{ROADS[number % len(ROADS)]} {number} 号 {number % 6 + 1} 单元",
        latitude=39.1 + number / 2000,
        longitude=117.2 + number / 3000,
        grid_id=grid(session, "G11").id,
        segment="home",
        opened_on=date(2021, 1, 5),
    )
