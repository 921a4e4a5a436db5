"""Figures of the past, put where the job that adds them up would put them."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.figures.measures import KEYS


def add_sums(session: Session, *, day: str, grid_id: int, staff_id: int, campaign_id: int, **values: int) -> None:
    """Add these measures of a day (YYYY-MM-DD) to every table of sums."""
    keys: dict[str, Any] = {"day": day, "month": f"{day[:7]}-01", "grid_id": grid_id, "staff_id": staff_id}
    keys["campaign_id"] = campaign_id
    for table, names in KEYS.items():
        columns = {name: keys[name] for name in names} | values
        added = ", ".join(f"{name} = {table}.{name} + EXCLUDED.{name}" for name in values)
        session.execute(
            text(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})"
                f" ON CONFLICT ({', '.join(names)}) DO UPDATE SET {added}"
            ),
            columns,
        )
