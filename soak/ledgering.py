"""Random operations on the ledger beside a model of it in memory: equal to the unit, every month in balance at every commit."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.db import make_engine, set_scope
from app.core.errors import AppError
from app.models.organisation import Staff
from app.models.points import BasePoints, PayrollFile, PointsEntry
from app.points.closing.close import close_month
from app.points.ledger import service as ledger
from app.points.ledger.posting import Posting, points_of, units_of
from app.points.ledger.queries import balances
from app.points.ledger.sealing import find_ledger_breaks, seal_ledger
from app.points.payroll import files
from app.points.plans.in_force import open_month
from app.reports.payroll_files import files_of
from app.reports.reconciliation import reconcile
from tests.cast import seed_cast
from tests.ledger_oracle import Ledger, Refused

FIRST = Month(1990, 1)
MANAGERS = ("ANA", "BO", "CY", "DEE")
MOST = 500_000  # units of one line, both ways
TO_A_COMMIT = 25  # operations
# Of a hundred operations: what is done.
SHARES = {"post": 40, "reverse": 20, "correct": 20, "late": 10, "post_into": 5, "pay": 4, "close": 1}


@dataclass
class Found:
    """What was found; `wrong` names every disagreement."""

    operations: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    commits: int = 0
    lines: int = 0
    months: int = 0
    wrong: list[str] = field(default_factory=list)


class Both:
    """The ledger and the model; every operation is done to both, and both must allow it or refuse it."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session, self.chance, self.found = session, random.Random(seed), Found()
        self.model = Ledger(MANAGERS)
        self.ids: list[int] = []  # of the entries, by the model's numbers
        people = session.execute(select(Staff.staff_no, Staff.id, Staff.unit_id).where(Staff.staff_no.in_(MANAGERS)))
        self.people = {staff_no: (staff_id, unit_id) for staff_no, staff_id, unit_id in people}
        self.plan_id = open_month(session, month=FIRST, now=self.now).plan_id

    @property
    def now(self) -> datetime:
        """The middle of the open month."""
        return month_of(self.model.month).starts_at + timedelta(days=14)

    def step(self) -> None:
        """One operation, drawn at random."""
        kind = self.chance.choices(list(SHARES), list(SHARES.values()))[0]
        self.found.operations[kind] += 1
        getattr(self, kind)()

    def post(self) -> None:
        """An adjustment in the open month, to no line."""
        manager, units = self.chance.choice(MANAGERS), self._units()
        number = self.model.post(manager, units)
        self.ids += self._post(manager, units, month_of(self.model.month), f"note:{number}")

    def late(self) -> None:
        """An adjustment to a line of whatever month; it goes to the open one."""
        if not self.ids:
            return
        about = self._some_line()
        manager, units = self.model.lines[about].manager, self._units()
        number = self.model.post(manager, units, about)
        self.ids += self._post(
            manager, units, ledger.month_for_late(self.session, now=self.now), f"late:{number}", self.ids[about]
        )

    def post_into(self) -> None:
        """Into a month of one's own choice, closed or open."""
        month, manager, units = self.chance.randint(0, self.model.month), self.chance.choice(MANAGERS), self._units()
        cause = f"into:{len(self.ids)}"
        self._both(
            "closed month",
            lambda: self.model.post_into(month, manager, units),
            lambda: self._post(manager, units, month_of(month), cause),
        )

    def reverse(self) -> None:
        """Take a line back, also one that was before."""
        if self.ids:
            line = self._some_line()
            self._both("reversal", lambda: self.model.reverse(line), lambda: [self._reverse(self.ids[line])])

    def correct(self) -> None:
        """Correct a line, also one that was taken back before."""
        if self.ids:
            line, units = self._some_line(), self._units()
            self._both("correction", lambda: self.model.correct(line, units), lambda: self._correct(self.ids[line], units))

    def pay(self) -> None:
        """Pay corrections of one month at once."""
        month = max(0, self.model.month - self.chance.randint(0, 3))
        self._both("corrections", lambda: self.model.pay_corrections(month), lambda: self._pay(month))

    def close(self) -> None:
        """Feed the existing scheme and close the month."""
        month, fed = month_of(self.model.month), {manager: self.chance.randint(0, 120) for manager in MANAGERS}
        rows = [
            {"period": month, "staff_id": self.people[manager][0], "component": "existing_scheme", "points": percent}
            for manager, percent in fed.items()
        ]
        self.session.execute(insert(BasePoints), rows)
        self.model.close(fed)
        close_month(self.session, month=month, now=month.ends_at + timedelta(days=1))
        earned = select(PointsEntry.id).where(PointsEntry.month == month, PointsEntry.kind == "earned").order_by(PointsEntry.id)
        self.ids += self.session.scalars(earned)

    def compare_sums(self) -> None:
        """Every month in balance, and what all managers have equal to the model."""
        held = Counter(dict.fromkeys(range(self.model.month + 1), 0))
        for (month, _), units in self.model.totals().items():
            held[month] += units
        for month, balance, units in balances(self.session):
            if balance != 0 or units != held[number_of(month)]:
                self.found.wrong.append(f"{month}: balance {balance}, {units} units, {held[number_of(month)]} in the model")

    def compare_all(self) -> None:
        """Every line, file and statement."""
        columns = (
            PointsEntry.id,
            PointsEntry.month,
            PointsEntry.kind,
            PointsEntry.points,
            Staff.staff_no,
            PointsEntry.refers_to_id,
        )
        rows = self.session.execute(select(*columns).join(Staff, Staff.id == PointsEntry.staff_id).order_by(PointsEntry.id)).all()
        told = [
            (
                entry_id,
                month_of(line.month),
                line.kind,
                line.units,
                line.manager,
                None if line.about is None else self.ids[line.about],
            )
            for entry_id, line in zip(self.ids, self.model.lines, strict=True)
        ]
        held = [(row[0], row[1], row[2].value, units_of(row[3]), row[4], row[5]) for row in rows]
        if held != told:
            self.found.wrong.append(f"lines differ: {set(held) ^ set(told)}"[:500])
        self._compare_files()
        self.found.wrong += [str(one) for one in reconcile(self.session).differences[:5]]
        seal_ledger(self.session, now=self.now)
        self.found.wrong += [str(one) for one in find_ledger_breaks(self.session)[:5]]
        self.found.lines, self.found.months = len(rows), self.model.month

    def _compare_files(self) -> None:
        months = self.session.scalars(select(PayrollFile.month).order_by(PayrollFile.month)).all()
        held = {
            (number_of(month), file.version): (file.row_count, units_of(file.points_sum))
            for month in months
            for file in files_of(self.session, month)
        }
        if held != self.model.files():
            self.found.wrong.append("payroll's files differ")

    def _both(self, what: str, model: Callable[[], object], real: Callable[[], list[int]]) -> None:
        try:
            model()
            allowed = True
        except Refused:
            allowed = False
        try:
            with self.session.begin_nested():
                self.ids += real()
            done = True
        except (AppError, DBAPIError):
            done = False
        if not done:
            self.found.refused[what] += 1
        if done is not allowed:
            self.found.wrong.append(f"{what}: {'allowed' if allowed else 'refused'} by the rules, not so by the ledger")

    def _post(self, manager: str, units: int, month: Month, cause: str, refers_to_id: int | None = None) -> list[int]:
        staff_id, grid_id = self.people[manager]
        open_month(self.session, month=month_of(self.model.month), now=self.now)
        line = Posting(staff_id, grid_id, "success", "adjustment", points_of(units), self.plan_id, {}, refers_to_id, cause)
        return ledger.post_entries(self.session, [line], month=month, now=self.now)

    def _reverse(self, entry_id: int) -> int:
        return ledger.reverse_entry(self.session, entry_id=entry_id, reason="r", cause=f"r:{len(self.ids)}", now=self.now)

    def _correct(self, entry_id: int, units: int) -> list[int]:
        said = {"reason": "c", "cause": f"c:{len(self.ids)}"}
        return list(ledger.correct_entry(self.session, entry_id=entry_id, points=points_of(units), now=self.now, **said))

    def _pay(self, month: int) -> list[int]:
        files.make_delta_file(self.session, month=month_of(month), now=self.now)
        return []

    def _units(self) -> int:
        return self.chance.randint(-MOST, MOST)

    def _some_line(self) -> int:
        """Mostly a recent one, so that a line is often taken back twice."""
        last = len(self.ids) - 1
        return self.chance.randint(max(0, last - 40), last) if self.chance.random() < 0.7 else self.chance.randint(0, last)


def month_of(number: int) -> Month:
    """The month that the model counts as this one."""
    months = FIRST.year * 12 + FIRST.number - 1 + number
    return Month(months // 12, months % 12 + 1)


def number_of(month: Month) -> int:
    """The model's number of a month."""
    return (month.year - FIRST.year) * 12 + month.number - FIRST.number


def operate_on_ledger(url: str, *, operations: int, seed: int) -> Found:
    """So many random operations, compared at every commit and as a whole at the end."""
    with _session(url) as session:
        seed_cast(session)
        both = Both(session, seed)
        for number in range(1, operations + 1):
            both.step()
            if number % TO_A_COMMIT == 0 or number == operations:
                session.commit()
                set_scope(session, scope="all")
                both.found.commits += 1
                if number % (TO_A_COMMIT * 20) == 0:
                    both.compare_sums()
        both.compare_sums()
        both.compare_all()
        session.commit()
        return both.found


@contextmanager
def _session(url: str) -> Iterator[Session]:
    engine = make_engine(url)
    with Session(engine, expire_on_commit=False) as session:
        set_scope(session, scope="all")
        yield session
    engine.dispose()
