"""The stream of what changes, on a real socket: who hears of what, how it resumes, ends, and what it does not cost."""

import asyncio
import json
import socket
import threading
from contextlib import contextmanager, suppress
from queue import Empty, Queue

import httpx
import pytest
from sqlalchemy import text

from app.access.accounts import switch_account
from app.api.dashboard import event_stream
from app.core.db import set_scope
from app.models.organisation import Role
from app.reports.live import following
from app.reports.live.following import Live
from app.reports.live.streams import MOST_OF_ACCOUNT, Watcher
from tests import factories as make
from tests.cast import PASSWORD
from tests.phone.serving import serving_here
from tests.truth import make_feedback

PATIENCE = 30.0  # seconds after which something is taken never to come


@pytest.fixture
def address(database, tmp_path):
    with serving_here(database, tmp_path) as found:
        yield found


class Listener:
    """An open stream: `next("changed")` is the data and the id of the next event of this kind."""

    def __init__(self, answer):
        self.answer, self.events = answer, Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        event = {}
        try:
            for line in self.answer.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                elif "event" in event:
                    self.events.put((event["event"], json.loads(event["data"]), event.get("id")))
                    event = {}
        except (httpx.HTTPError, httpx.StreamError):
            pass
        self.events.put(("over", {}, None))

    def leave(self):
        """Go away for good: a socket that another thread reads from is not closed by closing it."""
        with suppress(OSError):
            self.answer.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def next(self, kind, seconds=PATIENCE):
        while True:
            found, data, position = self.events.get(timeout=seconds)
            if found == kind:
                return data, position
            assert found != "over", "it ended"

    def hears_nothing(self, seconds):
        with pytest.raises(Empty):
            self.next("changed", seconds)


def token(address, login):
    answer = httpx.post(f"{address}/auth/login", json={"login": login, "password": PASSWORD}, timeout=PATIENCE)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@contextmanager
def listening(address, login, last=None, headers=None):
    headers = headers or token(address, login)
    more = {} if last is None else {"Last-Event-ID": last}
    with httpx.stream("GET", f"{address}/dashboard/v1/events", headers=headers | more, timeout=httpx.Timeout(PATIENCE)) as answer:
        assert answer.status_code == 200, answer.read()
        listener = Listener(answer)
        try:
            listener.next("hello")
            yield listener
        finally:
            listener.leave()


def listeners(company):
    """The connections that feed streams; the session is the owner's from then on."""
    company.execute(text("SET ROLE NONE"))
    mine = "application_name = 'gridwork_live' AND datname = current_database()"
    return company.scalars(text(f"SELECT pid FROM pg_stat_activity WHERE {mine}")).all()


def order_of(company, customer_no, manager):
    order = make.make_work_order(company, customer_no=customer_no, manager=manager)
    company.commit()
    set_scope(company, scope="all")
    return order


def report(company, order):
    make_feedback(company, order)
    company.commit()
    set_scope(company, scope="all")


def test_a_report_is_heard_of_in_its_grid_and_in_no_other(company, address):
    mine, theirs = order_of(company, "C01", "ana"), order_of(company, "C11", "cy")
    grids = {code: make.grid(company, code).id for code in ("G11", "G12")}
    with listening(address, "chen") as chen, listening(address, "fu") as fu, listening(address, "bea") as bea:
        report(company, mine)
        assert chen.next("changed")[0] == {"unit_ids": [grids["G11"]], "topics": ["reports"]}
        report(company, theirs)
        assert fu.next("changed")[0] == {"unit_ids": [grids["G12"]], "topics": ["reports"]}
        chen.hears_nothing(0.7)
        heard = set()
        while heard != set(grids.values()):
            heard |= set(bea.next("changed")[0]["unit_ids"])


def test_what_did_not_notify_is_heard_of_all_the_same(company, sessions, address):
    order = order_of(company, "C01", "ana")
    with listening(address, "chen") as chen, sessions() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(7305047)"))  # somebody is about to notify, and takes a while
        report(company, order)
        chen.next("changed")


def test_who_comes_back_hears_what_was_missed(company, address):
    order = order_of(company, "C01", "ana")
    with listening(address, "chen") as chen, listening(address, "bea") as bea:
        report(company, order)
        position = chen.next("changed")[1]
        bea.next("changed")
        chen.leave()
        report(company, order)
        bea.next("changed")
        with listening(address, "chen", last=position) as again:
            assert again.next("changed")[0]["topics"] == ["reports"]
        with listening(address, "chen", last="1") as long_ago:
            long_ago.next("reload")


