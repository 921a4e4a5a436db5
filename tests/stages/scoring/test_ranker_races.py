"""Trainings and promotions at the same time, with real transactions in threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from app.core.db import set_scope
from app.models.score import RankerPromotion, RankerStatus, RankerVersion
from app.scoring.promotion import promote_ranker
from tests.factories import NOW
from tests.stages.scoring.market import keep_candidate, small_judged

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


def test_rankers_stored_at_once_get_numbers_of_their_own_and_none_is_champion(company, sessions):
    small_judged()
    together(sessions, *[keep_candidate] * AT_ONCE)
    found = versions(company)
    assert [number for number, _ in found] == list(range(1, AT_ONCE + 1))
    assert [status for _, status in found] == [RankerStatus.CANDIDATE] * AT_ONCE


def test_promotions_at_once_leave_one_champion(company, sessions):
    for _ in range(AT_ONCE):
        keep_candidate(company)
    company.commit()
    works = [
        lambda session, n=n: promote_ranker(session, product_code="FTTH1", number=n, promoted_by="lin", now=NOW)
        for n in range(1, AT_ONCE + 1)
    ]
    together(sessions, *works)
    assert sorted(status for _, status in versions(company)) == ["champion"] + ["retired"] * (AT_ONCE - 1)
    chain = company.execute(
        select(RankerPromotion.replaced_id, RankerPromotion.ranker_version_id).order_by(RankerPromotion.id)
    ).all()
    assert [replaced for replaced, _ in chain] == [None, *(promoted for _, promoted in chain[:-1])]
