"""What happened in the played month, read from the database as it stands: the figures of the demo's table."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import sqrt
from typing import Any

from sqlalchemy import Text, cast, func, select, text
from sqlalchemy.orm import Session

from app.campaigns import queries as campaigns
from app.core import clock
from app.core.numbers import share
from app.models.customer import Customer
from app.models.feedback import BackCheck, ContactFeedback, Verification
from app.models.organisation import Staff
from app.models.points import MonthlyStatement
from app.models.work_order import WorkOrder, WorkOrderState
from app.points import queries as points
from app.points.figures import ManagerFigures, gather
from app.points.formula import accuracy
from app.reports.payroll import get_manifest
from app.verification.queries import is_current
from demo.beginning import campaign_code
from demo.office import Office
from demo.yardstick import random_list_successes

_CONTROL = text("""
SELECT count(*) AS customers, count(*) FILTER (WHERE EXISTS (
    SELECT FROM orders o JOIN products p ON p.id = o.product_id
    WHERE o.customer_id = t.customer_id AND p.family = k.product_family AND o.ordered_at >= k.opened_at
    AND o.cancelled_at IS NULL AND o.ordered_at < :until)) AS orders
FROM campaign_targets t JOIN campaigns k ON k.id = t.campaign_id WHERE k.code = :code AND t.reason = 'control'
""")


@dataclass(frozen=True)
class Manager:
    """A manager's truthfulness: `verdicts` counts `verdict by rule`, `evidence` is that of one contradicted feedback."""

    staff_no: str
    honesty: str
    accuracy: float
    judged: int
    verdicts: dict[str, int]
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Figures:
    """The table. Rates are 0..1; `incremental` is (difference of rates, low, high at 95 %)."""

    customers: int
    targets: dict[str, int]
    dispatched: int
    contacted: int
    reports: int
    withdrawn: int
    refused: int
    counted: int
    successes: int
    random_list: float
    lift: float
    control: int
    control_orders: int
    incremental: tuple[float, float, float]
    back_checks: dict[str, int]
    accuracy: float
    managers: tuple[Manager, ...]
    points: str
    statements: int
    payroll_rows: int
    payroll_sha256: str


def read_figures(office: Office) -> Figures:
    """Read all of it; the same at every reading once the month is closed."""
    code, month = campaign_code(office), office.memory.played
    with office.read() as session:
        campaign = campaigns.get_campaign(session, code)
        targets = campaigns.count_targets(session, campaign.id)
        facts = points.work_order_facts(session, month, now=month.ends_at)
        feedback = points.feedback_facts(session, month)
        figures = gather(facts, feedback, [])
        counts = Counter({fact.work_order_id: fact.counted for fact in facts}.values())  # though several have a part
        counted, successes = counts["success"] + counts["failed"], counts["success"]
        until = clock.end_of_day(campaign.ends_on + timedelta(days=campaign.attribution_days))
        control, control_orders = session.execute(_CONTROL, {"code": code, "until": until}).one()
        of_campaign = WorkOrder.campaign_id == campaign.id
        expected = _random_list(office, counted)
        manifest = get_manifest(session, month)
        return Figures(
            customers=_count(session, select(func.count()).select_from(Customer)),
            targets=targets,
            dispatched=_count(session, select(func.count()).select_from(WorkOrder).where(of_campaign)),
            contacted=len({fact.work_order_id for fact in feedback}),
            reports=_count(session, select(func.count()).select_from(ContactFeedback).where(ContactFeedback.month == month)),
            withdrawn=_count(
                session,
                select(func.count()).select_from(WorkOrder).where(of_campaign, WorkOrder.state == WorkOrderState.WITHDRAWN),
            ),
            refused=sum(office.memory.result(step)["refused"] for step in office.memory.done if step.startswith("day-")),
            counted=counted,
            successes=successes,
            random_list=expected,
            lift=successes / expected if expected else 0.0,
            control=control,
            control_orders=control_orders,
            incremental=difference(successes, counted, control_orders, control),
            back_checks=_back_checks(session),
            accuracy=_overall(figures),
            managers=_managers(office, session, figures),
            points=str(manifest.points_sum),
            statements=_count(session, select(func.count()).select_from(MonthlyStatement).where(MonthlyStatement.month == month)),
            payroll_rows=manifest.row_count,
            payroll_sha256=manifest.sha256,
        )


def difference(won: int, of: int, won_alone: int, of_alone: int) -> tuple[float, float, float]:
    """Difference of two rates with its 95 % interval (Agresti and Caffo 2000: one success and one failure added to each)."""
    if not of or not of_alone:
        return 0.0, -1.0, 1.0
    one, other = (won + 1) / (of + 2), (won_alone + 1) / (of_alone + 2)
    width = 1.96 * sqrt(one * (1 - one) / (of + 2) + other * (1 - other) / (of_alone + 2))
    return won / of - won_alone / of_alone, one - other - width, one - other + width


def _random_list(office: Office, size: int) -> float:
    last_day = office.day(office.memory.sizes.days)
    contacts = office.journal.contacts()
    return random_list_successes(office.truth, size, contacts, last_day=last_day, seed=office.memory.seed)


def _count(session: Session, statement: Any) -> int:
    return int(session.scalars(statement).one())


def _back_checks(session: Session) -> dict[str, int]:
    answer = func.coalesce(cast(BackCheck.verdict, Text), "unanswered")
    rows = session.execute(select(answer, func.count()).group_by(answer).order_by(answer))
    return {row[0]: row[1] for row in rows}


def _overall(figures: dict[int, ManagerFigures]) -> float:
    truthful = sum((each.accuracy.truthful_weight for each in figures.values()), Decimal(0))
    judged = sum((each.accuracy.judged_weight for each in figures.values()), Decimal(0))
    return float(share(truthful, judged) or 0)


def _managers(office: Office, session: Session, figures: dict[int, ManagerFigures]) -> tuple[Manager, ...]:
    """Those with judged feedback, the least accurate first."""
    verdicts, evidence = _verdicts(session)
    names = {row[0]: row[1] for row in session.execute(select(Staff.id, Staff.staff_no).order_by(Staff.id))}
    found = []
    for staff_id, each in figures.items():
        rate = accuracy(each.accuracy)
        if rate is not None:
            number, judged = names[staff_id], each.accuracy.confirmed + each.accuracy.contradicted
            own = dict(sorted(verdicts[staff_id].items()))
            found.append(Manager(number, office.truth.honesty_of(number), float(rate), judged, own, evidence.get(staff_id, {})))
    return tuple(sorted(found, key=lambda one: (one.accuracy, one.staff_no)))


def _verdicts(session: Session) -> tuple[defaultdict[int, Counter[str]], dict[int, dict[str, Any]]]:
    """Standing verdicts of current feedback by manager, and the evidence of one contradicted one."""
    newest = (
        select(Verification.feedback_id, func.max(Verification.number).label("number"))
        .group_by(Verification.feedback_id)
        .subquery()
    )
    statement = (
        select(Verification)
        .join(newest, (newest.c.feedback_id == Verification.feedback_id) & (newest.c.number == Verification.number))
        .join(ContactFeedback, ContactFeedback.id == Verification.feedback_id)
        .where(is_current())
        .order_by(Verification.feedback_id)
    )
    verdicts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    evidence: dict[int, dict[str, Any]] = {}
    for one in session.scalars(statement):
        verdicts[one.staff_id][f"{one.verdict.value} by {one.rule}"] += 1
        if one.verdict.value == "contradicted":
            evidence.setdefault(one.staff_id, one.evidence)
    return verdicts, evidence
