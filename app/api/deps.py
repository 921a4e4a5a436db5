"""What handlers depend on: the transaction, who acts, and the settings. The only place of the API that commits.

What does not wait for the database is `async`, which saves a change of thread for each of them at each request.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session

from app.access.service import TokenRules, identify
from app.api.cookies import token_of
from app.api.types import CODE
from app.core import clock
from app.core.errors import AppError, Forbidden
from app.core.payroll_keys import PayrollSigner
from app.core.security import Principal, WrongToken, read_access_token, refuse_more_log_ins, token_expiry
from app.devices.versions import refuse_old
from app.disclosure.relays import Relay
from app.models.organisation import Role
from app.notices.quiet import QuietHours
from app.notices.sealing import Seal
from app.points.disputes.rules import DisputeTerms
from app.reports.live.following import Live, units_of
from app.reports.live.streams import Watcher
from app.settings import Settings

LONGEST_VERSION = 60
_bearer = HTTPBearer(auto_error=False, description="access token of /auth/login or /auth/token; the console sends its cookie")


class WrongRole(Forbidden):
    """Your role does not allow this."""

    code = "role.wrong"


async def get_settings(request: Request) -> Settings:
    """The settings of this process."""
    settings: Settings = request.app.state.settings
    return settings


def get_session(request: Request) -> Iterator[Session]:
    """One request, one transaction; committed before the answer is sent, so that a failed commit is never a 2xx."""
    session: Session = request.app.state.sessions()
    try:
        yield session
        session.commit()
    except AppError as error:
        if error.keeps_changes:
            session.commit()
        raise
    finally:
        session.close()


async def get_now() -> datetime:
    """The server's time of this request."""
    return clock.now()


SettingsDep = Annotated[Settings, Depends(get_settings)]
SessionDep = Annotated[Session, Depends(get_session, scope="function")]
Now = Annotated[datetime, Depends(get_now)]


async def get_token_rules(request: Request, settings: SettingsDep) -> TokenRules:
    """How tokens are made here."""
    return TokenRules(
        secret=request.app.state.secret,
        access_minutes=settings.access_token_minutes,
        refresh_days=settings.refresh_token_days,
        retry_seconds=settings.refresh_retry_seconds,
    )


async def get_secret(request: Request) -> str:
    """The key that signs tokens and cursors."""
    secret: str = request.app.state.secret
    return secret


async def get_call_relay(request: Request) -> Relay:
    """How calls are put through here."""
    relay: Relay = request.app.state.call_relay
    return relay


async def get_seal(request: Request) -> Seal:
    """What closes the signing keys of webhooks."""
    seal: Seal = request.app.state.seal
    return seal


async def get_push_key(request: Request) -> str:
    """The public key of this installation's pushes."""
    key: str = request.app.state.push_key
    return key


async def get_payroll_signer(request: Request) -> PayrollSigner:
    """What signs payroll's files."""
    signer: PayrollSigner = request.app.state.payroll_signer
    return signer


async def get_quiet_hours(settings: SettingsDep) -> QuietHours:
    """Hours in which nobody is mailed or pushed to."""
    return QuietHours.parse(settings.quiet_hours, settings.zone)


async def get_dispute_terms(settings: SettingsDep) -> DisputeTerms:
    """How long lines of points may be disputed, by when that is decided and by how many."""
    return DisputeTerms(*settings.dispute_terms)


async def refuse_when_full() -> None:
    """Before a log-in takes a thread."""
    refuse_more_log_ins()


