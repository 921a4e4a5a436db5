"""The installation: its settings, its health, and who did what in it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from app.api.deps import Admin, Now, SecretDep, SessionDep, SettingsDep
from app.api.types import Cursor, Limit, Out, ShortText
from app.reports.administration import audit as audits
from app.reports.administration import health as healths
from app.reports.administration.settings import settings_shown

router = APIRouter(prefix="/operations/v1", tags=["operations"])

Instant = Annotated[AwareDatetime | None, Query(description="an instant with its offset")]


class SettingOut(Out):
    """A setting in effect; what is secret of it is not here."""

    variable: str
    value: str
    is_default: bool
    secret: bool
    description: str


class SettingsOut(Out):
    """By name; changed where the service is started."""

    items: list[SettingOut]


class CheckOut(Out):
    """Something that is well or not, what was found, and what to do."""

    check: str
    well: bool
    found: str
    remedy: str


class HealthOut(Out):
    """How the installation is. `pending`, `dead`: deliveries to others; `set_aside`: reports that were not taken."""

    as_of: datetime
    well: bool
    checks: list[CheckOut]
    database_bytes: int
    server_version: str
    schema_revision: str
    pending: int
    dead: int
    set_aside: int


class EntryOut(Out):
    """Who did what. No login: the system. `object`: kind and reference, such as `customer:C01`."""

    id: int
    happened_at: datetime
    login: str | None
    name: str | None
    act: str
    object: str
    reason: str | None


class AuditPage(Out):
    """A page, newest first."""

    items: list[EntryOut]
    next_cursor: str | None


@router.get("/settings")
def show_settings(_: Admin, settings: SettingsDep) -> SettingsOut:
    """The settings in effect."""
    return SettingsOut.model_validate({"items": settings_shown(settings)})


@router.get("/health")
def show_health(_: Admin, session: SessionDep, now: Now) -> HealthOut:
    """What is wrong, and what to do; `gridwork doctor` looks at more."""
    return HealthOut.model_validate(healths.health(session, now=now))


@router.get("/audit")
def search_audit(
    _: Admin,
    session: SessionDep,
    secret: SecretDep,
    who: Annotated[ShortText | None, Query(description="login or staff number")] = None,
    about: Annotated[ShortText | None, Query(description="kind and reference, such as customer:C01, campaign:OCT")] = None,
    since: Instant = None,
    until: Instant = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> AuditPage:
    """Who did what, when and why."""
    sought = audits.Sought(who, about, since, until)
    return AuditPage.model_validate(audits.audit_page(session, sought=sought, secret=secret, cursor=cursor, limit=limit))
