"""A closed month of 1,000,000 events computed again from what was stored at its close: the same bytes, and how long it takes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.db import make_engine, set_scope
from app.models.organisation import Role, Staff, Unit, UnitKind
from app.models.points import BasePoints, PointsMonth
from app.points.figures import BasePointsFact, FeedbackFact, WorkOrderFact, gather, lines_of, ratio_of
from app.points.ledger.posting import Posting
from app.points.ledger.service import post_entries
from app.points.payroll.files import write_first_file
from app.points.payroll.recompute import keep_inputs, recompute_month
from app.points.plans.in_force import get_plan, open_month
from app.points.queries import managers
from bench.measure import Figure, seconds

MONTH = Month(2026, 10)
CLOSED_AT = datetime(2026, 11, 3, tzinfo=UTC)
EVENTS, SMALL = 1_000_000, 20_000
MANAGERS = 2_000
ROUNDS = 3
COUNTED = ("success", "failed", "failed", "failed", "left_out")
JUDGED = ("confirmed", "confirmed", "confirmed", "contradicted", "unverifiable")
# Work orders and reports themselves are not needed to compute again: the evidence alone is made, without the guard that asks for them.
EVIDENCE = """
INSERT INTO points_evidence (entry_id, grid_id, staff_id, work_order_id, feedback_id, counted, weight, score)
SELECT e.id, e.grid_id, e.staff_id, d.n, CASE WHEN e.component = 'accuracy' THEN gen_random_uuid() END,
       CASE e.component WHEN 'success' THEN (CAST(:counted AS text[]))[1 + d.n % 5] ELSE (CAST(:judged AS text[]))[1 + d.n % 5] END,
       CASE WHEN d.n % 5 < 4 THEN 1 + (d.n % 7) / 8.0 ELSE 0 END, CASE WHEN e.component = 'success' THEN (d.n % 997) / 1000.0 END
FROM points_entries e JOIN staff s ON s.id = e.staff_id CROSS JOIN generate_series(1, :each) AS k
CROSS JOIN LATERAL (SELECT k * 31 + substr(s.staff_no, 2)::int * 17 AS n) AS d
WHERE e.component IN ('success', 'accuracy') ORDER BY md5(d.n::text || e.id)
"""


def measure_recompute(url: str, _: Path, small: bool) -> list[Figure]:
    """Seconds to compute the month again; raises where the bytes are not those of the file."""
    events = SMALL if small else EVENTS
    each = events // MANAGERS // 2
    engine = make_engine(url, as_app=False)
    with Session(engine) as owner:
        _seed(owner, each)
        owner.commit()
    rounds = []
    with Session(engine) as session:
        set_scope(session, scope="all")
        for _round in range(ROUNDS):
            rounds.append(seconds(lambda: recompute_month(session, month=MONTH, now=CLOSED_AT)))
    engine.dispose()
    return [Figure(f"recompute {MANAGERS * each * 2:,} events, byte-equal", rounds, "s")]


def _seed(owner: Session, each: int) -> None:
    """Managers, their lines as these facts give them, the evidence by the same formula in SQL, the file, and the close."""
    set_scope(owner, scope="all")
    people = _people(owner)
    month = open_month(owner, month=MONTH, now=CLOSED_AT)
    plan, fed = get_plan(owner, month.plan_id), [BasePointsFact(one, "existing_scheme", Decimal(50)) for one in people]
    figures = gather(_work_orders(people, each), _feedback(people, each), fed)
    ratio = ratio_of(figures)
    keep_inputs(owner, month=MONTH, managers=managers(owner, MONTH, []), base_points=fed, company_ratio=ratio)
    postings = [
        Posting(staff_id, grid_id, line.earned.component, "earned", line.earned.points, month.plan_id, {})
        for staff_id, _, grid_id in managers(owner, MONTH, [])
        for line in lines_of(figures[staff_id], plan, ratio)
    ]
    post_entries(owner, postings, month=MONTH, now=CLOSED_AT)
    owner.execute(text("ALTER TABLE points_evidence DISABLE TRIGGER USER"))
    owner.execute(text(EVIDENCE), {"counted": list(COUNTED), "judged": list(JUDGED), "each": each})
    write_first_file(owner, month=MONTH, now=CLOSED_AT)
    owner.execute(update(PointsMonth).values(closed_at=CLOSED_AT))


def _people(owner: Session) -> dict[int, int]:
    """2,000 managers of one grid: their number by id."""
    grid = Unit(code="G", kind=UnitKind.GRID, name="G")
    owner.add(grid)
    owner.flush()
    joined, role = date(2020, 1, 1), Role.TERMINAL_MANAGER
    rows = [
        {"staff_no": f"M{number:04d}", "name": "M", "role": role, "unit_id": grid.id, "active_from": joined}
        for number in range(MANAGERS)
    ]
    owner.bulk_insert_mappings(Staff, rows)  # type: ignore[arg-type]  # takes a class
    found = {staff_id: int(staff_no[1:]) for staff_id, staff_no in owner.execute(select(Staff.id, Staff.staff_no))}
    owner.add_all(BasePoints(period=MONTH, staff_id=one, component="existing_scheme", points=Decimal(50)) for one in found)
    owner.flush()
    return found


def _numbers(people: dict[int, int], each: int) -> Iterator[tuple[int, int]]:
    return ((staff_id, k * 31 + number * 17) for staff_id, number in people.items() for k in range(1, each + 1))


def _work_orders(people: dict[int, int], each: int) -> Iterator[WorkOrderFact]:
    for staff_id, n in _numbers(people, each):
        yield WorkOrderFact(n, staff_id, COUNTED[n % 5], None, None, Decimal(n % 997) / 1000)


def _feedback(people: dict[int, int], each: int) -> Iterator[FeedbackFact]:
    for staff_id, n in _numbers(people, each):
        weight = 1 + Decimal(n % 7) / 8 if n % 5 < 4 else Decimal(0)
        yield FeedbackFact(UUID(int=n), n, staff_id, None, JUDGED[n % 5], weight)
