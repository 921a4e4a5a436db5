"""A worker that runs sends by itself what was put, and the doctor knows what could not be sent."""

from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from app.commands.doctor_business import check_deliveries
from app.commands.doctor_finding import State
from app.core.db import set_scope
from app.jobs import outgoing
from app.jobs.rows import InSteps
from app.jobs.runner import in_transaction
from app.notices import endpoints
from tests.factories import NOW
from tests.receivers import receiving
from tests.stages.notices.post import LOOPBACK, SEAL, add, put
from tests.stages.test_worker import until, working


def test_a_worker_sends_what_was_put(sessions):
    every_second = CronTrigger(second="*", timezone=ZoneInfo("Asia/Shanghai"))
    rows = [InSteps("send-webhooks", every_second, outgoing.webhooks(LOOPBACK, seal=SEAL, apart=False))]
    with receiving() as receiver, working(sessions, rows, "one"):
        add(sessions, "one", receiver.url)
        ids = put(sessions, 3)
        until(lambda: len(receiver.got) == 3)
        assert sorted(receiver.ids) == sorted(ids)


def test_the_doctor_names_what_could_not_be_delivered(sessions):
    add(sessions, "one", "http://127.0.0.1:9/")
    put(sessions, 2)
    with sessions() as session:
        set_scope(session, scope="all")
        assert check_deliveries(session).state is State.OK
    in_transaction(sessions, lambda s: endpoints.disable_endpoint(s, name="one", now=NOW))
    with sessions() as session:
        set_scope(session, scope="all")
        assert check_deliveries(session).found == "2 could not be delivered"
