"""One line of points down to its orders, reports, evidence, verdicts, rule and plan version; its parts sum to it exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.core.clock import Month
from app.models.points import Component, EntryKind
from app.points import statement_queries
from app.points.explaining import queries as explaining_queries
from app.points.explaining.because import Because, why_report, why_work_order
from app.points.explaining.parts import Part, Worth, posted, spread, take_apart
from app.points.explaining.queries import UnknownLine, VerdictShown, WorkOrderShown
from app.points.figures import CONFIRMED, SUCCEEDED
from app.points.formula import ACCURACY, SUCCESS, ZERO, ComponentRule, Plan
from app.points.open_month import ManagerMonth, MonthFacts, preview_of
from app.points.payroll.file_format import points_text
from app.points.plans.in_force import get_plan
from app.points.service import facts_of, stored_months

_INSTANT = timedelta(microseconds=1)
_OF_LINE = ("entry_id", "component", "kind", "points", "words", "figures", "refers_to_entry", "cause")


@dataclass(frozen=True)
class Item:
    """One work order or report behind a line: how it counted, why, and what it is worth in the line."""

    work_order_id: int
    customer_no: str | None
    campaign_code: str | None
    product_code: str | None
    counted: str
    weight: str
    worth: str
    order_no: str | None
    ordered_at: datetime | None
    feedback_id: UUID | None
    channel: str | None
    outcome: str | None
    received_at: datetime | None
    rule: str | None
    evidence: dict[str, Any] | None
    because: Because


@dataclass(frozen=True)
class Explained:
    """A line with everything behind it. `rule`: of the plan's component; `parts` sum to `points`."""

    month: str
    as_of: datetime
    entry_id: int | None
    component: str
    kind: str
    points: str
    words: str
    figures: dict[str, Any]
    refers_to_entry: int | None
    cause: str | None
    plan_code: str
    plan_version: int
    rule: ComponentRule
    parts: tuple[Part, ...]
    items: list[Item]


@dataclass(frozen=True)
class _Found:
    """What is shown of what the pieces name, by id, and the days of which the orders feed is complete."""

    work_orders: dict[int, WorkOrderShown]
    orders: dict[int, tuple[str, datetime]]
    reports: dict[UUID, tuple[str, str, datetime]]
    verdicts: dict[int, VerdictShown]
    order_days: frozenset[date]


@dataclass(frozen=True)
class _Piece:
    """One piece of evidence, of an entry or of an open month."""

    work_order_id: int
    feedback_id: UUID | None
    verification_id: int | None
    order_id: int | None
    counted: str
    weight: Decimal


def explain_line(session: Session, *, staff_id: int, month: Month, line: str, now: datetime) -> Explained:
    """A line of a manager's month by the id of its entry, or by its component for what that earned. Raises UnknownLine."""
    closed_at = statement_queries.find_closed_at(session, month)
    if closed_at is not None:
        shown, facts = stored_months(session, staff_ids=[staff_id], month=month, closed_at=closed_at)[staff_id], None
    else:
        facts = facts_of(session, staff_ids=[staff_id], month=month, now=now, of=_component(line))
        shown = preview_of(facts, staff_ids=[staff_id], month=month, at=now)[staff_id]
    found = next((one for one in shown.lines if _is(one, line)), None)
    if found is None:
        raise UnknownLine
    entry_id = found["entry_id"]
    if entry_id is None and facts is not None:
        plan, pieces = facts.plans[staff_id], _pieces(facts, found["component"])
    else:
        plan = get_plan(session, explaining_queries.get_entry(session, entry_id, staff_id=staff_id, month=month).plan_id)
        pieces = [_Piece(*row) for row in explaining_queries.evidence_of_entry(session, entry_id)]
    return _explained(session, shown, found, plan, pieces)


def _component(line: str) -> Component:
    """Of which component all facts are needed to explain a line of an open month: an entry's are its evidence, so of the one that
    has the fewest."""
    return Component.EXISTING_SCHEME if line.isdigit() else Component(line)


def _explained(session: Session, shown: ManagerMonth, found: dict[str, Any], plan: Plan, pieces: Sequence[_Piece]) -> Explained:
    points = Decimal(found["points"])
    if found["kind"] == EntryKind.EARNED.value:
        worth = take_apart(found["component"], points, found["figures"], plan)
    else:
        worth = posted(points, found["words"], found.get("zh"))
    return Explained(
        month=shown.month,
        as_of=shown.as_of,
        **{name: found[name] for name in _OF_LINE},
        plan_code=plan.code,
        plan_version=plan.version,
        rule=plan.rule_of(found["component"]),
        parts=worth.parts,
        items=_items(session, pieces, worth),
    )


