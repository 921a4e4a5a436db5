"""What a manager's phone holds, and what of it changed since its last pull: one statement (phone_sql.py).

A cursor stands for a snapshot: it holds that snapshot's xmin, below which every transaction had ended. A pull gives every
row whose last change was by that transaction or a later one. A change that was under way at the last pull has such a number,
so it is seen when it commits, however late; a cursor made of times or row ids would be past it by then. What committed
above xmin before the pull is sent once more, which does no harm.

Because changes and xmin come from one snapshot, the phone's set after a pull is exactly the set seen in it. Its hash goes to
the phone and into the cursor: a phone that sends another one with that cursor has lost or gained something, and gets all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import TextClause
from sqlalchemy.orm import Session

from app.core.clock import local_date
from app.core.errors import Gone
from app.core.paging import read_cursor, write_cursor
from app.core.security import Principal
from app.dispatch.seeing import note_pull
from app.reports.phone_sql import CHANGES, WHOLE

PAGE_ROWS = 500
PAGE_BYTES = 256_000
CURSOR_LIFE = timedelta(days=30)


class CursorTooOld(Gone):
    """This cursor is older than 30 days: pull everything, without a cursor."""

    code = "cursor.too_old"


@dataclass(frozen=True)
class Position:
    """Where a phone stands.

    since: transaction id from which changes are wanted, 0 for everything; after: last id of the page before, 0 between
    sweeps; base: where the next sweep begins, if one is under way; set_hash: of what the phone holds, between sweeps;
    issued: epoch seconds; grids: the manager's then.
    """

    since: int
    after: int
    base: int
    set_hash: str
    issued: int
    grids: str


class Pulled(NamedTuple):
    """What either statement gives. xmin: of its snapshot; last_id: None where there is no item; items: JSON, without brackets."""

    xmin: str
    set_hash: str
    more: bool
    last_id: int | None
    items: str


def pull_work_orders(
    session: Session,
    *,
    principal: Principal,
    secret: str,
    cursor: str | None,
    set_hash: str | None,
    now: datetime,
    page_bytes: int = PAGE_BYTES,
) -> bytes:
    """JSON of what changed for this manager's phone since `cursor`, or of everything where the phone's set is not ours.

    `set_hash`: SHA-256, hex, of the lines `id:version` and line feed of the orders the phone holds, by id. A page
    ends before the item that would take it beyond PAGE_ROWS items or `page_bytes` of JSON, but has one at least. Raises
    WrongCursor for a cursor that is not of this account, CursorTooOld.
    """
    start = beginning(principal.grid_ids, now)
    position = start if cursor is None else resume(read_position(secret, principal.account_id, cursor), start, set_hash, now)
    row = _pull(session, position, page_bytes, now)
    if position.since > int(row.xmin):  # a cursor from before the database was restored
        position = start
        row = _pull(session, position, page_bytes, now)
    if principal.staff_id is not None:
        note_pull(session, staff_id=principal.staff_id, now=now)
    return answer(row, position=position, start=start, secret=secret, account_id=principal.account_id)


def beginning(grid_ids: Sequence[int], now: datetime) -> Position:
    """Of a phone that holds nothing, with a manager of these grids."""
    return Position(0, 0, 0, "", int(now.timestamp()), ",".join(map(str, grid_ids)))


def read_position(secret: str, account_id: int, cursor: str) -> Position:
    """Where a cursor of this account stands; raises WrongCursor."""
    return Position(**read_cursor(secret, _list_name(account_id), cursor))


def resume(found: Position, start: Position, set_hash: str | None, now: datetime) -> Position:
    """Where to go on: there, or at the start where the phone's set is not what the cursor says. Raises CursorTooOld."""
    if now.timestamp() - found.issued > CURSOR_LIFE.total_seconds():
        raise CursorTooOld
    if found.grids != start.grids:  # a manager who was moved: what may be seen is another set
        return start
    if found.set_hash and set_hash is not None and set_hash != found.set_hash:
        return start
    return found


def pull_statement(position: Position) -> TextClause:
    """What is asked of the database for a phone that stands there."""
    return WHOLE if position.since == 0 else CHANGES


def pull_values(position: Position, page_bytes: int, now: datetime) -> dict[str, Any]:
    """The parameters of that."""
    return {
        "since": str(position.since),
        "after": position.after,
        "rows": PAGE_ROWS,
        "bytes": page_bytes,
        "today": local_date(now),
    }


def answer(row: Pulled, *, position: Position, start: Position, secret: str, account_id: int) -> bytes:
    """What the phone gets."""
    following = _next(position, row, start)
    complete = following.after == 0 and position.after == 0
    told = f'"{row.set_hash}"' if complete else "null"
    cursor = write_cursor(secret, _list_name(account_id), vars(following))
    return (
        f'{{"full":{_json(position.since == 0 and position.after == 0)},"more":{_json(not complete)},"set_hash":{told},'
        f'"cursor":"{cursor}","items":[{row.items}]}}'
    ).encode()


def _list_name(account_id: int) -> str:
    return f"work-orders/{account_id}"


def _pull(session: Session, position: Position, page_bytes: int, now: datetime) -> Pulled:
    return Pulled(*session.execute(pull_statement(position), pull_values(position, page_bytes, now)).one())


def _next(position: Position, row: Pulled, start: Position) -> Position:
    """A page that is not the last leads to the next one; after the last a new sweep gives what changed since the first began."""
    base = position.base or int(row.xmin)
    if row.more:
        return replace(start, since=position.since, after=row.last_id or 0, base=base)
    return replace(start, since=base, set_hash=row.set_hash if position.after == 0 else "")


def _json(value: bool) -> str:
    return "true" if value else "false"
