"""The pull of a phone in one round trip: who asks, what changed and when the phone was there, sent together."""

from datetime import UTC, datetime, timedelta

from app.access.quick import find_asker
from app.core.errors import AppError
from app.core.hot import Statement, ask, written
from app.core.hot_pool import Connection
from app.dispatch.seeing import APART, NOTE, note_values
from app.reports.phone import PAGE_BYTES, Pulled, answer, beginning, pull_statement, pull_values, read_position, resume
from app.reports.phone_sql import CHANGES, WHOLE

_WRITTEN = {statement: written(statement) for statement in (WHOLE, CHANGES)}
_NOTE = written(NOTE)
_NEVER = datetime.min.replace(tzinfo=UTC)


async def pull_quickly(
    connection: Connection,
    *,
    account_id: int,
    who: Statement,
    secret: str,
    cursor: str | None,
    set_hash: str | None,
    now: datetime,
    noted: dict[int, datetime],
    page_bytes: int = PAGE_BYTES,
) -> bytes | None:
    """What `pull_work_orders` gives to the manager whom `who` finds; None where that has something else to say.

    What the manager may see is known only with the answer, so the cursor is taken to be of the same grids, and is found out.
    `noted`: when this process last noted that the phone of an account was there.
    """
    start = beginning((), now)
    position = start
    if cursor is not None:
        try:
            found = read_position(secret, account_id, cursor)
            start = beginning([int(grid_id) for grid_id in found.grids.split(",") if grid_id], now)
            position = resume(found, start, set_hash, now)
        except AppError:
            return None
    statements = [who, (_WRITTEN[pull_statement(position)], pull_values(position, page_bytes, now))]
    if not timedelta(0) <= now - noted.get(account_id, _NEVER) < APART:
        statements.append((_NOTE, note_values(None, now)))
    asker, pulled, *_ = await ask(connection, statements)
    if len(statements) > 2:
        noted[account_id] = now
    principal, row = find_asker(asker), Pulled(*pulled[0])
    if principal is None or position.since > int(row.xmin):
        return None
    if cursor is None:
        start = position = beginning(principal.grid_ids, now)
    elif start.grids != beginning(principal.grid_ids, now).grids:
        return None
    return answer(row, position=position, start=start, secret=secret, account_id=account_id)
