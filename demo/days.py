"""Playing the phones, day by day, against the HTTP API; and the feeds, checks and refusals in between.

A day: 07:00 the worker's jobs, 08:30 phones send what waited and pull, 11:00 back-checks, 19:00 phones report.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import httpx
import polars as pl
from sqlalchemy import select

from app.core import clock
from app.dispatch.days.release import release_wave
from app.dispatch.refilling.service import refill_places
from app.dispatch.sweeps import expire_overdue, withdraw_refused
from app.models.campaign import Campaign
from app.models.customer import Customer
from app.models.organisation import Absence, Staff
from app.models.work_order import WorkOrder
from app.verification.drawing import draw_back_checks
from app.verification.service import verify_feedback
from demo.answers import contact_rng
from demo.beginning import campaign_code, import_file
from demo.checking import answer_back_checks
from demo.contacts import LOST, Contact, plan_day
from demo.memory import DemoError
from demo.office import Office, at
from demo.phones import Phone
from demo.weeks import calls_between, left_alone, orders_between, refusals, write_feed

AT_ONCE = 4  # phones on the line at a time
MANY = 8  # from so many reports on a phone sends them in two batches
REFUSING = 120  # one of so many on the list refuses in mid-month, and three at least


class Phones:
    """All phones of those who have work orders of the campaign, and the customers of these."""

    def __init__(self, office: Office, client: httpx.Client) -> None:
        self.office, self.client = office, client
        self.customers: set[str] = set()
        self.phones: dict[str, Phone] = {}
        self.absent = _absences(office)
        self.look_again()

    def look_again(self) -> None:
        """Whoever has work orders by now."""
        orders, password = _work_orders(self.office), self.office.memory.password
        self.customers = {customer_no for customer_no, _ in orders}
        for staff_no in sorted({staff_no for _, staff_no in orders} - self.phones.keys()):
            self.phones[staff_no] = Phone(self.client, staff_no, password)

    def each(self, staff_nos: Iterable[str], work: Callable[[Phone], Any]) -> list[Any]:
        """Let some phones do something, a few at a time; the results in their order."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda staff_no: work(self.phones[staff_no]), staff_nos))

    def held_customers(self) -> list[str]:
        """The customers of whom a phone holds a work order."""
        return sorted(order["customer"]["customer_no"] for phone in self.phones.values() for order in phone.orders.values())

    def at_work(self, day: date) -> dict[str, Phone]:
        """The phones of those who are not on leave, by staff number."""
        return {staff_no: phone for staff_no, phone in self.phones.items() if day not in self.absent[staff_no]}


@contextmanager
def phones_at(office: Office, address: str) -> Iterator[Phones]:
    """The phones, talking to an address."""
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE, keepalive_expiry=30)
    with httpx.Client(base_url=address, limits=limits, timeout=60) as client:
        yield Phones(office, client)


def play_day(office: Office, phones: Phones, number: int) -> dict[str, Any]:
    """One day of the campaign, the day after its last included, on which only what waited is sent."""
    day = office.day(number)
    days = office.memory.sizes.days
    refused = _refuse_some(office, phones, day) if number == days // 2 + 1 else 0
    with clock.shifted_to(at(day, 7)):
        office.run("withdraw-refused", lambda session, now: withdraw_refused(session, now=now))
        office.run("expire-overdue", lambda session, now: expire_overdue(session, now=now))
        office.run("release-wave", lambda session, now: release_wave(session, now=now))
        office.run("refill-places", lambda session, now: refill_places(session, now=now))
        phones.look_again()
    answers: Counter[str] = Counter()
    with clock.shifted_to(at(day, 8, 30)):
        waiting = [one for one in office.journal.of_day(day - timedelta(days=1)) if not one.online]
        answers += _report(office, phones, waiting)
        contacts = _begin_day(office, phones, day)
    if number > days or (number > 1 and number % 7 == 1):
        with clock.shifted_to(at(day, 11)):
            answer_back_checks(office, phones.client)
    with clock.shifted_to(at(day, 19)):
        answers += _report(office, phones, [one for one in contacts if one.online])
    if number == days or (number < days and number % 7 == 0):
        import_what_followed(office, phones.customers, office.day(number - (number - 1) % 7), day)
    return {"contacts": len(contacts), "answers": dict(answers), "refused": refused}


