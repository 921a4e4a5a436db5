"""Logging in and out, and the accounts to do it with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.access import queries
from app.access.acting import principal_of
from app.access.acts import note_act
from app.access.revoking import DeviceRevoked, refuse_device, tell_device
from app.access.rotation import Decision, PresentedToken, decide
from app.core import clock
from app.core.db import set_scope
from app.core.errors import Conflict, Forbidden, Invalid, Unauthenticated
from app.core.security import (
    AccessClaims,
    Principal,
    WrongToken,
    check_password,
    hash_password,
    read_access_token,
    refresh_token_of,
    token_hash,
    turn_to_check,
    write_access_token,
)
from app.models.access import AccountAct
from app.models.organisation import Account, RefreshFamily, RefreshToken, Role

MINIMUM_PASSWORD = 10


class WrongLogin(Unauthenticated):
    """Login or password is wrong."""

    code = "login.wrong"


class TemporaryPassword(Forbidden):
    """This password was made for you: choose one of your own first (POST /auth/password)."""

    code = "login.password_temporary"


class WrongRefreshToken(Unauthenticated):
    """The refresh token is not valid: log in again."""

    code = "refresh.wrong"


class RefreshTokenReplayed(Unauthenticated):
    """The refresh token was used before: this log-in is ended everywhere, log in again."""

    code = "refresh.replayed"
    keeps_changes = True


class LoginTaken(Conflict):
    """There is an account with this login, or this person has one."""

    code = "login.taken"


@dataclass(frozen=True)
class TokenRules:
    """How tokens are made in this installation."""

    secret: str
    access_minutes: int
    refresh_days: int
    retry_seconds: int


@dataclass(frozen=True)
class Tokens:
    """What a log-in gives. `refresh_token` is None for a system."""

    access_token: str
    expires_in: int
    refresh_token: str | None


def log_in(session: Session, *, login: str, password: str, device_id: str | None, rules: TokenRules, now: datetime) -> Tokens:
    """Start a refresh family for a person; raises WrongLogin alike for an unknown login and a wrong password, TemporaryPassword,
    DeviceRevoked."""
    account = checked_account(session, login=login, password=password, now=now)
    if account.staff_id is None:
        raise WrongLogin
    if account.temporary_until is not None:
        raise TemporaryPassword
    refuse_device(session, account_id=account.id, device_id=device_id, now=now)
    family = RefreshFamily(account_id=account.id, device_id=device_id, started_at=now)
    session.add(family)
    session.flush()  # the family's id is part of its tokens
    return _issue(session, family=family, generation=0, rules=rules, now=now)


def log_in_system(session: Session, *, client_id: str, client_secret: str, rules: TokenRules, now: datetime) -> Tokens:
    """An access token for a system by its client credentials; raises WrongLogin."""
    account = checked_account(session, login=client_id, password=client_secret, now=now)
    if account.service_role is None:
        raise WrongLogin
    return _tokens(AccessClaims(account.id, None), refresh_token=None, rules=rules, now=now)


def checked_account(session: Session, *, login: str, password: str, now: datetime) -> Account:
    """The account of these credentials; raises WrongLogin, also for a temporary password that is over."""
    with turn_to_check():
        account = queries.find_account(session, login)
        fits = check_password(password, account.password_hash if account else None)
    if account is None or not fits or (account.temporary_until is not None and account.temporary_until <= now):
        raise WrongLogin
    if queries.find_actor(session, account.id, None, clock.local_date(now)) is None:
        raise WrongLogin
    return account


def refresh(session: Session, *, refresh_token: str, rules: TokenRules, now: datetime) -> Tokens:
    """The next tokens of a family. The same again within the retry window; RefreshTokenReplayed ends the family.

    Raises WrongRefreshToken, DeviceRevoked.
    """
    hashed = token_hash(refresh_token)
    family = queries.lock_family_of(session, hashed)
    if family is None:
        raise WrongRefreshToken
    refuse_device(session, account_id=family.account_id, device_id=family.device_id, now=now)
    tokens = queries.refresh_tokens_of(session, family.id)
    shown = next(t for t in tokens if t.token_hash == hashed)
    presented = PresentedToken(
        generation=shown.generation,
        newest_generation=tokens[-1].generation,
        rotated_at=shown.rotated_at,
        expires_at=shown.expires_at,
        family_ended=family.ended_at is not None,
    )
    match decide(presented, now=now, retry_window=timedelta(seconds=rules.retry_seconds)):
        case Decision.ROTATE:
            shown.rotated_at = now
            return _issue(session, family=family, generation=shown.generation + 1, rules=rules, now=now)
        case Decision.REPEAT:
            again = refresh_token_of(rules.secret, family_id=family.id, generation=shown.generation + 1)
            return _tokens(AccessClaims(family.account_id, family.id), refresh_token=again, rules=rules, now=now)
        case Decision.END_FAMILY:
            family.ended_at, family.end_reason = now, "replayed"
            raise RefreshTokenReplayed
        case _:
            raise WrongRefreshToken


def log_out(session: Session, *, refresh_token: str, now: datetime) -> None:
    """End the family of this token; an unknown one is already out."""
    family = queries.lock_family_of(session, token_hash(refresh_token))
    if family is not None and family.ended_at is None:
        family.ended_at, family.end_reason = now, "logged out"


def end_log_in(session: Session, *, access_token: str, secret: str, now: datetime) -> None:
    """End the family that this access token came from; one that is over is out already."""
    claims = read_access_token(access_token, secret=secret, now=now)
    family = session.get(RefreshFamily, claims.family_id) if claims.family_id is not None else None
    if family is not None and family.ended_at is None:
        family.ended_at, family.end_reason = now, "logged out"


def identify(session: Session, *, access_token: str, secret: str, now: datetime, device_id: str | None = None) -> Principal:
    """Who presents this token, as of now: a disabled account or a changed role counts at once. Scopes the transaction.

    `device_id`: as which device they say they ask. Raises WrongToken, DeviceRevoked.
    """
    claims = read_access_token(access_token, secret=secret, now=now)
    actor = queries.find_actor(session, claims.account_id, claims.family_id, clock.local_date(now), device_id)
    if actor is None:
        raise WrongToken
    if actor.revoked_device_id is not None:
        tell_device(session, account_id=actor.account_id, device_id=actor.revoked_device_id, now=now)
        raise DeviceRevoked
    principal = principal_of(actor)
    set_scope(session, scope=principal.scope, grid_ids=principal.grid_ids, staff_id=principal.staff_id)
    return principal


def introduce(session: Session, *, principal: Principal, now: datetime) -> dict[str, Any]:
    """Who this is, for themselves: login, role and grids, permissions beyond the role, and of a person their name and unit."""
    permissions = queries.permissions_of(session, principal.staff_id, clock.local_date(now))
    known = queries.find_name_and_unit(session, principal.staff_id)
    name, unit_code, unit_name, unit_kind = known or (None, None, None, None)
    mine = {"login": principal.login, "role": principal.role, "grid_ids": list(principal.grid_ids), "permissions": permissions}
    return mine | {"name": name, "unit_code": unit_code, "unit_name": unit_name, "unit_kind": unit_kind}


def find_person(session: Session, *, login: str, now: datetime) -> Principal:
    """The person of this login, for whom an operator acts at the command line. Raises Invalid where nobody may act by it."""
    account = queries.find_account(session, login)
    actor = None if account is None else queries.find_actor(session, account.id, None, clock.local_date(now))
    if actor is None:
        raise Invalid("by", f"the login of somebody who may act today, which {login} is not")
    return principal_of(actor)


def create_account(
    session: Session,
    *,
    login: str,
    password: str,
    staff_no: str | None,
    service_role: Role | None,
    by_account_id: int | None = None,
    reason: str = "",
    now: datetime,
) -> Account:
    """An account for a person (`staff_no`) or for a system (`service_role`); by nobody: at the command line.

    Raises Invalid for a short password or both or neither owner, UnknownStaff, LoginTaken.
    """
    if len(password) < MINIMUM_PASSWORD:
        raise Invalid("password", f"at least {MINIMUM_PASSWORD} characters")
    if (staff_no is None) == (service_role is None):
        raise Invalid("staff_no", "either a staff number or a service role")
    if queries.find_account(session, login) is not None:
        raise LoginTaken
    staff_id = queries.get_staff(session, staff_no).id if staff_no is not None else None
    account = Account(
        login=login, password_hash=hash_password(password), staff_id=staff_id, service_role=service_role, created_at=now
    )
    session.add(account)
    session.flush()  # a second account of the same person fails here, not at the commit
    note_act(session, account=account, act=AccountAct.CREATED, by_account_id=by_account_id, reason=reason, now=now)
    return account


def _issue(session: Session, *, family: RefreshFamily, generation: int, rules: TokenRules, now: datetime) -> Tokens:
    token = refresh_token_of(rules.secret, family_id=family.id, generation=generation)
    session.add(
        RefreshToken(
            token_hash=token_hash(token),
            family_id=family.id,
            generation=generation,
            issued_at=now,
            expires_at=now + timedelta(days=rules.refresh_days),
        )
    )
    return _tokens(AccessClaims(family.account_id, family.id), refresh_token=token, rules=rules, now=now)


def _tokens(claims: AccessClaims, *, refresh_token: str | None, rules: TokenRules, now: datetime) -> Tokens:
    access = write_access_token(claims, secret=rules.secret, now=now, minutes=rules.access_minutes)
    return Tokens(access_token=access, expires_in=rules.access_minutes * 60, refresh_token=refresh_token)
