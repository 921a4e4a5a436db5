"""Accounts as an administrator keeps them: made for people of the staff feed, switched off and on; each act on record."""

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from app.access import queries, service
from app.access.acts import end_log_ins, note_act
from app.access.passwords import reset_password
from app.core.errors import Conflict
from app.core.security import Principal
from app.models.access import AccountAct
from app.models.organisation import Account


class OwnAccount(Conflict):
    """Nobody switches off the account by which they act."""

    code = "account.own"


class NotSoNow(Conflict):
    """The account is in that state already."""

    code = "account.state"


def open_account(
    session: Session, *, login: str, staff_no: str, by: Principal, reason: str, now: datetime
) -> tuple[Account, str]:
    """An account for a person with a temporary password, told once. Raises UnknownStaff, LoginTaken."""
    account = service.create_account(
        session,
        login=login,
        password=secrets.token_urlsafe(32),  # which nobody is told
        staff_no=staff_no,
        service_role=None,
        by_account_id=by.account_id,
        reason=reason,
        now=now,
    )
    return account, reset_password(session, login=login, by=by, reason=reason, now=now)


def switch_account(session: Session, *, login: str, on: bool, by: Principal | None, reason: str, now: datetime) -> Account:
    """Refuse every request of an account from the next one on, or answer them again.

    Raises UnknownAccount, OwnAccount, NotSoNow.
    """
    account = queries.lock_account(session, login)
    if by is not None and account.id == by.account_id:
        raise OwnAccount
    if (account.disabled_at is None) == on:
        raise NotSoNow
    account.disabled_at = None if on else now
    end_log_ins(session, account_id=account.id, because="switched", now=now)
    act = AccountAct.ENABLED if on else AccountAct.DISABLED
    note_act(session, account=account, act=act, by_account_id=None if by is None else by.account_id, reason=reason, now=now)
    return account
