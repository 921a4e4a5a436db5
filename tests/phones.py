"""A phone as the tests play it: it holds work orders, pulls changes, and reports contacts."""

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core.security import Principal
from app.models.organisation import Account
from tests.factories import NOW, get, staff


def report(work_order_id: int, outcome: str = "interested", **overrides: Any) -> dict[str, Any]:
    """An item as a phone sends it: a call that began ten minutes before NOW. None leaves a field out."""
    needed = {"refused": {"objection": "no_need"}, "callback": {"callback_at": stamp(NOW + timedelta(days=1))}}
    values: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "work_order_id": work_order_id,
        "channel": "call",
        "outcome": outcome,
        "started_at": stamp(NOW - timedelta(minutes=10)),
        "ended_at": stamp(NOW - timedelta(minutes=8)),
        **needed.get(outcome, {}),
    }
    return {name: value for name, value in (values | overrides).items() if value is not None}


def stamp(instant: datetime) -> str:
    """A time as JSON holds it."""
    return instant.isoformat()


def batch(*items: Any, sent_at: datetime = NOW) -> dict[str, Any]:
    """The body of POST /mobile/v1/feedback."""
    return {"sent_at": stamp(sent_at), "device_id": "phone-1", "items": list(items)}


def principal_of(session: Session, name: str) -> Principal:
    """Who a terminal manager of the cast acts as."""
    person = staff(session, name)
    account: Account = get(session, Account, staff_id=person.id)
    return Principal(account.id, name, person.role.value, "own", person.unit_id, (person.unit_id,), person.id)


class Phone:
    """Holds what it was sent, by id; `cursor` and the orders change together, as on a real phone."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.orders: dict[int, dict[str, Any]] = {}
        self.cursor: str | None = None
        self.told_hash: str | None = None
        self.reasons: dict[int, str] = {}

    @property
    def set_hash(self) -> str:
        """The hash of what it holds, as the protocol defines it."""
        lines = "".join(f"{id_}:{order['version']}\n" for id_, order in sorted(self.orders.items()))
        return hashlib.sha256(lines.encode()).hexdigest()

    def pull(self) -> list[dict[str, Any]]:
        """Pull until there is no more; every answer, applied."""
        answers = []
        while True:
            asked = {"cursor": self.cursor, "set_hash": self.set_hash} if self.cursor else {}
            answer = self.client.get("/mobile/v1/work-orders", params=asked)
            assert answer.status_code == 200, answer.text
            answers.append(answer.json())
            self.apply(answers[-1])
            if not answers[-1]["more"]:
                return answers

    def apply(self, answer: dict[str, Any]) -> None:
        """Take in one answer."""
        if answer["full"]:
            self.orders.clear()
        for item in answer["items"]:
            if item.get("gone"):
                self.orders.pop(item["id"], None)
                self.reasons[item["id"]] = item["reason"]
            else:
                self.orders[item["id"]] = item
        self.cursor, self.told_hash = answer["cursor"], answer["set_hash"]

    def send(self, *items: Any, sent_at: datetime = NOW) -> list[dict[str, Any]]:
        """Report; the answers in the order sent."""
        answer = self.client.post("/mobile/v1/feedback", json=batch(*items, sent_at=sent_at))
        assert answer.status_code == 207, answer.text
        return list(answer.json()["items"])
