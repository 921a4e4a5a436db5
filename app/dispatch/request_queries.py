"""Reads of requested dispatches and how far they are."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.models.planning import RunProgress
from app.models.work_order import DispatchRequest


class UnknownRequest(NotFound):
    """There is no such request of a dispatch."""

    code = "dispatch.request_unknown"


def get_request(session: Session, request_id: int) -> DispatchRequest:
    """The request as it is now; raises UnknownRequest."""
    found = session.get(DispatchRequest, request_id, populate_existing=True)
    if found is None:
        raise UnknownRequest(f"request: there is no request {request_id}")
    return found


def lock_waiting_request(session: Session) -> DispatchRequest | None:
    """The oldest request of a dispatch that is not done and that nobody works on."""
    statement = select(DispatchRequest).where(DispatchRequest.outcome.is_(None)).order_by(DispatchRequest.id).limit(1)
    return session.scalar(statement.with_for_update(skip_locked=True))


def lock_if_waiting(session: Session, request_id: int) -> DispatchRequest | None:
    """The request, locked, if it is not done and nobody works on it."""
    statement = select(DispatchRequest).where(DispatchRequest.id == request_id, DispatchRequest.outcome.is_(None))
    locked = statement.order_by(DispatchRequest.id).with_for_update(skip_locked=True)
    return session.scalar(locked.execution_options(populate_existing=True))


def list_requests(session: Session, *, campaign_code: str | None, limit: int) -> list[DispatchRequest]:
    """The newest requests, newest first; of one campaign where its code is given."""
    statement = select(DispatchRequest).order_by(DispatchRequest.id.desc()).limit(limit)
    if campaign_code is not None:
        statement = statement.where(DispatchRequest.campaign_codes.any_() == campaign_code)
    return list(session.scalars(statement))


def find_progress(session: Session, request_id: int) -> RunProgress | None:
    """How far the run of a request is, as it is now."""
    return session.get(RunProgress, request_id, populate_existing=True)


def count_waiting_before(session: Session, request_id: int) -> int:
    """Requests that are done before this one."""
    statement = select(func.count()).where(DispatchRequest.outcome.is_(None), DispatchRequest.id < request_id)
    return session.scalars(statement).one()