def _begin_day(office: Office, phones: Phones, day: date) -> list[Contact]:
    """Everybody at work pulls what the morning brought and plans the day."""
    memory, past = office.memory, office.journal.before(day)
    if day > office.day(memory.sizes.days):
        return []
    working = list(phones.at_work(day))

    def plan() -> list[Contact]:
        phones.each(working, Phone.pull)
        held = {staff_no: list(phones.phones[staff_no].orders.values()) for staff_no in working}
        return plan_day(office.truth, seed=memory.seed, day=day, held=held, past=past)

    return office.journal.begin(day, plan)


def _report(office: Office, phones: Phones, contacts: Iterable[Contact]) -> Counter[str]:
    """Send reports, each manager's in one or two batches; where an answer is lost, once more."""
    by_manager: defaultdict[str, list[Contact]] = defaultdict(list)
    for contact in contacts:
        by_manager[contact.staff_no].append(contact)

    def send(phone: Phone) -> Counter[str]:
        own = by_manager[phone.login]
        half = len(own) if len(own) < MANY else len(own) // 2
        counts: Counter[str] = Counter()
        for batch in (own[:half], own[half:]):
            if batch:
                reports = [one.report() for one in batch]
                counts += phone.send(reports)
                if contact_rng(office.memory.seed, "lost", batch[0].report_id).random() < LOST:
                    counts += phone.send(reports)
        return counts

    return sum(phones.each(by_manager, send), Counter())


def import_what_followed(office: Office, customers: Collection[str], first: date, last: date) -> None:
    """The orders and calls of some days arrive on the next morning; feedback is judged by them, back-checks are drawn."""
    memory = office.memory
    contacts, days = office.journal.contacts(), memory.sizes.days
    alone = left_alone(office.truth, seed=memory.seed, contacted=customers, first=office.first_day, days=days)
    feeds = {"orders": orders_between(contacts, alone, first, last), "calls": calls_between(contacts, first, last)}
    secret = f"synthetic town {memory.seed}"  # not the installation's, so that every town of a seed is alike
    with clock.shifted_to(at(last + timedelta(days=1), 5)):
        for feed, frame in feeds.items():
            name = f"followed/{feed}-{first}.csv"
            write_feed(frame, office.town / name)
            import_file(office, feed, name, complete=(first, last))
        office.run("verify-feedback", lambda session, now: verify_feedback(session, now=now))
        office.run(
            "draw-back-checks", lambda session, now: draw_back_checks(session, month=memory.played, secret=secret, now=now)
        )


def _refuse_some(office: Office, phones: Phones, day: date) -> int:
    """Some customers with open work orders refuse further contact: the file comes early, the phones drop them. How many."""
    name = "followed/refusals.csv"
    with clock.shifted_to(at(day, 5)):
        if not (office.town / name).exists():
            phones.each(phones.phones, Phone.pull)
            held = phones.held_customers()
            wanted = max(office.memory.sizes.list_size // REFUSING, 3)
            chosen = held[:: max(len(held) // wanted, 1)][:wanted]
            write_feed(refusals(chosen, recorded_at=clock.now()), office.town / name)
        refused = set(pl.read_csv(office.town / name)["customer_no"])
        import_file(office, "contact_preferences", name)
        phones.each(phones.phones, Phone.pull)
    if refused & set(phones.held_customers()):
        raise DemoError("a work order of a customer who refused contact is still on a phone")
    return len(refused)


def _work_orders(office: Office) -> list[tuple[str, str]]:
    """(customer, manager) of every work order of the campaign."""
    statement = (
        select(Customer.customer_no, Staff.staff_no)
        .select_from(WorkOrder)
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(Customer, Customer.id == WorkOrder.customer_id)
        .join(Staff, Staff.id == WorkOrder.staff_id)
        .where(Campaign.code == campaign_code(office))
        .order_by(Customer.customer_no)
    )
    with office.read() as session:
        return [(customer_no, staff_no) for customer_no, staff_no in session.execute(statement)]


def _absences(office: Office) -> Mapping[str, set[date]]:
    """The days of leave by staff number."""
    days: defaultdict[str, set[date]] = defaultdict(set)
    statement = select(Staff.staff_no, Absence.from_date, Absence.to_date).join(Staff, Staff.id == Absence.staff_id)
    with office.read() as session:
        for staff_no, first, last in session.execute(statement.order_by(Absence.id)):
            days[staff_no] |= {first + timedelta(days=n) for n in range((last - first).days + 1)}
    return days
