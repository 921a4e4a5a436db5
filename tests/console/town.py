"""A small company for planners: customers with figures, tags and scores, so that rules have something to choose from."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from threading import Event, Thread

import polars as pl
from sqlalchemy.orm import Session, sessionmaker

from app.campaigns.sampling.drawing import draw_sample_if_due
from app.centre.computing import compute_tags
from app.centre.definitions import TagOptions
from app.centre.service import define_tag
from app.core import clock
from app.dispatch.preview.capacity_map import measure_if_due
from app.dispatch.preview.requests import work_on_plans
from app.dispatch.run.requests import dispatch_requested
from app.jobs.runner import run_job
from app.jobs.steps import run_in_steps
from app.models.centre import FeatureWord
from app.models.customer import Customer
from app.models.score import CustomerScore
from tests.factories import grid, make_scores
from tests.figures import put_figures

COUNT = 400
GRIDS = {"G11": 0.5, "G12": 0.3, "G21": 0.2}


def furnish_town(session: Session) -> None:
    """Customers, yesterday's figures, a tag, a ranking of two products, and what the worker makes of them."""
    chance, now = Random(7), clock.now()
    yesterday = clock.local_date(now) - timedelta(days=1)
    grids = chance.choices(list(GRIDS), list(GRIDS.values()), k=COUNT)
    people = [_customer(session, number, code, chance) for number, code in enumerate(grids, start=1001)]
    session.add_all(people)
    session.flush()
    figures = [
        {
            "customer_id": person.id,
            "monthly_fee": round(chance.lognormvariate(4.3, 0.5), 1),
            "months_left": float(chance.randint(0, 24)),
            "line_speed": chance.choice(["100M", "300M", "500M"]),
        }
        for person in people
    ]
    put_figures(session, yesterday, pl.DataFrame(figures))
    session.add_all(
        [
            FeatureWord(feature="monthly_fee", name_zh="月费", name_en="Monthly fee", unit_zh="元", unit_en="yuan"),
            FeatureWord(feature="months_left", name_zh="合约剩余月数", name_en="Months left"),
            FeatureWord(feature="line_speed", name_zh="宽带速率", name_en="Line speed"),
        ]
    )
    rule = {"feature": "monthly_fee", "at_least": 120}
    tag = TagOptions(code="high-value", name_zh="高价值", name_en="High value", rule=rule, owner="pia")
    define_tag(session, options=tag, now=now)
    compute_tags(session, now=now)
    for product in ("FTTH1", "TV1"):
        _rank(session, product, people, chance)
    draw_sample_if_due(session, now=now)
    measure_if_due(session, now=now)


def _customer(session: Session, number: int, code: str, chance: Random) -> Customer:
    return Customer(
        customer_no=f"C{number}",
        name=f"客户{number}",
        phone=f"138{number:08d}" if chance.random() < 0.95 else None,
        address=f"和平里 {number} 号",
        grid_id=grid(session, code).id,
        segment=chance.choices(["home", "firm", "campus"], [0.7, 0.2, 0.1])[0],
        opened_on=clock.local_date(clock.now()) - timedelta(days=chance.randint(30, 3_000)),
    )


def _rank(session: Session, product: str, people: list[Customer], chance: Random) -> None:
    run = make_scores(session, [], product_code=product)
    scores = sorted((chance.betavariate(2, 14) for _ in people), reverse=True)
    for rank, (person, score) in enumerate(zip(chance.sample(people, len(people)), scores, strict=True), start=1):
        session.add(CustomerScore(scoring_run_id=run.id, rank=rank, customer_id=person.id, score=score, reasons=[]))
    run.customer_count = len(people)
    session.flush()


@contextmanager
def working(sessions: sessionmaker[Session]) -> Iterator[None]:
    """The worker's jobs that planners wait for, again and again in a thread."""
    over = Event()

    def round_of(work: Callable[..., object]) -> None:
        run_job(sessions, work.__name__, lambda session, now: work(session, now=now))

    def rounds() -> None:
        while not over.wait(0.2):
            run_in_steps(sessions, "work-on-plans", work_on_plans)
            for work in (dispatch_requested, measure_if_due):
                round_of(work)

    thread = Thread(target=rounds)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
