"""The mail of a day: what is open for a grid or branch manager, once, outside quiet hours."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Invalid
from app.models.notice import Digest, MailAddress
from app.notices import digest_queries
from app.notices.inbox_queries import open_notices_of
from app.notices.kinds import DIGEST
from app.notices.mailing import is_address
from app.notices.outbox import put_mail
from app.notices.quiet import QuietHours
from app.notices.words import digest_of


def make_digests(session: Session, *, quiet: QuietHours, now: datetime) -> dict[str, int]:
    """Write today's mail to every grid and branch manager who has an address and something open; again: no second one.

    It leaves by the outbox when quiet hours are over. Returns {digests, nothing_open}.
    """
    day, made, nothing = clock.local_date(now), 0, 0
    for person in digest_queries.people_with_mail(session, today=day):
        notices = open_notices_of(session, person.role, person.unit_id, person.staff_id)
        if not notices:
            nothing += 1
            continue
        subject, body = digest_of(day, person.unit_name, [(notice.text_zh, notice.text_en) for notice in notices])
        values = {"staff_id": person.staff_id, "day": day, "subject": subject, "body": body, "made_at": now}
        digest_id = session.scalar(insert(Digest).values(values).on_conflict_do_nothing().returning(Digest.id))
        if digest_id is not None:
            put_mail(session, kind=DIGEST, digest_id=digest_id, not_before=quiet.over(now), now=now)
            made += 1
    return {"digests": made, "nothing_open": nothing}


def set_mail_address(session: Session, *, staff_no: str, address: str | None, now: datetime) -> None:
    """Where a person gets the digest from now on; None: nowhere. Raises Invalid."""
    staff_id = digest_queries.find_staff_id(session, staff_no)
    if staff_id is None:
        raise Invalid("staff_no", "the number of a person")
    if address is None:
        session.execute(delete(MailAddress).where(MailAddress.staff_id == staff_id))
        return
    if not is_address(address):
        raise Invalid("address", "one mail address such as name@example.com")
    changed = {"address": address, "set_at": now}
    statement = insert(MailAddress).values(staff_id=staff_id, **changed)
    session.execute(statement.on_conflict_do_update(index_elements=["staff_id"], set_=changed))
