"""Phones of terminal managers over HTTP: they log in, hold work orders, pull changes and report, as real ones do."""

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from app.core import clock
from demo.memory import DemoError

TRIES = 6
EARLY = timedelta(seconds=60)  # a token that is over within this time is renewed first


class Caller:
    """Somebody (or a system) who is logged in over HTTP, with tokens that are renewed as they run out."""

    def __init__(self, client: httpx.Client, login: str, password: str) -> None:
        self.client, self.login, self._password = client, login, password
        self._access, self._refresh = "", ""
        self._until = datetime.min.replace(tzinfo=clock.zone())

    def ask(self, method: str, path: str, *, expected: int = 200, **body: Any) -> Any:
        """The JSON of an answer; DemoError for any other status than `expected`."""
        return self.fetch(method, path, expected=expected, **body).json()

    def fetch(self, method: str, path: str, *, expected: int = 200, **body: Any) -> httpx.Response:
        """The answer itself."""
        if clock.now() + EARLY >= self._until:
            self._renew()
        answer = self._try(method, path, headers={"Authorization": f"Bearer {self._access}"}, **body)
        if answer.status_code != expected:
            raise DemoError(
                f"{method} {path} as {self.login}: expected {expected}, got {answer.status_code}: {answer.text[:300]}"
            )
        return answer

    def _renew(self) -> None:
        known = {"refresh_token": self._refresh}
        answer = self._try("POST", "/auth/refresh", json=known) if self._refresh else self._log_in()
        if answer.status_code != 200:
            raise DemoError(f"{self.login} cannot log in: {answer.status_code}: {answer.text[:300]}")
        tokens = answer.json()
        self._access, self._refresh = tokens["access_token"], tokens["refresh_token"] or ""
        self._until = clock.now() + timedelta(seconds=tokens["expires_in"])

    def _log_in(self) -> httpx.Response:
        body = {"login": self.login, "password": self._password, "device_id": f"phone of {self.login}"}
        return self._try("POST", "/auth/login", json=body)

    def _try(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Ask again where the line broke or the server is busy: everything a phone does may be done twice."""
        for attempt in range(TRIES):
            try:
                answer = self.client.request(method, path, **request)
            except httpx.TransportError as error:
                if attempt == TRIES - 1:
                    raise DemoError(f"{method} {path}: {error}") from error
                continue
            if answer.status_code not in {429, 503}:
                return answer
            time.sleep(0.2 * 2**attempt)
        return answer


class PayrollSystem(Caller):
    """The payroll system: client credentials instead of a person's password."""

    def _log_in(self) -> httpx.Response:
        form = {"grant_type": "client_credentials", "client_id": self.login, "client_secret": self._password}
        return self._try("POST", "/auth/token", data=form)


class Phone(Caller):
    """A manager's phone: what it holds by work order id, and the cursor of its last pull."""

    def __init__(self, client: httpx.Client, login: str, password: str) -> None:
        super().__init__(client, login, password)
        self.orders: dict[int, dict[str, Any]] = {}
        self.cursor: str | None = None

    def pull(self) -> None:
        """Take in what changed; DemoError where the server then thinks that the phone holds something else."""
        more = True
        while more:
            asked = {"cursor": self.cursor, "set_hash": self.set_hash()} if self.cursor else {}
            answer = self.ask("GET", "/mobile/v1/work-orders", params=asked)
            self._take(answer)
            more = answer["more"]
        if answer["set_hash"] not in {None, self.set_hash()}:
            raise DemoError(f"the phone of {self.login} holds another set than the server says")

    def send(self, reports: Sequence[dict[str, Any]]) -> Counter[str]:
        """Report, and count the answers: accepted, duplicate ..."""
        body = {"sent_at": clock.now().isoformat(), "device_id": f"phone of {self.login}", "items": list(reports)}
        answer = self.ask("POST", "/mobile/v1/feedback", expected=207, json=body)
        return Counter(item["status"] for item in answer["items"])

    def set_hash(self) -> str:
        """SHA-256 of what it holds, as the protocol defines it."""
        lines = "".join(f"{number}:{order['version']}\n" for number, order in sorted(self.orders.items()))
        return hashlib.sha256(lines.encode()).hexdigest()

    def _take(self, answer: dict[str, Any]) -> None:
        if answer["full"]:
            self.orders.clear()
        for item in answer["items"]:
            if item.get("gone"):
                self.orders.pop(item["id"], None)
            else:
                self.orders[item["id"]] = item
        self.cursor = answer["cursor"]
