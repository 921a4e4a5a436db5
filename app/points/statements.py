"""A line of a statement, as it is stored at the close and shown ever after (pure but for the type of an entry)."""

from typing import Any

from app.models.points import PointsEntry
from app.points.payroll.file_format import points_text


def statement_line(entry: PointsEntry) -> dict[str, Any]:
    """An entry in words and figures, ready for JSON."""
    return {
        "entry_id": entry.id,
        "component": entry.component.value,
        "kind": entry.kind.value,
        "points": points_text(entry.points),
        "refers_to_entry": entry.refers_to_id,
        "cause": entry.cause,
        **entry.explanation,
    }
