"""The played days, one file a day, written before the first report of the day is sent.

So a demo that was stopped in the middle of a day sends the same reports again, which the server knows already.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path

from demo.contacts import Contact
from demo.memory import write_json


class Journal:
    """The contacts of every day that was begun."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._days: dict[date, list[Contact]] = {}
        for path in sorted(folder.glob("*.json")):
            content = json.loads(path.read_text(encoding="utf-8"))
            self._days[date.fromisoformat(path.stem)] = [Contact(**one) for one in content]

    def begin(self, day: date, plan: Callable[[], list[Contact]]) -> list[Contact]:
        """The contacts of a day: as they are written, else by planning and writing them now."""
        if day not in self._days:
            contacts = plan()
            write_json(self.folder / f"{day}.json", [one.as_json() for one in contacts])
            self._days[day] = contacts
        return self._days[day]

    def of_day(self, day: date) -> list[Contact]:
        """The contacts of a day; none where it was not begun."""
        return self._days.get(day, [])

    def before(self, day: date) -> dict[str, list[Contact]]:
        """The contacts before a day, by customer, in order of time."""
        found: defaultdict[str, list[Contact]] = defaultdict(list)
        for contact in self.contacts():
            if contact.day < day.isoformat():
                found[contact.customer_no].append(contact)
        return found

    def contacts(self) -> list[Contact]:
        """All, in order of the days."""
        return [one for day in sorted(self._days) for one in self._days[day]]
