"""Every order of {dispatch, pull, reassign, cancel, feedback A, feedback B, close} gives what the written table says.

All 137,256 sequences up to length 6, for work of today and for work planned for later, on the pure rules; all up to length 3 and
some of length 6 on the services and PostgreSQL. Feedback A is a report of Ana's that does not end the work, B one of Bo's that
does.
"""

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.db import set_scope
from app.core.errors import AppError
from app.dispatch.by_hand.actions import act_on_work_orders
from app.dispatch.by_hand.terms import Action, Verb
from app.dispatch.service import dispatch_campaign
from app.dispatch.states import Event, is_live, next_state
from app.dispatch.sweeps import end_campaign
from app.feedback.decisions import Effect, OrderFacts, decide
from app.feedback.intake import Readable, read_item
from app.feedback.service import Batch, record_feedback
from app.models.campaign import CampaignStatus
from app.models.work_order import WorkOrder
from app.reports.phone import pull_work_orders
from tests.factories import NOW, TODAY, grid
from tests.phones import Phone, principal_of, report
from tests.stages.dispatch.oracle import ACTIONS, LONGEST, Situation, Table, sampled
from tests.stages.dispatch.test_dispatching import make_list

DEEPEST = int(os.environ.get("GRIDWORK_TABLE_DEPTH", "3"))  # of all sequences on the database
SAMPLES = int(os.environ.get("GRIDWORK_TABLE_SAMPLES", "25"))
MINUTE = timedelta(minutes=1)
OTHER = {"ana": "bo", "bo": "ana"}
OUTCOME = {"feedback A": "interested", "feedback B": "bought"}
SENDER = {"feedback A": "ana", "feedback B": "bo"}
EFFECTS = {Effect.CONTACT: Event.CONTACTED, Effect.COMPLETE: Event.COMPLETED, Effect.REOPEN: Event.REOPENED}


def _item(action):
    item = read_item(report(1, OUTCOME[action], id=str(UUID(int=1))))
    assert isinstance(item, Readable)
    return item


ITEMS = {action: _item(action) for action in OUTCOME}


@dataclass(frozen=True)
class Model:
    """One work order moved by the real rules: the state table and the judgement of reports."""

    new: str
    running: bool = True
    state: str | None = None
    holder: str = "-"
    left: tuple = ()
    closed_at: object = None

    def act(self, action, now):
        """(answer, model after)."""
        if action == "dispatch":
            if not self.running:
                return "campaign.wrong_status", self
            return ("made", replace(self, state=self.new, holder="ana")) if self.state is None else ("nothing", self)
        if action == "pull":
            return "ok", self
        if action == "close":
            if not self.running:
                return "campaign.wrong_status", self
            after = next_state(self.state, Event.EXPIRED) if self.state and is_live(self.state) else self.state
            ended = now if after != self.state else self.closed_at
            return "closed", replace(self, running=False, state=after, closed_at=ended)
        if action in OUTCOME:
            return self._report(action, now)
        return self._by_hand(action, now)

    def _by_hand(self, action, now):
        if self.state is None:
            return "work_order.unknown", self
        after = next_state(self.state, Event.PULLED_BACK if action == "cancel" else Event.REASSIGNED)
        if after is None:
            return "work_order.wrong_state", self
        if action == "cancel":
            return "done", replace(self, state=after, closed_at=now)
        left = (*(one for one in self.left if one[0] != self.holder), (self.holder, now))
        return "done", replace(self, state=after, holder=OTHER[self.holder], left=left)

    def _report(self, action, now):
        sender, had = SENDER[action], dict(self.left)
        mine = sender == self.holder
        order = None
        if self.state is not None and (mine or sender in had):
            left_at = None if mine else had[sender]
            order = OrderFacts(1, self.state, mine, left_at, self.closed_at, dispatched_at=NOW - MINUTE)
        item = ITEMS[action]
        found = decide(item.item, item.digest, contacted_at=now - MINUTE / 2, order=order, known={})
        if found.effect is Effect.NONE:
            return found.code or found.status.value, self
        after = next_state(self.state, EFFECTS[found.effect])
        return found.status.value, replace(self, state=after, closed_at=None if is_live(after) else now)

    def matches(self, expected):
        """Whether it stands as the table says."""
        campaign = "running" if self.running else "closed"
        return (self.state or "none", self.holder, campaign) == (expected.order, expected.holder, expected.campaign)


@pytest.mark.parametrize("new", ["open", "planned"])
def test_all_sequences_up_to_length_six_on_the_rules(new):
    table, count = Table(), 0
    pending = [(0, Situation(new), Model(new))]
    while pending:
        length, situation, model = pending.pop()
        now = NOW + length * MINUTE
        for action in ACTIONS:
            count += 1
            expected, after = table.decide(situation, action)
            answer, moved = model.act(action, now)
            assert answer == expected, (action, situation, model)
            assert moved.matches(after), (action, situation, moved)
            if length + 1 < LONGEST:
                pending.append((length + 1, after, moved))
    assert count == sum(7**n for n in range(1, LONGEST + 1)) == 137_256
    assert table.used == set(range(len(table.rows))), "a row that nothing reaches is no rule"


