"""Pushes under test: phones that subscribed, and rounds of telling and sending at any time."""

from datetime import timedelta

from app.core import clock
from app.core.push_keys import public_push_key
from app.devices.subscriptions import read_subscription
from app.devices.web_push import Sign
from app.dispatch.arrivals import tell_of_new_work
from app.jobs import outgoing
from app.jobs.runner import in_transaction
from app.jobs.steps import run_in_steps
from app.models.device import Device
from app.notices.quiet import QuietHours
from app.notices.sending import Sender
from tests.browsers import Browser
from tests.factories import NOW, staff

LOOPBACK = Sender(loopback=True, try_seconds=3.0)
PRIVATE = "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"
SIGN = Sign(PRIVATE, "mailto:gridwork@example.com")
PUBLIC = public_push_key(PRIVATE)
APART = timedelta(minutes=30)


def quiet():
    return QuietHours(21, 8, clock.zone())


def subscribe(sessions, url, *, manager="ana", device_id="phone-1", at=NOW - timedelta(days=1), loopback=True):
    """A browser of a person, subscribed at a receiver."""
    browser = Browser(url)

    def work(session):
        found = read_subscription(browser.subscription(), loopback=loopback)
        pushed = {"push_endpoint": found.endpoint, "push_p256dh": found.p256dh, "push_auth": found.auth}
        person = staff(session, manager).id
        session.add(Device(staff_id=person, device_id=device_id, name="x", app_version="1", registered_at=at, **pushed))

    in_transaction(sessions, work)
    return browser


def tell(sessions, *, after=timedelta(0)):
    """Look for new work at NOW + `after`."""

    def work(session):
        return tell_of_new_work(session, quiet=quiet(), apart=APART, now=NOW + after)

    return in_transaction(sessions, work)


def push(sessions, *, after=timedelta(0), sender=LOOPBACK, sign=SIGN):
    """A round of sending at NOW + `after`; its counts."""
    with clock.shifted_to(NOW + after):
        return run_in_steps(sessions, "send-pushes", outgoing.pushes(sender, sign, quiet()))