def test_who_listens_while_the_database_drops_the_connection_reads_everything_again(company, address):
    with listening(address, "chen") as chen:
        (listener,) = listeners(company)
        company.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": listener})
        chen.next("reload")


def test_pages_cost_neither_a_connection_nor_a_place_among_the_requests(company, address):
    headers = {login: token(address, login) for login in ("chen", "fu", "bea", "ada")}
    before = httpx.get(f"{address}/metrics").status_code
    assert before == 200
    opened = [listening(address, login, headers=headers[login]) for login in headers for _ in range(MOST_OF_ACCOUNT - 1)]
    for one in opened:  # more than there are connections, and near to what may be in flight
        one.__enter__()
    try:
        answers = [httpx.get(f"{address}/dashboard/v1/notices", headers=headers["chen"]) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {200}
        assert len(listeners(company)) == 1  # for all of them
    finally:
        for one in opened:
            one.__exit__(None, None, None)


def test_a_page_that_takes_nothing_is_left_and_nothing_is_kept_for_it(monkeypatch):
    monkeypatch.setattr(event_stream, "SEND_SECONDS", 0.05)

    async def never(*_):
        await asyncio.Event().wait()

    async def send(message):
        if message["type"] == "http.response.body":
            await never()

    async def answer():
        live = Live(never, most_streams=1)
        stream = event_stream.EventStream(live, Watcher(1, 1, 0.0, frozenset([1])), None)
        await asyncio.wait_for(stream({}, never, send), 5)
        return live.streams.open

    assert asyncio.run(answer()) == set()


def test_an_account_has_only_so_many_pages_open(address):
    headers = token(address, "chen")
    opened = [listening(address, "chen", headers=headers) for _ in range(MOST_OF_ACCOUNT)]
    for one in opened:
        one.__enter__()
    try:
        refused = httpx.get(f"{address}/dashboard/v1/events", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (429, "events.too_many_streams")
        assert int(refused.headers["Retry-After"]) > 0
    finally:
        for one in opened:
            one.__exit__(None, None, None)


@pytest.mark.parametrize("how", ["disabled", "logged out", "revoked", "moved", "leads no more"])
def test_who_may_not_hear_it_any_more_is_cut_off(company, address, monkeypatch, how):
    monkeypatch.setattr(following, "KEEP_EVERY", 0.2)
    with listening(address, "fu") as fu, listening(address, "chen") as stays:
        match how:
            case "disabled":
                switch_account(company, login="fu", on=False, by=None, reason="left", now=make.NOW)
            case "logged out":
                company.execute(text("UPDATE refresh_families SET ended_at = now(), end_reason = 'x' WHERE account_id ="
                                     " (SELECT id FROM accounts WHERE login = 'fu')"))  # fmt: skip
            case "revoked":
                company.execute(text("UPDATE refresh_families SET device_id = 'd1' WHERE account_id ="
                                     " (SELECT id FROM accounts WHERE login = 'fu')"))  # fmt: skip
                company.execute(text("INSERT INTO revoked_devices (account_id, device_id, revoked_at)"
                                     " SELECT id, 'd1', now() FROM accounts WHERE login = 'fu'"))  # fmt: skip
            case "leads no more":
                make.staff(company, "fu").role = Role.PLANNER
            case _:
                make.staff(company, "fu").unit_id = make.grid(company, "G21").id
        company.commit()
        assert fu.events.get(timeout=PATIENCE / 3)[0] == "over"  # before the first beat
        assert "over" not in {stays.events.get()[0] for _ in range(stays.events.qsize())}


@pytest.mark.parametrize(("login", "status"), [("ana", 403), ("pia", 403), ("lin", 403), (None, 401)])
def test_it_is_for_those_who_lead_managers(address, login, status):
    headers = {} if login is None else token(address, login)
    assert httpx.get(f"{address}/dashboard/v1/events", headers=headers).status_code == status


def test_a_position_that_is_none_is_refused(address):
    headers = token(address, "chen") | {"Last-Event-ID": "yesterday"}
    assert httpx.get(f"{address}/dashboard/v1/events", headers=headers).status_code == 422
