"""People of the staff feed and their accounts, and the units that they work in."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from app.access import accounts, passwords
from app.api.deps import Admin, Now, SecretDep, SessionDep
from app.api.types import Code, CodePath, Cursor, In, Limit, Out, ShortText
from app.models.organisation import Role, UnitKind
from app.reports.administration import people as reports

router = APIRouter(prefix="/operations/v1", tags=["operations"])

Text = Annotated[ShortText | None, Query(description="beginning of a staff number or login, or part of a name")]


class PersonOut(Out):
    """Somebody of the staff feed, and their account. `works`: today; `temporary_until`: the password is an administrator's."""

    staff_no: str
    name: str
    role: Role
    unit_code: str
    unit_name: str
    active_from: date
    active_to: date | None
    works: bool
    login: str | None
    disabled_at: datetime | None
    temporary_until: datetime | None
    last_log_in_at: datetime | None


class PeoplePage(Out):
    """A page, by staff number."""

    items: list[PersonOut]
    next_cursor: str | None


class UnitOut(Out):
    """A unit below its parent, and how many work in it today."""

    code: str
    name: str
    kind: UnitKind
    parent_code: str | None
    people: int
    managers: int


class UnitsOut(Out):
    """All of them, by code."""

    items: list[UnitOut]


class AccountIn(In):
    """For whom, with which login, and why."""

    login: Code
    staff_no: ShortText
    reason: ShortText


class ReasonIn(In):
    """Why; it is kept."""

    reason: ShortText


class TemporaryOut(Out):
    """A temporary password, told this once: it opens nothing but the choice of one's own (POST /auth/password)."""

    login: str
    temporary_password: str


class AccountOut(Out):
    """The account as it stands."""

    login: str
    disabled_at: datetime | None


@router.get("/people")
def list_people(
    _: Admin,
    session: SessionDep,
    secret: SecretDep,
    now: Now,
    text: Text = None,
    role: Role | None = None,
    unit: Annotated[Code | None, Query(description="code of a unit, with all below it")] = None,
    account: reports.AccountState | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> PeoplePage:
    """The people of the staff feed."""
    wanted = reports.Wanted(text, role, unit, account)
    page = reports.people_page(session, wanted=wanted, secret=secret, cursor=cursor, limit=limit, now=now)
    return PeoplePage.model_validate(page)


@router.get("/units")
def list_units(_: Admin, session: SessionDep, now: Now) -> UnitsOut:
    """Company, branches and grids."""
    return UnitsOut.model_validate({"items": reports.unit_rows(session, now=now)})


@router.post("/accounts", status_code=201)
def open_account(body: AccountIn, principal: Admin, session: SessionDep, now: Now) -> TemporaryOut:
    """Let somebody of the staff feed log in; what they may do follows from their row there."""
    account, made = accounts.open_account(session, by=principal, now=now, **body.model_dump())
    return TemporaryOut(login=account.login, temporary_password=made)


@router.post("/accounts/{login}/password")
def reset_password(login: CodePath, body: ReasonIn, principal: Admin, session: SessionDep, now: Now) -> TemporaryOut:
    """Give somebody a temporary password for 72 hours; all their log-ins end."""
    made = passwords.reset_password(session, login=login, by=principal, reason=body.reason, now=now)
    return TemporaryOut(login=login, temporary_password=made)


@router.post("/accounts/{login}/disable")
def disable(login: CodePath, body: ReasonIn, principal: Admin, session: SessionDep, now: Now) -> AccountOut:
    """Refuse every request of this account from the next one on."""
    changed = accounts.switch_account(session, login=login, on=False, by=principal, reason=body.reason, now=now)
    return AccountOut.model_validate(changed)


@router.post("/accounts/{login}/enable")
def enable(login: CodePath, body: ReasonIn, principal: Admin, session: SessionDep, now: Now) -> AccountOut:
    """Answer its requests again, after a new log-in."""
    changed = accounts.switch_account(session, login=login, on=True, by=principal, reason=body.reason, now=now)
    return AccountOut.model_validate(changed)
