"""Two who decide on one dispute at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

from app.core.db import set_scope
from app.core.errors import AppError
from app.models.dispute import DisputeDecision, PointsDispute
from app.models.points import Component
from app.points.disputes.deciding import Answer, decide_dispute
from app.points.disputes.service import Disputed, raise_dispute
from tests.factories import staff
from tests.phones import principal_of
from tests.stages.points.test_closing_races import _wait_until_blocked
from tests.truth import CLOSING, OCTOBER


def test_who_decides_second_waits_for_the_first_and_is_told(sessions, company):
    """The first has decided and not committed; without a lock the second would have looked before that."""
    ana, leader = principal_of(company, "ana"), staff(company, "chen")
    chen = replace(ana, staff_id=leader.id, role="grid_manager", scope="grids")
    said = Disputed(uuid4(), OCTOBER, Component.SUCCESS, None, None, "20", "she bought it", None, [])
    raise_dispute(company, principal=ana, disputed=said, now=CLOSING)
    company.commit()

    def decide(decision):
        with sessions() as session:
            set_scope(session, scope="all")
            try:
                deciding = {"dispute_id": said.id, "answer": Answer(decision, "x"), "now": CLOSING}
                decide_dispute(session, principal=chen, grid_ids=chen.grid_ids, **deciding)
            except AppError as error:
                return error.code
            session.commit()
            return decision.value

    with ThreadPoolExecutor(1) as threads, sessions() as first:
        set_scope(first, scope="all")
        deciding = {"dispute_id": said.id, "answer": Answer(DisputeDecision.ACCEPTED, "x"), "now": CLOSING}
        decide_dispute(first, principal=chen, grid_ids=chen.grid_ids, **deciding)
        second = threads.submit(decide, DisputeDecision.REJECTED)
        _wait_until_blocked(first)
        first.commit()
        assert second.result() == "dispute.decided"
    set_scope(company, scope="all")
    assert company.get(PointsDispute, said.id, populate_existing=True).decision is DisputeDecision.ACCEPTED
