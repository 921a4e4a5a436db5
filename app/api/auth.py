"""Logging in, for every audience."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from pydantic import Field

from app.access import passwords, service
from app.api.deps import Now, PrincipalDep, SessionDep, TokenRulesDep, refuse_when_full
from app.api.types import In, Out, Secret, ShortText
from app.models.access import Permission

router = APIRouter(prefix="/auth", tags=["log in"])


class LogIn(In):
    """A person's credentials."""

    login: ShortText = Field(examples=["TB01G011"])
    password: Secret
    device_id: ShortText | None = None


class Choose(In):
    """The present password, perhaps one that an administrator made, and one's own."""

    login: ShortText = Field(examples=["TB01G011"])
    password: Secret
    new_password: Secret


class Refresh(In):
    """The last refresh token."""

    refresh_token: Secret


class TokensOut(Out):
    """Keep the refresh token; send the access token as `Authorization: Bearer`."""

    access_token: str
    token_type: str = "bearer"
    expires_in: int
    refresh_token: str | None


class Me(Out):
    """Who I am here. `permissions`: given beyond the role; `name` and the unit's fields are None for a system."""

    login: str
    role: str
    grid_ids: list[int]
    permissions: list[Permission]
    name: str | None
    unit_code: str | None
    unit_name: str | None
    unit_kind: str | None


@router.post("/login", dependencies=[Depends(refuse_when_full)])
def log_in(body: LogIn, session: SessionDep, rules: TokenRulesDep, now: Now) -> TokensOut:
    """Log in as a person."""
    tokens = service.log_in(session, login=body.login, password=body.password, device_id=body.device_id, rules=rules, now=now)
    return TokensOut.model_validate(tokens)


@router.post("/password", status_code=204, dependencies=[Depends(refuse_when_full)])
def choose_password(body: Choose, session: SessionDep, now: Now) -> None:
    """Choose a password of one's own; all log-ins end, log in with it. 401 where the present one is wrong or over."""
    passwords.choose_password(session, now=now, **body.model_dump())


@router.post("/refresh")
def refresh(body: Refresh, session: SessionDep, rules: TokenRulesDep, now: Now) -> TokensOut:
    """New tokens for the last refresh token. A lost answer may be asked for again within 60 s; later reuse ends the log-in."""
    tokens = service.refresh(session, refresh_token=body.refresh_token, rules=rules, now=now)
    return TokensOut.model_validate(tokens)


@router.post("/logout", status_code=204)
def log_out(body: Refresh, session: SessionDep, now: Now) -> None:
    """End this log-in on its device."""
    service.log_out(session, refresh_token=body.refresh_token, now=now)


@router.post("/token", dependencies=[Depends(refuse_when_full)])
def system_token(
    grant_type: Annotated[str, Form(pattern="^client_credentials$")],
    client_id: Annotated[ShortText, Form()],
    client_secret: Annotated[Secret, Form()],
    session: SessionDep,
    rules: TokenRulesDep,
    now: Now,
) -> TokensOut:
    """An access token for a system (OAuth 2 client credentials)."""
    tokens = service.log_in_system(session, client_id=client_id, client_secret=client_secret, rules=rules, now=now)
    return TokensOut.model_validate(tokens)


@router.get("/me")
def me(principal: PrincipalDep, session: SessionDep, now: Now) -> Me:
    """Who I am, as of now."""
    return Me.model_validate(service.introduce(session, principal=principal, now=now))
