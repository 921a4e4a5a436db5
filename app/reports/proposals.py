"""Proposed corrections of master data: those that wait, and those accepted, for the systems that own the data."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.feedback.findings import CORRECTABLE
from app.models.customer import Customer
from app.models.feedback import ContactFeedback
from app.models.findings import CorrectionProposal, ProposalDecision
from app.models.organisation import Staff

_SHOWN = {"name": Customer.name, "phone": func.masked_phone(Customer.phone), "address": Customer.address}


@dataclass(frozen=True)
class ProposalRow:
    """A proposal that waits. `current`: what the feed says now, None where it has no such field. Of phones only the ends."""

    id: int
    customer_no: str
    field: str
    field_zh: str
    field_en: str
    current: str | None
    value: str
    staff_no: str
    manager_name: str
    feedback_id: UUID
    proposed_at: datetime


@dataclass(frozen=True)
class CorrectionRow:
    """An accepted correction, whole."""

    id: int
    customer_no: str
    field: str
    value: str
    decided_at: datetime


def undecided_proposals(
    session: Session, *, grid_ids: Collection[int], secret: str, cursor: str | None, limit: int
) -> Page[ProposalRow]:
    """A page of what waits for a decision in these grids, oldest first; not of reports that were corrected since.

    Raises WrongCursor, Invalid for a wrong limit.
    """
    size = clamp_page_size(limit)
    name = f"proposals/{sorted(grid_ids)}"
    proposal, newer = CorrectionProposal, aliased(ContactFeedback)
    value = case((proposal.field == "phone", func.masked_phone(proposal.value)), else_=proposal.value)
    statement = (
        select(proposal, value, Customer.customer_no, Staff.staff_no, Staff.name, *_SHOWN.values())
        .join(Customer, Customer.id == proposal.customer_id)
        .join(Staff, Staff.id == proposal.staff_id)
        .where(proposal.grid_id.in_(grid_ids), proposal.decided_at.is_(None))
        .where(~exists().where(newer.corrects_id == proposal.feedback_id))
        .order_by(proposal.id)
        .limit(size + 1)
    )
    if cursor is not None:
        statement = statement.where(proposal.id > read_cursor(secret, name, cursor))
    rows = [_row(*found) for found in session.execute(statement)]
    return Page(rows[:size], write_cursor(secret, name, rows[size - 1].id) if len(rows) > size else None)


def accepted_corrections(session: Session, *, secret: str, cursor: str | None, limit: int) -> Page[CorrectionRow]:
    """A page of the accepted ones in the order in which they were decided; its last cursor finds what is accepted later."""
    size = clamp_page_size(limit)
    name = "corrections"
    proposal = CorrectionProposal
    statement = (
        select(proposal.id, Customer.customer_no, proposal.field, proposal.value, proposal.decided_at)
        .join(Customer, Customer.id == proposal.customer_id)
        .where(proposal.decision == ProposalDecision.ACCEPTED)
        .order_by(proposal.decided_at, proposal.id)
        .limit(size + 1)
    )
    if cursor is not None:
        decided_at, last = read_cursor(secret, name, cursor)
        after = datetime.fromisoformat(decided_at)
        statement = statement.where((proposal.decided_at > after) | ((proposal.decided_at == after) & (proposal.id > last)))
    rows = [CorrectionRow(**found) for found in session.execute(statement).mappings()]
    shown = rows[:size]
    last_shown = [shown[-1].decided_at.isoformat(), shown[-1].id] if len(rows) > size else None
    return Page(shown, None if last_shown is None else write_cursor(secret, name, last_shown))


def _row(found: CorrectionProposal, value: str, customer_no: str, staff_no: str, name: str, *current: Any) -> ProposalRow:
    field = CORRECTABLE[found.field]
    return ProposalRow(
        id=found.id,
        customer_no=customer_no,
        field=field.code,
        field_zh=field.zh,
        field_en=field.en,
        current=dict(zip(_SHOWN, current, strict=True)).get(found.field),
        value=value,
        staff_no=staff_no,
        manager_name=name,
        feedback_id=found.feedback_id,
        proposed_at=found.proposed_at,
    )
