"""Managers over time, for posting and promotion: for whom an administrator gave that permission; each look is kept."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.api.deps import Now, Permit, SessionDep
from app.api.types import Code, CodePath, Out
from app.core.security import Principal
from app.models.access import Permission
from app.reports.personnel import months as reports

router = APIRouter(prefix="/dashboard/v1/personnel", tags=["dashboard"])

Permitted = Annotated[Principal, Depends(Permit(Permission.PERSONNEL), scope="function")]
Months = Annotated[int, Query(ge=1, le=reports.MOST_MONTHS, description="so many months before this one")]


class EstimateOut(Out):
    """A figure with its 95 % interval; `few`: too little was counted to go by."""

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    few: bool


class MonthOut(Out):
    """A closed month, or several as one (`month` is then empty, `points` the mean). `index`: success against what the territory
    promised, drawn toward the company's; `judged`: as many independent judgements; `cases`: opened, `upheld`: by two persons."""

    month: str
    grid_code: str
    months: int
    points: Decimal
    successes: Decimal
    matured: Decimal
    expected: Decimal
    index: EstimateOut
    judged: Decimal
    accuracy: EstimateOut
    cases: int
    upheld: int


class PersonOut(Out):
    """A manager, and the months as one; null where none is closed."""

    staff_no: str
    name: str
    grid_code: str
    together: MonthOut | None


class UnitOut(Out):
    """The managers of a unit, by number."""

    unit_code: str
    since: str
    items: list[PersonOut]


class HistoryOut(PersonOut):
    """Month by month, the oldest first."""

    since: str
    months: list[MonthOut]


@router.get("")
def people_of_unit(
    principal: Permitted,
    session: SessionDep,
    now: Now,
    unit: Annotated[Code, Query(description="code of a unit of mine")],
    months: Months = 12,
) -> UnitOut:
    """The managers of a unit side by side."""
    return UnitOut.model_validate(reports.look_at_unit(session, unit=unit, months=months, principal=principal, now=now))


@router.get("/{staff_no}")
def person(staff_no: CodePath, principal: Permitted, session: SessionDep, now: Now, months: Months = 24) -> HistoryOut:
    """A manager month by month."""
    found = reports.look_at_person(session, staff_no=staff_no, months=months, principal=principal, now=now)
    return HistoryOut.model_validate(found)
