"""A small operator's first month with Gridwork, played once: real customers and answers, 60 managers, two of them dishonest.

The managers' feedback goes through the mobile API, the planner's and the payroll's work through theirs; imports, training and
closing are the jobs that the CLI runs. The process's clock is moved, so that the server lives in October 2026.
"""

import csv
import hashlib
import io
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from app.core import clock
from app.core.clock import Month
from app.core.db import set_scope
from app.core.security import hash_password
from app.dispatch.days.release import release_wave
from app.dispatch.refilling.service import refill_places
from app.ingest.service import import_feed
from app.jobs.runner import run_job
from app.models.customer import Customer
from app.models.organisation import Account, Role, Staff
from app.models.work_order import WorkOrder, WorkOrderState
from app.points.closing.close import close_month
from app.points.late.service import adjust_closed_months
from app.scoring.promotion import promote_ranker
from app.scoring.ranking import rank_customers
from app.scoring.training import train_ranker
from app.verification.drawing import draw_back_checks
from app.verification.service import verify_feedback

PASSWORD = "a small operator's password"
PRODUCT = "TD01"
CAMPAIGN = "TD01-2026-10"
FIRST_DAY, LAST_DAY = date(2026, 10, 2), date(2026, 10, 18)
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
BEFORE_STAFF = ("org_units", "staff")
AFTER_STAFF = ("products", "customers", "contact_preferences", "features", "holdings", "orders", "contact_history")
MONTH_END = ("base_points",)
NAMESPACE = uuid.UUID("5b6f6d0e-0000-4000-8000-000000000001")


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """A local time of a day."""
    return datetime.combine(day, time(hour, minute), tzinfo=clock.zone())