def get_principal(
    request: Request,
    session: SessionDep,
    now: Now,
    secret: "SecretDep",
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal:
    """Who acts; scopes the transaction for row level security."""
    token = token_of(request, credentials)
    said = request.headers.get("x-device-id", "")
    device_id = said if re.fullmatch(CODE, said) else None
    return identify(session, access_token=token, secret=secret, now=now, device_id=device_id)


async def check_phone(
    settings: SettingsDep,
    _: Annotated[
        str | None, Header(alias="X-Device-Id", pattern=CODE, description="401 device.revoked: forget everything")
    ] = None,
    version: Annotated[
        str | None,
        Header(alias="X-App-Version", max_length=LONGEST_VERSION, description="such as 1.4.2; 426 app.too_old: renew it"),
    ] = None,
) -> None:
    """What every phone may say of itself: refuses an app that is too old."""
    refuse_old(version, settings.minimum_app_version)


async def get_family_id(
    now: Now, secret: "SecretDep", credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> int:
    """The log-in that the access token came from; raises WrongToken where it came from none, as a system's."""
    family_id = None if credentials is None else read_access_token(credentials.credentials, secret=secret, now=now).family_id
    if family_id is None:
        raise WrongToken
    return family_id


class Allow:
    """Dependency: the principal, if their role is one of these."""

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(role.value for role in roles)

    async def __call__(self, principal: "PrincipalDep") -> Principal:
        if principal.role not in self.roles:
            raise WrongRole
        return principal


TokenRulesDep = Annotated[TokenRules, Depends(get_token_rules)]
SecretDep = Annotated[str, Depends(get_secret)]
CallRelay = Annotated[Relay, Depends(get_call_relay)]
SealDep = Annotated[Seal, Depends(get_seal)]
SignerDep = Annotated[PayrollSigner, Depends(get_payroll_signer)]
PushKey = Annotated[str, Depends(get_push_key)]
QuietHoursDep = Annotated[QuietHours, Depends(get_quiet_hours)]
DisputeTermsDep = Annotated[DisputeTerms, Depends(get_dispute_terms)]
FamilyId = Annotated[int, Depends(get_family_id)]
PrincipalDep = Annotated[Principal, Depends(get_principal, scope="function")]


async def get_terminal_manager(
    _: Annotated[None, Depends(check_phone)],
    principal: Annotated[Principal, Depends(Allow(Role.TERMINAL_MANAGER), scope="function")],
) -> Principal:
    """Who works with a phone, by a phone that may be used."""
    return principal


TerminalManager = Annotated[Principal, Depends(get_terminal_manager, scope="function")]
GridManager = Annotated[Principal, Depends(Allow(Role.GRID_MANAGER, Role.BRANCH_MANAGER, Role.ADMIN), scope="function")]
Viewer = Annotated[
    Principal,
    Depends(Allow(Role.GRID_MANAGER, Role.BRANCH_MANAGER, Role.PLANNER, Role.ANALYST, Role.ADMIN), scope="function"),
]
Approver = Annotated[Principal, Depends(Allow(Role.BRANCH_MANAGER, Role.ADMIN), scope="function")]
Planner = Annotated[Principal, Depends(Allow(Role.PLANNER, Role.ADMIN), scope="function")]
PlannerOrApprover = Annotated[Principal, Depends(Allow(Role.PLANNER, Role.BRANCH_MANAGER, Role.ADMIN), scope="function")]
PlannerOrAnalyst = Annotated[Principal, Depends(Allow(Role.PLANNER, Role.ANALYST, Role.ADMIN), scope="function")]
Analyst = Annotated[Principal, Depends(Allow(Role.ANALYST, Role.ADMIN), scope="function")]
Admin = Annotated[Principal, Depends(Allow(Role.ADMIN), scope="function")]
Payroll = Annotated[Principal, Depends(Allow(Role.PAYROLL), scope="function")]


async def get_live(request: Request) -> Live:
    """The open streams of this process."""
    live: Live = request.app.state.live
    return live


async def get_watcher(
    request: Request,
    principal: GridManager,
    now: Now,
    secret: SecretDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Watcher:
    """Who listens to what changes: until their token is over, and of their units alone."""
    token = token_of(request, credentials)
    claims, expires_at = read_access_token(token, secret=secret, now=now), token_expiry(token, secret=secret)
    return Watcher(principal.account_id, claims.family_id, expires_at, units_of(principal.unit_id, list(principal.grid_ids)))


LiveDep = Annotated[Live, Depends(get_live)]
WatcherDep = Annotated[Watcher, Depends(get_watcher)]
