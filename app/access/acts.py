"""What is done to accounts leaves a record."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.models.access import AccountAct, AccountEvent
from app.models.organisation import Account, RefreshFamily


def end_log_ins(session: Session, *, account_id: int, because: str, now: datetime) -> None:
    """End every log-in of an account: its tokens stop with the next request."""
    session.execute(
        update(RefreshFamily)
        .where(RefreshFamily.account_id == account_id, RefreshFamily.ended_at.is_(None))
        .values(ended_at=now, end_reason=because)
    )


def note_act(
    session: Session, *, account: Account, act: AccountAct, by_account_id: int | None, reason: str, now: datetime
) -> None:
    """Keep what was done to an account; nobody: at the command line."""
    session.add(AccountEvent(account_id=account.id, act=act, by_account_id=by_account_id, reason=reason, happened_at=now))
    session.flush()