class World:
    """The real services on one customer, C01 of Ana, in one transaction; each action a minute later."""

    def __init__(self, session, new):
        first = TODAY if new == "open" else TODAY + timedelta(days=1)
        self.session, self.now = session, NOW
        self.campaign = make_list(session, ["C01"], starts_on=first, ends_on=TODAY + timedelta(days=5))
        self.grids = [grid(session, "G11").id]
        self.principals = {name: principal_of(session, name) for name in ("ana", "bo")}

    def order(self):
        statement = select(WorkOrder).where(WorkOrder.campaign_id == self.campaign.id)
        return self.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()

    def act(self, action):
        """The answer."""
        self.now += MINUTE
        try:
            return getattr(self, action.split()[0])(action)
        except AppError as error:
            return error.code

    def dispatch(self, _):
        made = dispatch_campaign(self.session, campaign_code=self.campaign.code, now=self.now)
        return "made" if made["new_work_orders"] else "nothing"

    def close(self, _):
        end_campaign(self.session, campaign_code=self.campaign.code, now=self.now)
        return "closed"

    def reassign(self, _):
        order = self.order()
        other = OTHER[self.holder()].upper() if order else "BO"
        return self._by_hand(Action(Verb.REASSIGN, "a test", to_staff_nos=[other]))

    def cancel(self, _):
        return self._by_hand(Action(Verb.PULL_BACK, "a test"))

    def _by_hand(self, action):
        order = self.order()
        (row,) = act_on_work_orders(
            self.session, action=action, ids=[order.id if order else 1], grid_ids=self.grids, actor_account_id=None, now=self.now
        )
        return row.code or "done"

    def feedback(self, action):
        order = self.order()
        started, ended = (self.now - timedelta(seconds=s) for s in (20, 10))
        sent = report(order.id if order else 1, OUTCOME[action], started_at=started.isoformat(), ended_at=ended.isoformat())
        batch = Batch(self.now, "phone-1", [sent])
        with self._as(SENDER[action]) as principal:
            (answer,) = record_feedback(self.session, principal=principal, batch=batch, now=self.now)
        return answer.code or answer.status.value

    def pull(self, _):
        return "ok"

    def holder(self):
        order = self.order()
        return next((name for name, who in self.principals.items() if order and who.staff_id == order.staff_id), "-")

    def phones(self):
        """(Ana's phone holds it, Bo's phone holds it) after a pull of both."""
        held = []
        for name in ("ana", "bo"):
            with self._as(name) as principal:
                phone = Phone(None)
                phone.apply(json.loads(pull_work_orders(
                    self.session, principal=principal, secret="s" * 32, cursor=None, set_hash=None, now=self.now
                )))  # fmt: skip
            assert phone.told_hash == phone.set_hash
            held.append(bool(phone.orders))
        return tuple(held)

    @contextmanager
    def _as(self, name):
        principal = self.principals[name]
        self.session.flush()
        set_scope(self.session, scope="own", grid_ids=principal.grid_ids, staff_id=principal.staff_id)
        yield principal
        self.session.flush()
        set_scope(self.session, scope="all")

    def check(self, action, expected, after):
        answer = self.act(action)
        assert answer == expected, (action, after)
        order = self.order()
        status = "running" if self.campaign.status is CampaignStatus.RUNNING else "closed"
        state = order.state.value if order else "none"
        assert (state, self.holder(), status) == (after.order, after.holder, after.campaign), (action, after)
        if action == "pull":
            assert self.phones() == after.phones, (action, after)


@pytest.mark.parametrize("new", ["open", "planned"])
def test_all_short_sequences_on_the_services(session, new):
    world, table = World(session, new), Table()

    def walk(situation, depth):
        for action in ACTIONS:
            savepoint, then = session.begin_nested(), world.now
            expected, after = table.decide(situation, action)
            world.check(action, expected, after)
            if depth < DEEPEST:
                walk(after, depth + 1)
            savepoint.rollback()
            session.expire_all()
            world.now = then

    walk(Situation(new), 1)


@pytest.mark.parametrize("new", ["open", "planned"])
def test_some_sequences_of_length_six_on_the_services(session, new):
    world, table = World(session, new), Table()
    for actions in sampled(SAMPLES):
        savepoint, then, situation = session.begin_nested(), world.now, Situation(new)
        for action in actions:
            expected, situation = table.decide(situation, action)
            world.check(action, expected, situation)
        savepoint.rollback()
        session.expire_all()
        world.now = then
