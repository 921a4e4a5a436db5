"""Trainings and promotions at the same time, with real transactions in threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from app.core.db import set_scope
from app.models.score import RankerStatus, RankerVersion
from app.scoring.promotion import promote_ranker
from tests.stages.scoring.market import keep, small_ranker

AT_ONCE = 8


def together(sessions, *works):
    barrier = threading.Barrier(len(works))

    def run(work):
        with sessions() as session:
            set_scope(session, scope="all")
            barrier.wait()
            work(session)
            session.commit()

    with ThreadPoolExecutor(len(works)) as pool:
        for future in [pool.submit(run, work) for work in works]:
            future.result()


def versions(session):
    set_scope(session, scope="all")
    return list(session.execute(select(RankerVersion.number, RankerVersion.status).order_by(RankerVersion.number)).all())


def test_rankers_stored_at_once_get_numbers_of_their_own_and_one_is_champion(company, sessions):
    small_ranker()
    together(sessions, *[keep] * AT_ONCE)
    found = versions(company)
    assert [number for number, _ in found] == list(range(1, AT_ONCE + 1))
    assert [status for _, status in found] == [RankerStatus.CHAMPION] + [RankerStatus.CANDIDATE] * (AT_ONCE - 1)


def test_promotions_at_once_leave_one_champion(company, sessions):
    for _ in range(AT_ONCE):
        keep(company)
    company.commit()
    works = [lambda session, n=n: promote_ranker(session, product_code="FTTH1", number=n) for n in range(1, AT_ONCE + 1)]
    together(sessions, *works)
    assert sorted(status for _, status in versions(company)) == ["champion"] + ["retired"] * (AT_ONCE - 1)