@dataclass
class World:
    """What happened, for the tests to look at."""

    app: FastAPI
    sessions: sessionmaker[Session]
    data: Path
    would_buy: dict[str, bool]
    imports: dict[str, dict[str, Any]] = field(default_factory=dict)
    campaign: dict[str, Any] = field(default_factory=dict)
    dispatch: dict[str, Any] = field(default_factory=dict)
    dispatched: dict[str, str] = field(default_factory=dict)  # customer_no -> staff_no
    liar: str = ""
    idler: str = ""
    answers: Counter[str] = field(default_factory=Counter)
    calls: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    late_winner: str = ""
    late_winner_manager: str = ""
    verification: Mapping[str, Any] = field(default_factory=dict)
    open_month_answer: Any = None
    close: Mapping[str, Any] = field(default_factory=dict)
    payroll: dict[str, Any] = field(default_factory=dict)
    adjustment: Mapping[str, Any] = field(default_factory=dict)
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def client(self) -> TestClient:
        """A client of the HTTP API."""
        return TestClient(self.app, raise_server_exceptions=False)

    def as_person(self, login: str) -> dict[str, str]:
        """Headers of a person who is logged in at the server's present time."""
        client = self.client
        if login in self.tokens:
            answer = client.post("/auth/refresh", json={"refresh_token": self.tokens[login]["refresh_token"]})
        else:
            answer = client.post("/auth/login", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.tokens[login] = answer.json()
        return {"Authorization": f"Bearer {self.tokens[login]['access_token']}"}

    def as_payroll(self) -> dict[str, str]:
        """Headers of the payroll system."""
        form = {"grant_type": "client_credentials", "client_id": "payroll", "client_secret": PASSWORD}
        return {"Authorization": f"Bearer {self.client.post('/auth/token', data=form).json()['access_token']}"}

    def run(self, job: str, work: Callable[[Session, datetime], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Run a job as the CLI does."""
        return run_job(self.sessions, job, work)

    def read(self) -> Session:
        """A session of the whole company."""
        session = self.sessions()
        set_scope(session, scope="all")
        return session


def play(world: World) -> World:
    """The whole month and what follows it."""
    with clock.shifted_to(at(date(2026, 10, 1))):
        _bring_in_the_company(world)
    with clock.shifted_to(at(FIRST_DAY, 0, 30)):
        _rank(world)
        _plan_and_dispatch(world)
    _choose_the_dishonest(world)
    for day in _days(FIRST_DAY, LAST_DAY):
        if not _work_a_day(world, day):
            break
    with clock.shifted_to(at(LAST_DAY + timedelta(days=6))):
        _import_what_followed(world)
        _verify(world)
    with clock.shifted_to(at(date(2026, 10, 31), 12)):
        world.open_month_answer = world.client.get(f"/payroll/v1/months/{OCTOBER}", headers=world.as_payroll())
    with clock.shifted_to(at(date(2026, 11, 1))):
        _close(world)
        _pull_as_payroll(world)
    with clock.shifted_to(at(date(2026, 11, 5))):
        _late_news(world)
    world.tokens.clear()  # who looks at the world afterwards logs in anew
    return world


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _bring_in_the_company(world: World) -> None:
    for feed in BEFORE_STAFF:
        path = world.data / f"{feed}.csv"
        world.imports[feed] = dict(
            world.run(
                f"import-{feed}", lambda s, now, f=feed, p=path: import_feed(s, feed=f, path=p, file_name=p.name, now=now).counts
            )
        )
    _give_logins(world)
    for feed in AFTER_STAFF:
        _upload(world, feed, (world.data / f"{feed}.csv").read_bytes())


def _give_logins(world: World) -> None:
    password_hash = hash_password(PASSWORD)
    with world.read() as session:
        for person in session.scalars(select(Staff)):
            session.add(Account(login=person.staff_no, password_hash=password_hash, staff_id=person.id, created_at=clock.now()))
        session.add(Account(login="payroll", password_hash=password_hash, service_role=Role.PAYROLL, created_at=clock.now()))
        session.commit()


def _upload(world: World, feed: str, content: bytes, **params: Any) -> dict[str, Any]:
    answer = world.client.post(
        f"/operations/v1/imports/{feed}",
        params=params,
        files={"file": (f"{feed}.csv", content, "text/csv")},
        headers=world.as_person("ADMIN"),
    )
    assert answer.status_code in {200, 201}, answer.text
    world.imports[feed] = answer.json()
    return world.imports[feed]


def _rank(world: World) -> None:
    def train(session: Session, now: datetime) -> Mapping[str, Any]:
        return {"version": train_ranker(session, product_code=PRODUCT, now=now).number}

    def promote(session: Session, now: datetime) -> Mapping[str, Any]:
        return {"champion": promote_ranker(session, product_code=PRODUCT, number=1, promoted_by="journey", now=now).number}

    world.run("train", train)
    world.run("promote", promote)
    world.run("rank", lambda session, now: rank_customers(session, product_code=PRODUCT, now=now))


def _plan_and_dispatch(world: World) -> None:
    planner = world.as_person("P001")
    plan = {
        "code": CAMPAIGN,
        "name": "October deposits",
        "product_code": PRODUCT,
        "starts_on": FIRST_DAY.isoformat(),
        "ends_on": LAST_DAY.isoformat(),
        "list_size": 1000,
        "rest_days": 365,
        "attribution_days": 5,
        "maturity_days": 2,
        "talk_track": "Ask how the savings are kept today; offer the fixed term.",
    }
    created = world.client.post("/dashboard/v1/campaigns", json=plan, headers=planner)
    assert created.status_code == 201, created.text
    approver = world.as_person("ADMIN")
    for step in ("submit", "approve", "schedule", "run", "dispatch"):
        who = approver if step == "approve" else planner
        answer = world.client.post(f"/dashboard/v1/campaigns/{CAMPAIGN}/{step}", headers=who)
        assert answer.status_code == 200, answer.text
        world.dispatch = answer.json()
    world.campaign = world.client.get(f"/dashboard/v1/campaigns/{CAMPAIGN}", headers=planner).json()


def _choose_the_dishonest(world: World) -> None:
    with world.read() as session:
        rows = session.execute(
            select(Customer.customer_no, Staff.staff_no)
            .join(WorkOrder, WorkOrder.customer_id == Customer.id)
            .join(Staff, Staff.id == WorkOrder.staff_id)
        )
        world.dispatched = dict(rows.all())
    busiest = sorted(Counter(world.dispatched.values()).items(), key=lambda item: (-item[1], item[0]))
    world.liar, world.idler = busiest[0][0], busiest[1][0]


def _work_a_day(world: World, day: date) -> bool:
    """The morning's wave goes out and every manager reports it; False when nobody has work left."""
    with clock.shifted_to(at(day, 5, 30)):
        world.run("release-wave", lambda session, now: release_wave(session, now=now))
        world.run("refill-places", lambda session, now: refill_places(session, now=now))
    with clock.shifted_to(at(day, 18)):
        for staff_no in sorted(set(world.dispatched.values())):
            headers = world.as_person(staff_no)
            held = world.client.get("/mobile/v1/work-orders", headers=headers).json()["items"]
            unreported = [order for order in held if order["last_feedback"] is None]
            if unreported:
                _report(world, staff_no, unreported, day, headers)
    with world.read() as session:
        return session.scalar(select(func.count()).select_from(WorkOrder).where(WorkOrder.state == WorkOrderState.PLANNED)) > 0


def _report(world: World, staff_no: str, due: list[dict[str, Any]], day: date, headers: dict[str, str]) -> None:
    items = []
    for number, order in enumerate(due):
        started = at(day, 10) + timedelta(minutes=12 * number)
        customer_no = order["customer"]["customer_no"]
        items.append(
            {
                "id": str(uuid.uuid5(NAMESPACE, str(order["id"]))),
                "work_order_id": order["id"],
                "channel": "call",
                "started_at": started.isoformat(),
                "ended_at": (started + timedelta(minutes=2)).isoformat(),
                **_what_the_manager_says(world, staff_no, customer_no),
            }
        )
        _what_truly_happened(world, staff_no, customer_no, started)
    body = {"sent_at": at(day, 18).isoformat(), "device_id": f"phone of {staff_no}", "items": items}
    answer = world.client.post("/mobile/v1/feedback", json=body, headers=headers)
    assert answer.status_code == 207, answer.text
    world.answers.update(item["status"] for item in answer.json()["items"])


def _what_the_manager_says(world: World, staff_no: str, customer_no: str) -> dict[str, str]:
    if staff_no == world.liar or (staff_no != world.idler and world.would_buy[customer_no]):
        return {"outcome": "bought"}
    if not world.late_winner and staff_no != world.idler:
        world.late_winner, world.late_winner_manager = customer_no, staff_no
    if customer_no == world.late_winner:
        return {"outcome": "interested"}
    return {"outcome": "refused", "objection": "no_need"}


def _what_truly_happened(world: World, staff_no: str, customer_no: str, started: datetime) -> None:
    if staff_no == world.idler:
        return
    number = len(world.calls) + 1
    world.calls.append(
        {
            "call_id": f"T{number:05d}",
            "staff_no": staff_no,
            "customer_no": customer_no,
            "started_at": (started + timedelta(seconds=20)).isoformat(),
            "duration_seconds": 95,
        }
    )
    if world.would_buy[customer_no]:
        world.orders.append(_order(f"N{number:05d}", customer_no, staff_no, started + timedelta(hours=1)))


def _order(order_no: str, customer_no: str, staff_no: str, ordered_at: datetime, cancelled_at: str = "") -> dict[str, Any]:
    return {
        "order_no": order_no,
        "customer_no": customer_no,
        "product_code": PRODUCT,
        "ordered_at": ordered_at.isoformat(),
        "amount": "120.00",
        "channel": "field",
        "staff_no": staff_no,
        "cancelled_at": cancelled_at,
    }


def _csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _import_what_followed(world: World) -> None:
    complete = {"complete_from": FIRST_DAY.isoformat(), "complete_through": (LAST_DAY + timedelta(days=5)).isoformat()}
    _upload(world, "calls", _csv(world.calls), **complete)
    _upload(world, "orders", _csv(world.orders), **complete)


def _verify(world: World) -> None:
    world.verification = world.run("verify", lambda session, now: verify_feedback(session, now=now))
    world.run(
        "draw-back-checks",
        lambda session, now: draw_back_checks(session, month=OCTOBER, now=now, secret=world.app.state.secret),
    )


def _close(world: World) -> None:
    for feed in MONTH_END:
        _upload(world, feed, (world.data / f"{feed}.csv").read_bytes())
    world.close = world.run("close-month", lambda session, now: close_month(session, month=OCTOBER, now=now))


def _pull_as_payroll(world: World) -> None:
    client, headers = world.client, world.as_payroll()
    manifest = client.get(f"/payroll/v1/months/{OCTOBER}", headers=headers)
    assert manifest.status_code == 200, manifest.text
    file = client.get(f"/payroll/v1/months/{OCTOBER}/lines.csv", headers=headers)
    lines: list[dict[str, Any]] = []
    cursor = None
    while True:
        params = {"limit": 50} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"/payroll/v1/months/{OCTOBER}/lines", params=params, headers=headers).json()
        lines += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    received = {"sha256": hashlib.sha256(file.content).hexdigest(), "row_count": len(lines)}
    acknowledged = client.post(f"/payroll/v1/months/{OCTOBER}/acknowledgement", json=received, headers=headers)
    world.payroll = {"manifest": manifest.json(), "file": file, "lines": lines, "acknowledged": acknowledged}


def _late_news(world: World) -> None:
    """An order of the window reaches the feed after the month was closed."""
    ordered_at = at(LAST_DAY + timedelta(days=3), 11)
    _upload(world, "orders", _csv([_order("LATE1", world.late_winner, world.late_winner_manager, ordered_at)]))
    world.adjustment = world.run("adjust", lambda session, now: adjust_closed_months(session, now=now))
    world.payroll["file_again"] = world.client.get(f"/payroll/v1/months/{OCTOBER}/lines.csv", headers=world.as_payroll())
