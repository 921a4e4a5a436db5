"""A month of four overlapping campaigns in a synthetic town, played through the real services.

One run plans them together; each morning releases the day's work and refills what refusals freed, managers do what is on their
phones, and every other morning somebody refuses all contact.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from app.campaigns.approval import approve_campaign, submit_campaign
from app.campaigns.options import CampaignOptions
from app.campaigns.planning import create_campaign
from app.core import clock
from app.core.db import make_engine, make_sessions, set_scope
from app.core.security import Principal
from app.core.storage import Storage
from app.dispatch.days.release import release_wave
from app.dispatch.intake import take_in
from app.dispatch.refilling.service import refill_places
from app.dispatch.service import dispatch_campaigns
from app.feedback.service import Batch, record_feedback
from app.models.campaign import Product
from app.models.customer import Customer
from app.models.organisation import Account, Role, Staff
from app.models.score import CustomerScore, RankerStatus, RankerVersion, ScoringRun
from app.models.work_order import WorkOrder
from demo.town import FEEDS, make_town, write_extract

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
CAPACITY = 3  # contacts a day and manager: half of what the lists ask for
PLANS = {
    "OCT-TV": ("TV01", date(2026, 10, 1), date(2026, 10, 20), 700),
    "OCT-FIBRE": ("FT01", date(2026, 10, 5), date(2026, 10, 31), 700),
    "OCT-FASTER": ("BB500", date(2026, 10, 1), date(2026, 10, 31), 900),
    "OCT-STAY": ("RT01", date(2026, 10, 16), date(2026, 10, 31), 300),
}


@dataclass
class Month:
    """The town and what happened in it."""

    engine: Engine
    sessions: sessionmaker[Session]
    folder: Path
    chance: np.random.Generator
    refused_at: dict[int, datetime] = field(default_factory=dict)  # by customer id
    refilled: int = 0  # work orders for places that refusals freed

    @contextmanager
    def at(self, instant: datetime) -> Iterator[Session]:
        """A committed transaction of the whole company at this time."""
        with clock.shifted_to(instant), self.sessions() as session:
            set_scope(session, scope="all")
            yield session
            session.commit()

    def bring_in(self, feed: str, frame: pl.DataFrame, when: datetime) -> None:
        path = self.folder / f"{feed}-{uuid.uuid4()}.csv"
        frame.write_csv(path)
        with self.at(when) as session:
            take_in(session, feed=feed, path=path, file_name=path.name, now=when)


def on(day: date, hour: int = 4) -> datetime:
    """A local time of a day."""
    return datetime.combine(day, time(hour), tzinfo=clock.zone())


def play(url: str, folder: Path) -> Month:
    """The whole month."""
    engine = make_engine(url)
    month = Month(engine, make_sessions(engine, Storage(str(folder / "storage"))), folder, np.random.default_rng(5))
    _found(month)
    for code in PLANS:
        _plan(month, code)
    with month.at(on(FIRST)) as session:
        dispatch_campaigns(session, campaign_codes=PLANS, now=on(FIRST))
    for number in range((LAST - FIRST).days + 1):
        _live_a_day(month, FIRST + timedelta(days=number))
    return month


def _found(month: Month) -> None:
    """A town of three grids, its people, and scores of every customer for every product."""
    town = make_town(seed=11, month=(2026, 10), branches=1, grids=3, managers=12, customers=2_400, contacts=200)
    staff = town.feeds["staff"]
    town.feeds["staff"] = staff.with_columns(
        daily_capacity=pl.when(pl.col("role") == "terminal_manager").then(CAPACITY).otherwise(None)
    )
    write_extract(town, month.folder)
    for feed in FEEDS:
        with month.at(on(FIRST, 1)) as session:
            take_in(session, feed=feed, path=month.folder / f"{feed}.csv", file_name=feed, now=on(FIRST, 1))
    with month.at(on(FIRST, 2)) as session:
        for person in session.scalars(select(Staff)).all():
            session.add(Account(login=person.staff_no, password_hash="-", staff_id=person.id, created_at=on(FIRST, 2)))
        customers = np.array(session.scalars(select(Customer.id).order_by(Customer.id)).all())
        for product in session.scalars(select(Product).order_by(Product.id)).all():
            _score(month, session, product, customers)


def _score(month: Month, session: Session, product: Product, customers: np.ndarray) -> None:
    day = FIRST - timedelta(days=1)
    version = RankerVersion(
        product_id=product.id,
        number=1,
        status=RankerStatus.CANDIDATE,
        as_of=day,
        label_window_days=30,
        data_from=day,
        data_to=day,
        example_count=1,
        positive_count=1,
        parameters={},
        metrics={},
        artifact=b"",
        checksum="",
        trained_at=on(day),
    )
    session.add(version)
    session.flush()
    run = ScoringRun(
        ranker_version_id=version.id, product_id=product.id, as_of=day, customer_count=len(customers), finished_at=on(day)
    )
    session.add(run)
    session.flush()
    score = np.sort(month.chance.beta(1.5, 4, len(customers)))[::-1]
    ranked = month.chance.permutation(customers)
    session.add_all(
        CustomerScore(scoring_run_id=run.id, rank=rank, customer_id=int(customer), score=float(chance), reasons=[])
        for rank, (customer, chance) in enumerate(zip(ranked, score, strict=True), start=1)
    )
    session.flush()


def _plan(month: Month, code: str) -> None:
    product_code, first, last, size = PLANS[code]
    options = CampaignOptions(code=code, name=code, product_code=product_code, starts_on=first, ends_on=last, list_size=size)
    with month.at(on(FIRST, 3)) as session:
        create_campaign(session, options=options, holdout_share=Decimal("0.01"), now=on(FIRST, 3))
        submit_campaign(session, campaign_code=code, by=_principal(session, "SYN-PLAN"), now=on(FIRST, 3))
        approve_campaign(session, campaign_code=code, by=_principal(session, "SYN-ADMIN"), now=on(FIRST, 3))


def _principal(session: Session, staff_no: str) -> Principal:
    person = session.scalars(select(Staff).where(Staff.staff_no == staff_no)).one()
    account = session.scalars(select(Account).where(Account.staff_id == person.id)).one()
    scope, grids = ("own", (person.unit_id,)) if person.role == Role.TERMINAL_MANAGER else ("all", ())
    return Principal(account.id, staff_no, person.role.value, scope, person.unit_id, grids, person.id)


def _live_a_day(month: Month, day: date) -> None:
    """The day's work is released, freed places are refilled, somebody may refuse all contact, all do what the phone says."""
    with month.at(on(day, 5)) as session:
        release_wave(session, now=on(day, 5))
    with month.at(on(day, 5)) as session:
        month.refilled += refill_places(session, now=on(day, 5))["new_work_orders"]
        live = select(WorkOrder.customer_id).where(WorkOrder.state.in_(("planned", "open", "in_progress")))
        people = select(Customer.id, Customer.customer_no).where(Customer.id.in_(live)).order_by(Customer.id)
        waiting = session.execute(people).all()
    for i in month.chance.choice(len(waiting), min(day.day % 2, len(waiting)), replace=False):
        customer_id, customer_no = waiting[i]
        month.refused_at[customer_id] = on(day, 7)
        columns = {"customer_no": [customer_no], "scope": ["all"], "status": ["refused"], "recorded_at": [on(day, 7).isoformat()]}
        month.bring_in("contact_preferences", pl.DataFrame(columns), on(day, 7))
    with month.at(on(day, 8)) as session:
        orders = session.execute(
            select(WorkOrder.id, WorkOrder.staff_id, WorkOrder.contact_id)
            .where(WorkOrder.state == "open", WorkOrder.scheduled_on <= day)
            .order_by(WorkOrder.staff_id, WorkOrder.id)
        ).all()
        numbers = dict(session.execute(select(Staff.id, Staff.staff_no)).all())
    todays = defaultdict(list)
    for order_id, staff_id, contact_id in orders:
        todays[staff_id].append((order_id, contact_id))
    for staff_id, mine in todays.items():
        with month.at(on(day, 18)) as session:
            items = [_report(month, day, order_id, contact_id) for order_id, contact_id in mine]
            who = _principal(session, numbers[staff_id])
            set_scope(session, scope="own", grid_ids=who.grid_ids, staff_id=who.staff_id)
            answers = record_feedback(session, principal=who, batch=Batch(on(day, 18), "phone", items), now=on(day, 18))
            assert {answer.status.value for answer in answers} == {"accepted"}, answers


def _report(month: Month, day: date, order_id: int, contact_id: int) -> dict[str, Any]:
    begun = on(day, 9) + timedelta(minutes=contact_id % 400)
    says = {"outcome": "bought"} if month.chance.random() < 0.2 else {"outcome": "refused", "objection": "no_need"}
    times = {"started_at": begun.isoformat(), "ended_at": (begun + timedelta(minutes=3)).isoformat()}
    return {"id": str(uuid.uuid4()), "work_order_id": order_id, "channel": "call", **times, **says}
