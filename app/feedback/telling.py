"""Telling grid managers of requests that wait for their word: refusals to be taken back, corrections of customers' data."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.feedback import request_queries
from app.models.organisation import Role
from app.notices.inbox import Told, put_notices, settle_notices

KIND = "requests"


def tell_of_requests(session: Session, *, now: datetime) -> dict[str, int]:
    """One notice for each grid and kind of request, raised again by each new one and resolved with the last. {waiting, told}."""
    waiting = request_queries.waiting_requests(session)
    before = request_queries.open_notices(session, KIND)
    new = [one for one in waiting if one.subject not in before or one.newest > before[one.subject].raised_at]
    told = [
        Told(
            kind=KIND,
            unit_id=one.grid_id,
            role=Role.GRID_MANAGER,
            subject=one.subject,
            data={"rule": one.rule, "grid_code": one.grid_code, "since": one.oldest.isoformat(), "orders": one.requests},
        )
        for one in new
    ]
    put_notices(session, told, now=now)
    requests = {one.subject: one.requests for one in waiting}
    settle_notices(session, counts={notice.id: requests.get(name, 0) for name, notice in before.items()}, now=now)
    return {"waiting": sum(requests.values()), "told": len(told)}
