"""Passwords: one that an administrator makes for somebody opens nothing but the choice of one's own."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.access import queries
from app.access.acts import end_log_ins, note_act
from app.access.service import MINIMUM_PASSWORD, WrongLogin, checked_account
from app.core.errors import Invalid
from app.core.security import Principal, hash_password
from app.models.access import AccountAct

TEMPORARY_FOR = timedelta(hours=72)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another when read aloud
_LENGTH = 12  # some 59 bits


def reset_password(session: Session, *, login: str, by: Principal | None, reason: str, now: datetime) -> str:
    """A temporary password for a person, told once; all log-ins of the account end.

    Raises UnknownAccount, Invalid for a system.
    """
    account = queries.lock_account(session, login)
    if account.staff_id is None:
        raise Invalid("login", "the login of a person: a system gets a new account")
    made = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(_LENGTH // 4))
    account.password_hash, account.temporary_until = hash_password(made), now + TEMPORARY_FOR
    end_log_ins(session, account_id=account.id, because="password reset", now=now)
    note_act(
        session,
        account=account,
        act=AccountAct.RESET,
        by_account_id=None if by is None else by.account_id,
        reason=reason,
        now=now,
    )
    return made


def choose_password(session: Session, *, login: str, password: str, new_password: str, now: datetime) -> None:
    """Set a password of one's own for the present one; all log-ins end. Raises WrongLogin, also for a temporary one that is
    over, Invalid for a short new one or the same again."""
    account = checked_account(session, login=login, password=password, now=now)
    if account.staff_id is None:
        raise WrongLogin
    if len(new_password) < MINIMUM_PASSWORD or new_password == password:
        raise Invalid("new_password", f"another password, of at least {MINIMUM_PASSWORD} characters")
    account.password_hash, account.temporary_until = hash_password(new_password), None
    end_log_ins(session, account_id=account.id, because="password chosen", now=now)
    note_act(session, account=account, act=AccountAct.CHOSEN, by_account_id=account.id, reason="", now=now)
