"""After any history of runs, reports, corrections, refusals and complaints nobody was contacted more than the policy allows."""

import random
from collections import defaultdict
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.campaigns.policy.rules import RestAfterComplaint, RestAfterRefusal, SlidingWindow
from app.core import clock
from app.core.errors import AppError
from app.dispatch.by_hand.reassigning import reassign_work_order
from app.dispatch.days.release import release_wave
from app.dispatch.gating import ContactRefused
from app.dispatch.service import dispatch_campaign
from app.dispatch.sparing import BEYOND_LIMIT
from app.dispatch.sweeps import end_campaign, expire_overdue, withdraw_refused
from app.models.campaign import Campaign
from app.models.customer import Complaint, ContactPreference
from app.models.feedback import ContactFeedback
from app.models.organisation import Staff
from app.models.work_order import WorkOrder, WorkOrderEvent, WorkOrderState
from tests.factories import NOW, customer
from tests.phones import report, stamp
from tests.stages.campaigns.test_contact_policy import set_policy
from tests.stages.dispatch.test_dispatching import make_list
from tests.stages.feedback.test_recording import send

CUSTOMERS = ["C04", "C05", "C06"]
PRODUCTS = ["FTTH1", "FTTH2", "TV1"]
OUTCOMES = ["interested", "moved", "not_reached", "refused", "callback", "moved", "bought", "interested", "moved", "wrong_number"]
WINDOWS = (
    SlidingWindow(most=2, days=12),
    SlidingWindow(most=1, days=5, family="same"),
    SlidingWindow(most=1, days=4, channel="same"),
)
AFTER_REFUSAL = RestAfterRefusal(days=8, family="same")
AFTER_COMPLAINT = RestAfterComplaint(days=6)

VERBS = {"run": 8, "report": 10, "late": 3, "days": 5, "correct": 2, "refuse": 0.3, "complain": 0.5, "reassign": 1, "close": 0.5}
LENGTH = 60


class Town:
    """A few customers, whom everybody would like to call."""

    def __init__(self, session):
        self.session = session
        self.now = NOW
        set_policy(session, *WINDOWS, AFTER_REFUSAL, AFTER_COMPLAINT)

    @property
    def today(self):
        return clock.local_date(self.now)

    def live(self):
        states = [state for state in WorkOrderState if state.value in ("planned", "open", "in_progress")]
        found = select(WorkOrder).where(WorkOrder.state.in_(states)).order_by(WorkOrder.id)
        return list(self.session.scalars(found.execution_options(populate_existing=True)))

    def run(self, a, b, c):
        first = self.today + timedelta(days=max(0, c - 6))
        campaign = make_list(
            self.session,
            CUSTOMERS,
            product_code=PRODUCTS[a % 3],
            channel=("call", "sms")[b % 2],
            starts_on=first,
            ends_on=first + timedelta(days=b),
            rest_days=0,
        )
        dispatch_campaign(self.session, campaign_code=campaign.code, now=self.now)

    def report(self, a, b, c):
        """On work that is on a phone; its contact may be some hours ago, when the phone was offline."""
        shown = [order for order in self.live() if order.state != "planned" and order.scheduled_on <= self.today]
        if not shown:
            return
        order = shown[a % len(shown)]
        campaign = self.session.get_one(Campaign, order.campaign_id)
        at = max(self.now - timedelta(hours=7 * (c % 5)), order.dispatched_at, clock.start_of_day(order.scheduled_on))
        values = {"started_at": stamp(at), "ended_at": None, "channel": campaign.channel}
        if OUTCOMES[b] == "callback":
            values["callback_at"] = stamp(at + timedelta(days=1))
        self._send(order, report(order.id, OUTCOMES[b], **values))

    def late(self, a, b, c):
        """On work that ended meanwhile: the phone was offline, and nobody had counted the contact."""
        ended = select(WorkOrder).where(WorkOrder.state.in_(["expired", "withdrawn"])).order_by(WorkOrder.id)
        found = self.session.scalars(ended.execution_options(populate_existing=True))
        orders = [order for order in found if clock.start_of_day(order.scheduled_on) < order.closed_at - timedelta(hours=2)]
        if not orders:
            return
        order = orders[a % len(orders)]
        at = max(order.closed_at - timedelta(hours=2 + 9 * (c % 5)), order.dispatched_at, clock.start_of_day(order.scheduled_on))
        channel = self.session.get_one(Campaign, order.campaign_id).channel
        self._send(order, report(order.id, "interested", started_at=stamp(at), ended_at=None, channel=channel))

    def correct(self, a, b, c):
        """Of something reported: it was another outcome, which may open the order again."""
        corrected = select(ContactFeedback.corrects_id).where(ContactFeedback.corrects_id.is_not(None))
        rows = self.session.scalars(
            select(ContactFeedback).where(ContactFeedback.id.not_in(corrected)).order_by(ContactFeedback.id)
        )
        if not (found := list(rows)):
            return
        row = found[a % len(found)]
        values = {"started_at": stamp(row.contacted_at), "ended_at": None, "channel": row.channel, "corrects_id": str(row.id)}
        self._send(
            self.session.get_one(WorkOrder, row.work_order_id),
            report(row.work_order_id, ("interested", "moved")[b % 2], **values),
        )

    def days(self, a, b, c):
        self.now += timedelta(days=1 + a % 3, hours=b % 3)
        expire_overdue(self.session, now=self.now)
        withdraw_refused(self.session, now=self.now)
        release_wave(self.session, now=self.now)

    def refuse(self, a, b, c):
        who, scope = customer(self.session, CUSTOMERS[a % 3]), ("all", "call", "tv")[b % 3]
        row = ContactPreference(customer_id=who.id, scope=scope, status="refused", recorded_at=self.now)
        self.session.merge(row)
        self.session.flush()
        withdraw_refused(self.session, now=self.now)

    def complain(self, a, b, c):
        who = customer(self.session, CUSTOMERS[a % 3])
        number = f"{self.now}-{a}-{b}-{c}"
        if self.session.scalars(select(Complaint).where(Complaint.complaint_no == number)).first() is None:
            self.session.add(Complaint(complaint_no=number, customer_id=who.id, opened_at=self.now, topic="bill"))
        self.session.flush()
        withdraw_refused(self.session, now=self.now)

    def reassign(self, a, b, c):
        if not (live := self.live()):
            return
        order = live[a % len(live)]
        values = {"to_staff_no": ("ANA", "BO")[b % 2], "grid_ids": [order.grid_id], "actor_account_id": None, "reason": "ill"}
        reassign_work_order(self.session, work_order_id=order.id, now=self.now, **values)

    def close(self, a, b, c):
        running = list(self.session.scalars(select(Campaign).where(Campaign.closed_at.is_(None)).order_by(Campaign.id)))
        if running:
            end_campaign(self.session, campaign_code=running[a % len(running)].code, now=self.now)

    def _send(self, order, item):
        manager = self.session.get_one(Staff, order.staff_id)
        send(self.session, item, by=manager.staff_no.lower(), now=self.now)
        self.now += timedelta(minutes=10)
        withdraw_refused(self.session, now=self.now)


