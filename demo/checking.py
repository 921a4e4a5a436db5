"""Back-checks: grid managers call customers back over the dashboard API; the truth answers."""

from collections import Counter
from typing import Any

import httpx
from sqlalchemy import select

from app.models.organisation import Role, Staff
from demo.answers import contact_rng
from demo.contacts import Contact
from demo.office import Office
from demo.phones import Caller
from demo.truth import HONEST

ANSWERING = 0.8  # share of customers who take the call back


def answer_back_checks(office: Office, client: httpx.Client) -> dict[str, int]:
    """Every grid manager asks the customers drawn so far; counts by what they said."""
    contacts = {one.report_id: one for one in office.journal.contacts()}
    said: Counter[str] = Counter()
    for login in grid_managers(office):
        manager = Caller(client, login, office.memory.password)
        for item in _unanswered(manager):
            body = what_the_customer_says(office, contacts[item["feedback_id"]])
            answer = manager.fetch("POST", f"/dashboard/v1/back-checks/{item['feedback_id']}/answer", json=body)
            said[answer.json()["verdict"]] += 1
    return dict(said)


def what_the_customer_says(office: Office, contact: Contact) -> dict[str, Any]:
    """The answers of the form; none of who is not reached or cannot know of a call that was not taken."""
    talked = contact.outcome in {"bought", "interested", "refused", "callback"}
    reached_now = contact_rng(office.memory.seed, "back-check", contact.report_id).random() < ANSWERING
    bad_phone = bool(office.truth.bad_phone[office.truth.customer_row(contact.customer_no)])
    if not talked or not reached_now or bad_phone:
        return {"reached": False}
    true = office.truth.honesty_of(contact.staff_no) == HONEST or (contact.reached and contact.outcome != "bought")
    confirms = bool(true or (contact.reached and contact.ordered_at))
    return {"answers": {"contacted": "yes" if confirms or contact.reached else "no", "bought": "yes" if confirms else "no"}}


def _unanswered(manager: Caller) -> list[dict[str, Any]]:
    """The back-checks of the manager's grids that have no answer, page by page."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        params = {"limit": 200} | ({"cursor": cursor} if cursor else {})
        page = manager.ask("GET", "/dashboard/v1/back-checks", params=params)
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


def grid_managers(office: Office) -> list[str]:
    """The logins of the grid managers."""
    statement = select(Staff.staff_no).where(Staff.role == Role.GRID_MANAGER).order_by(Staff.staff_no)
    with office.read() as session:
        return list(session.scalars(statement))
