"""The company's calendar: days on which nobody works, as data."""

import csv
from collections.abc import Iterable
from datetime import date

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.models.organisation import Holiday


def read_holidays(lines: Iterable[str]) -> list[tuple[date, str]]:
    """(day, name) of a CSV file with the header `day,name`. Raises Invalid, which names the line."""
    rows = csv.DictReader(lines)
    if rows.fieldnames is None or {"day", "name"} - set(rows.fieldnames):
        raise Invalid("holidays", "CSV with the columns day and name")
    found: dict[date, str] = {}
    for row in rows:
        try:
            day = date.fromisoformat((row["day"] or "").strip())
        except ValueError as error:
            raise Invalid(f"line {rows.line_num}, day", "a day as YYYY-MM-DD") from error
        found[day] = (row["name"] or "").strip()
        if not found[day] or "\0" in found[day]:
            raise Invalid(f"line {rows.line_num}, name", "the name of the holiday")
    return sorted(found.items())


def load_holidays(session: Session, *, holidays: Iterable[tuple[date, str]]) -> dict[str, int]:
    """Add holidays or rename them; work planned for such a day moves when its morning comes. {holidays}."""
    rows = [{"day": day, "name": name} for day, name in holidays]
    if rows:
        statement = insert(Holiday).values(rows)
        session.execute(statement.on_conflict_do_update(index_elements=["day"], set_={"name": statement.excluded.name}))
    return {"holidays": len(rows)}


def remove_holiday(session: Session, *, day: date) -> dict[str, int]:
    """People work on this day again. Raises Invalid where it is no holiday."""
    found = session.get(Holiday, day)
    if found is None:
        raise Invalid("day", "a day that is a holiday")
    session.delete(found)
    session.flush()  # so that the count of the commit is true
    return {"removed": 1}