def _is(line: dict[str, Any], wanted: str) -> bool:
    if wanted.isdigit():
        return bool(line["entry_id"] == int(wanted))
    return (line["component"], line["kind"]) == (wanted, EntryKind.EARNED.value)


def _pieces(facts: MonthFacts, component: str) -> list[_Piece]:
    if component == SUCCESS:
        return [_Piece(one.work_order_id, None, None, one.order_id, one.counted, one.share) for one in facts.work_orders]
    if component != ACCURACY:
        return []
    return [
        _Piece(one.work_order_id, one.feedback_id, one.verification_id, None, one.verdict or "pending", one.weight)
        for one in facts.feedback
    ]


def _items(session: Session, pieces: Sequence[_Piece], worth: Worth) -> list[Item]:
    """Each piece with what it is worth; what they are worth sums to their part."""
    shares = spread(worth.each * one.weight if one.counted in (SUCCEEDED, CONFIRMED) else ZERO for one in pieces)
    found = _look_up(session, pieces)
    return [_item(piece, share, found) for piece, share in zip(pieces, shares, strict=True)]


def _look_up(session: Session, pieces: Sequence[_Piece]) -> _Found:
    """What the pieces name; nothing is asked that none of them needs."""
    work_orders = explaining_queries.work_orders(session, {one.work_order_id for one in pieces})
    order_ids = {one.order_id for one in pieces if one.order_id is not None}
    feedback_ids = {one.feedback_id for one in pieces if one.feedback_id is not None}
    verdict_ids = {one.verification_id for one in pieces if one.verification_id is not None}
    won = [found for one in pieces if one.feedback_id is None and (found := work_orders.get(one.work_order_id)) is not None]
    return _Found(
        work_orders,
        explaining_queries.orders(session, order_ids) if order_ids else {},
        explaining_queries.reports(session, feedback_ids) if feedback_ids else {},
        explaining_queries.verdicts(session, verdict_ids) if verdict_ids else {},
        _order_days(session, won) if won else frozenset(),
    )


def _order_days(session: Session, work_orders: Sequence[WorkOrderShown]) -> frozenset[date]:
    """The days on which these could be won or lost again and of which the orders feed is complete."""
    first, last = min(one.dispatched_at for one in work_orders), max(one.matures_at for one in work_orders)
    return explaining_queries.complete_days(session, "orders", clock.local_date(first), clock.local_date(last))


def _item(piece: _Piece, share: Decimal, found: _Found) -> Item:
    work_order = found.work_orders.get(piece.work_order_id)
    order_no, ordered_at = found.orders.get(piece.order_id or 0, (None, None))
    report = None if piece.feedback_id is None else found.reports.get(piece.feedback_id)
    channel, outcome, received_at = report or (None, None, None)
    verdict = found.verdicts.get(piece.verification_id or 0)
    return Item(
        work_order_id=piece.work_order_id,
        customer_no=work_order.customer_no if work_order else None,
        campaign_code=work_order.campaign_code if work_order else None,
        product_code=work_order.product_code if work_order else None,
        counted=piece.counted,
        weight=f"{piece.weight:f}",
        worth=points_text(share),
        order_no=order_no,
        ordered_at=ordered_at,
        feedback_id=piece.feedback_id,
        channel=channel,
        outcome=outcome,
        received_at=received_at,
        rule=verdict.rule if verdict else None,
        evidence=verdict.evidence if verdict else None,
        because=_because(piece, work_order, order_no, verdict, found.order_days),
    )


def _because(
    piece: _Piece, work_order: WorkOrderShown | None, order_no: str | None, verdict: VerdictShown | None, days: frozenset[date]
) -> Because:
    if piece.feedback_id is not None:
        by = verdict.decided_by if verdict else None
        on = clock.local_date(verdict.decided_at) if verdict and by else None
        return why_report(piece.counted, verdict.evidence if verdict else None, decided_by=by, decided_on=on)
    assert work_order is not None  # evidence refers to it by key, and one's grids are seen
    first, last = clock.local_date(work_order.dispatched_at), clock.local_date(work_order.matures_at - _INSTANT)
    reason = work_order.close_reason
    return why_work_order(piece.counted, order_no=order_no, reason=reason, first=first, last=last, complete=days)
