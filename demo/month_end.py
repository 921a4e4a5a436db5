"""The end of the played month: the campaign and the month are closed, and payroll pulls what it pays by."""

import hashlib
from datetime import timedelta
from typing import Any

import httpx

from app.campaigns import queries as campaigns
from app.core import clock
from app.dispatch.sweeps import end_campaign
from app.models.campaign import CampaignStatus
from app.points.closing.service import close_checked
from app.points.queries import find_month
from demo.beginning import AT_MONTH_END, PAYROLL, campaign_code, import_file
from demo.days import Phones, import_what_followed
from demo.memory import DemoError
from demo.office import Office, at
from demo.phones import PayrollSystem


def import_rest(office: Office, phones: Phones) -> dict[str, Any]:
    """The orders and calls between the campaign's last day and the month's."""
    month = office.memory.played
    first = office.day(office.memory.sizes.days + 1)
    last = clock.local_date(month.ends_at) - timedelta(days=1)
    if first <= last:
        import_what_followed(office, phones.customers, first, last)
    return {}


def close_played_month(office: Office) -> dict[str, Any]:
    """On the first of the next month at nine: the campaign ends, the old scheme's points come, the month is closed as an operator
    does it, after every check."""
    month, code = office.memory.played, campaign_code(office)
    with clock.shifted_to(at(month.next.first_day, 9)), office.bar("Closing the month", 3) as tick:
        with office.read() as session:
            is_running = campaigns.get_campaign(session, code).status is CampaignStatus.RUNNING
            found = find_month(session, month)
        if is_running:
            office.run("end-campaign", lambda session, now: end_campaign(session, campaign_code=code, now=now))
        tick()
        for feed in AT_MONTH_END:
            import_file(office, feed, f"{feed}.csv")
        tick()
        if found is None or found.closed_at is None:
            office.run("close-month", lambda session, now: close_checked(session, month=month, by=None, now=now))
        tick()
    return {}


def pull_as_payroll(office: Office, client: httpx.Client) -> dict[str, Any]:
    """Payroll pulls the closed month twice with its own credentials, checks it by its sum, and acknowledges it."""
    month = office.memory.played
    path = f"/payroll/v1/months/{month}"
    with clock.shifted_to(at(month.next.first_day, 9, 30)):
        payroll = PayrollSystem(client, PAYROLL, office.memory.password)
        manifest = payroll.ask("GET", path)
        pulled, again = (payroll.fetch("GET", f"{path}/lines.csv").content for _ in range(2))
        sha256 = hashlib.sha256(pulled).hexdigest()
        if pulled != again or sha256 != manifest["sha256"]:
            raise DemoError("payroll pulled other bytes than the month's manifest says")
        held = {"sha256": sha256, "row_count": manifest["row_count"]}
        payroll.fetch("POST", f"{path}/acknowledgement", json=held)
    return held | {"points": manifest["points_sum"]}
