"""Writing what the lines of points were made from, in bulk."""

import json
from collections.abc import Iterable
from decimal import Decimal
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

BATCH = 50_000  # rows sent at once; bounds the memory

_INSERT = text(
    """
    INSERT INTO points_evidence
        (entry_id, grid_id, staff_id, work_order_id, feedback_id, verification_id, order_id, counted, weight, score)
    SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS v (entry_id bigint, grid_id int, staff_id int, work_order_id bigint,
        feedback_id uuid, verification_id bigint, order_id bigint, counted text, weight numeric, score numeric)
    """
)


class EvidenceRow(NamedTuple):
    """One work order or feedback and how it counted in an entry; `score` is what a work order promised."""

    entry_id: int
    grid_id: int
    staff_id: int
    work_order_id: int
    feedback_id: UUID | None
    verification_id: int | None
    order_id: int | None
    counted: str
    weight: Decimal
    score: Decimal | None = None


def insert_evidence(session: Session, rows: Iterable[EvidenceRow]) -> None:
    """Add rows of evidence; the database refuses those of a closed month."""
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        session.execute(_INSERT, {"rows": json.dumps([row._asdict() for row in batch], default=str)})