def contacts_made(session, *, all_of_them=False):
    """{customer: {order: (family, channel, {days})}} from the rows themselves; without those that are marked."""
    found = defaultdict(dict)
    marked = set(session.scalars(select(WorkOrderEvent.work_order_id).where(WorkOrderEvent.event == BEYOND_LIMIT)))
    rows = session.execute(
        select(ContactFeedback, WorkOrder.product_family, Campaign.channel)
        .join(WorkOrder, WorkOrder.id == ContactFeedback.work_order_id)
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
    )
    for row, family, channel in rows:
        if row.work_order_id in marked and not all_of_them:
            continue
        days = found[row.customer_id].setdefault(row.work_order_id, (family, channel, set()))[2]
        days.add(clock.local_date(row.contacted_at))
    return found


def worst_breach(session):
    """A sentence about a customer over a limit or contacted after a refusal; None where there is none."""
    for customer_id, contacts in contacts_made(session).items():
        for rule in WINDOWS:
            groups = {
                (rule.family == "same" and family, rule.channel == "same" and channel) for family, channel, _ in contacts.values()
            }
            for group in groups:
                of_group = [
                    days
                    for family, channel, days in contacts.values()
                    if (rule.family == "same" and family, rule.channel == "same" and channel) == group
                ]
                for start in {day for days in of_group for day in days}:
                    span = {start + timedelta(days=n) for n in range(rule.days)}
                    if sum(bool(days & span) for days in of_group) > rule.most:
                        return f"customer {customer_id}: more than {rule.most} in {rule.days} days from {start}: {contacts}"
    return after_refusal(session)


def after_refusal(session):
    reports = session.execute(
        select(ContactFeedback, WorkOrder.product_family, Campaign.channel)
        .join(WorkOrder, WorkOrder.id == ContactFeedback.work_order_id)
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
    ).all()
    corrected = {row.corrects_id for row, _, _ in reports}
    refusals = [(row.customer_id, row.scope, row.recorded_at) for row in session.scalars(select(ContactPreference))]
    for row, family, channel in reports:
        if row.corrects_id is not None:
            continue  # about the same contact
        for customer_id, scope, at in refusals:
            if customer_id == row.customer_id and scope in ("all", channel, family) and row.contacted_at > at:
                return f"contacted at {row.contacted_at} after refusing {scope} at {at}"
        for complaint in session.scalars(select(Complaint).where(Complaint.customer_id == row.customer_id)):
            if complaint.opened_at < row.contacted_at < complaint.opened_at + timedelta(days=AFTER_COMPLAINT.days):
                return f"contacted at {row.contacted_at} after a complaint at {complaint.opened_at}"
        for other, other_family, _ in reports:
            rests = other.outcome == "refused" and other.id not in corrected and other_family == family
            same = other.work_order_id == row.work_order_id
            until = other.contacted_at + timedelta(days=AFTER_REFUSAL.days)
            if rests and not same and other.customer_id == row.customer_id and other.received_at < row.contacted_at < until:
                return f"contacted at {row.contacted_at} although refused at {other.contacted_at}"
    return None


@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_contacted_beyond_a_limit_or_after_a_refusal_whatever_happens(session, seed):
    town, draw = Town(session), random.Random(seed)
    for verb in draw.choices(list(VERBS), list(VERBS.values()), k=LENGTH):
        try:
            with session.begin_nested():
                getattr(town, verb)(*(draw.randrange(10) for _ in range(3)))
        except ContactRefused:
            pass
        except AppError as error:
            if error.code not in ("work_order.wrong_state", "invalid", "campaign.wrong_status"):
                raise
    assert worst_breach(session) is None
    assert sum(len(contacts) for contacts in contacts_made(session, all_of_them=True).values()) >= 2  # much happened all the same
