"""Reads of the files of figures and of who belongs to which branch."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import LargeBinary, case, func, literal, or_, select
from sqlalchemy.orm import Session

from app.models.customer import Customer, FeatureFile
from app.models.organisation import Unit, UnitKind


@dataclass(frozen=True)
class File:
    """The figures of a day and branch: customer_id rising, and `columns`, name to kind."""

    snapshot_date: date
    branch_id: int
    path: str
    row_count: int
    columns: dict[str, str]


@dataclass(frozen=True)
class Branch:
    """A branch; what a customer belongs to by its grid."""

    id: int
    code: str
    name: str


def branches(session: Session) -> list[Branch]:
    """All branches by code; a grid that stands under none counts as one."""
    alone = (Unit.kind == UnitKind.GRID) & Unit.parent_id.is_(None)
    statement = select(Unit.id, Unit.code, Unit.name).where((Unit.kind == UnitKind.BRANCH) | alone).order_by(Unit.code)
    return [Branch(*row) for row in session.execute(statement)]


def current_files(session: Session, days: Collection[date]) -> list[File]:
    """The files that count of these days."""
    return _files(session, FeatureFile.snapshot_date.in_(list(days)))


def files_before(session: Session, day: date) -> list[File]:
    """The files that count of all days before this one, newest first."""
    return _files(session, FeatureFile.snapshot_date < day)


def members_of(session: Session, branch_id: int) -> NDArray[np.int64]:
    """Ids of the customers whose grid belongs to a branch now, rising."""
    grids = select(Unit.id).where(or_(Unit.parent_id == branch_id, Unit.id == branch_id))
    return _as_ids(session.scalar(select(_IDS).where(Customer.grid_id.in_(grids))))


def members_by_branch(session: Session) -> dict[int, NDArray[np.int64]]:
    """`members_of` of every branch, those without customers too; the customers are gone through once."""
    members = select(Customer.grid_id.label("unit_id"), _IDS.label("ids")).group_by(Customer.grid_id).subquery()
    branch_id = case((Unit.kind == UnitKind.GRID, func.coalesce(Unit.parent_id, Unit.id)), else_=Unit.id)
    found: dict[int, bytes] = {branch.id: b"" for branch in branches(session)}
    for of, ids in session.execute(select(branch_id, members.c.ids).join(members, members.c.unit_id == Unit.id)):
        found[of] = found.get(of, b"") + ids
    return {of: _as_ids(ids) for of, ids in found.items()}


_IDS = func.string_agg(func.int8send(Customer.id), literal(b""), type_=LargeBinary)  # as bytes: no number is made of each


def _as_ids(content: bytes | None) -> NDArray[np.int64]:
    return np.sort(np.frombuffer(content or b"", dtype=">i8").astype(np.int64), kind="stable")  # nearly sorted already


def _files(session: Session, which: object) -> list[File]:
    names = (FeatureFile.snapshot_date, FeatureFile.branch_id, FeatureFile.path, FeatureFile.row_count, FeatureFile.columns)
    statement = select(*names).where(FeatureFile.replaced_at.is_(None), which)  # type: ignore[arg-type]
    ordered = statement.order_by(FeatureFile.snapshot_date.desc(), FeatureFile.branch_id)
    return [File(*row) for row in session.execute(ordered)]
