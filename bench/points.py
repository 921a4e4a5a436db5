"""A month of points of 240,000 work orders and 2,000 managers, beside one plain SQL aggregate over the same rows."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.db import make_engine, make_sessions
from app.core.storage import Storage
from app.points import queries
from app.points.closing.close import close_month
from app.points.closing.month_figures import figures_of_month, take_down_facts
from app.points.figures import ManagerFigures, gather, lines_of, ratio_of
from app.points.plans.in_force import plans_of
from app.verification.service import verify_feedback
from bench.measure import Figure, seconds
from bench.months import seed_calls, seed_month
from bench.seeds import seed_company
from tests.postgres import as_company

MONTH = Month(2026, 10)
ROUNDS = 5
ORDERS, MANAGERS, GRIDS = 240_000, 2_000, 182

# What somebody would write who wants the same sums and knows nothing of shares, corrections or the latest verdict.
_FLOOR = """
SELECT w.staff_id, count(*) FILTER (WHERE w.state <> 'withdrawn'), count(o.customer_id), sum(w.score), sum(f.judged), sum(f.weight)
FROM work_orders w
LEFT JOIN (SELECT DISTINCT o.customer_id, p.family FROM orders o JOIN products p ON p.id = o.product_id
    WHERE o.ordered_at >= '2026-09-01' AND (o.cancelled_at IS NULL OR o.cancelled_at > '2026-10-15')) o
    ON o.customer_id = w.customer_id AND o.family = w.product_family
LEFT JOIN (SELECT f.work_order_id, count(v.id) AS judged, sum(1 / v.judging_probability) AS weight
    FROM contact_feedback f LEFT JOIN verifications v ON v.feedback_id = f.id WHERE f.month = '2026-10-01' GROUP BY f.work_order_id) f
    ON f.work_order_id = w.id
WHERE w.matures_at > :starts AND w.matures_at <= :ends
GROUP BY w.staff_id
"""


def measure_points(url: str, folder: Path, small: bool) -> list[Figure]:
    """Seconds of a month's figures and lines for everybody, of the same by single facts, of its close, and of the aggregate."""
    orders = ORDERS // 10 if small else ORDERS
    seed_company(url, customers=orders, grids=GRIDS, managers=MANAGERS)
    seed_month(url, month=MONTH, orders=orders, managers=MANAGERS)
    seed_calls(url, month=MONTH)
    sessions = make_sessions(make_engine(url), Storage(str(folder / "storage")))
    now = MONTH.ends_at + timedelta(days=2)
    values = {"starts": MONTH.starts_at, "ends": MONTH.ends_at}
    with as_company(sessions) as session:
        floor = Figure(
            "one plain SQL aggregate of the same rows", _rounds(lambda: session.execute(text(_FLOOR), values).all()), "s"
        )
        session.execute(text("SET LOCAL enable_nestloop = off"))
        hashed = Figure(
            "the same aggregate made to join by hashing", _rounds(lambda: session.execute(text(_FLOOR), values).all()), "s", floor
        )
        session.execute(text("SET LOCAL enable_nestloop TO DEFAULT"))
        single = Figure("the same by single facts", _rounds(lambda: _compute_singly(session, now))[:1], "s", floor)
        computed = Figure(
            f"a month of {orders:,} work orders, {MANAGERS:,} managers", _rounds(lambda: _compute(session, now)), "s", floor
        )
        close = _close(session, now, floor)
    beside = Figure("  beside the aggregate by hashing", [computed.median], "s", hashed)
    return [floor, hashed, computed, beside, single, *close]


def _close(session: Session, now: datetime, floor: Figure) -> list[Figure]:
    """The close, whose verdicts are new, after that of a month that was judged before."""
    outer = session.begin_nested()
    whole = seconds(lambda: close_month(session, month=MONTH, now=now))
    outer.rollback()
    judged = seconds(lambda: verify_feedback(session, now=now, since=MONTH.starts_at))
    again = seconds(lambda: verify_feedback(session, now=now, since=MONTH.starts_at))
    closed = seconds(lambda: close_month(session, month=MONTH, now=now))
    return [
        Figure("its whole close, an eighth of the verdicts new", [whole], "s", floor),
        Figure("  verdicts by the feeds, an eighth new", [judged], "s", floor),
        Figure("  verdicts by the feeds, none new", [again], "s", floor),
        Figure("  close of a month that is judged: entries, evidence, file", [closed], "s", floor),
    ]


def _rounds(work) -> list[float]:
    work()
    return [seconds(work) for _ in range(ROUNDS)]


def _compute(session: Session, now) -> int:
    take_down_facts(session, month=MONTH, now=now)
    return _lines(session, figures_of_month(session, base_points=queries.base_points(session, MONTH)), now)


def _compute_singly(session: Session, now) -> int:
    facts = queries.work_order_facts(session, MONTH, now=now), queries.feedback_facts(session, MONTH)
    return _lines(session, gather(*facts, queries.base_points(session, MONTH)), now)


def _lines(session: Session, figures: dict[int, ManagerFigures], now) -> int:
    plan, ratio = plans_of(session, month=MONTH, now=now).company[1], ratio_of(figures)
    return sum(len(lines_of(one, plan, ratio)) for one in figures.values())
