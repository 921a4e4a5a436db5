"""Who looked at the history of people: kept before it is shown."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.security import Principal
from app.models.access import PersonnelLook


def note_look(
    session: Session, *, principal: Principal, staff_id: int | None = None, unit_id: int | None = None, now: datetime
) -> None:
    """Keep that this person looks at somebody's history, or at a unit's people side by side."""
    seen = {"account_id": principal.account_id, "staff_id": staff_id, "unit_id": unit_id, "looked_at": now}
    session.execute(insert(PersonnelLook).inline().values(seen))  # whoever is kept may not read the record
