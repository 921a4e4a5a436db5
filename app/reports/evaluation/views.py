"""What is shown of a kept evaluation: in the list, whole, by version, and of a programme."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.evaluation.programme import Programme


@dataclass(frozen=True)
class EvaluatedRow:
    """A campaign with the key figures of its newest evaluation. Shares 0..1; money as text."""

    code: str
    name: str
    product_code: str
    product_name: str
    programme: str | None
    starts_on: date
    ends_on: date
    number: int
    computed_at: datetime
    is_final: bool
    targets: int
    successes: int
    success_rate: float | None
    effect: dict[str, Any]
    ratio_alarms: bool
    cost: str | None
    gross_return: float | None
    incremental_return: list[float] | None


@dataclass(frozen=True)
class ManagerRow:
    """How a manager did, as it was found then."""

    staff_no: str
    name: str
    grid_code: str
    orders: Decimal
    successes: Decimal
    expected: Decimal
    index: float
    low: float
    high: float
    verdict: str


@dataclass(frozen=True)
class EvaluationView:
    """One evaluation whole; `newest`: the number of the newest one. words: what its codes of reasons,
    objections and contacts are called. managers: those whom the reader may see, best first."""

    code: str
    name: str
    product_code: str
    product_name: str
    product_family: str
    programme: str | None
    unit_code: str | None
    starts_on: date
    ends_on: date
    status: str
    number: int
    newest: int
    computed_at: datetime
    login: str | None
    comment: str | None
    is_final: bool
    bounds: dict[str, Any]
    figures: dict[str, Any]
    difference: dict[str, Any] | None
    words: dict[str, tuple[str, str]]
    managers: list[ManagerRow]


@dataclass(frozen=True)
class VersionRow:
    """A version; `login` None: the system. late, gone: sales since the version before, None of the first."""

    number: int
    computed_at: datetime
    login: str | None
    comment: str | None
    is_final: bool
    late: int | None
    gone: int | None


@dataclass(frozen=True)
class ProgrammeView:
    """A programme over the newest evaluations of its campaigns."""

    programme: str
    total: Programme
    campaigns: list[EvaluatedRow]
