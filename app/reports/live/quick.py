"""What an open live page asks again and again, in one round trip: who asks, which grids are theirs, and what is so in them.

Statements are the same as of the ordinary way, but for the grids, which the first of them makes known to the database.
"""

from datetime import datetime

from app.access.quick import find_asker
from app.core.hot import Statement, ask, written
from app.core.hot_pool import Connection
from app.reports.live.grids import MOST_GRIDS, Grid
from app.reports.live.stuck import MOST_ROWS, STUCK, StuckRow
from app.reports.live.today import Today, put_together
from app.reports.live.today_queries import MANAGERS, WAITING, ManagerToday, WaitingRow, manager_values, waiting_values

_SCOPE = "CAST(coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}') AS int[])"
_ONE = "(CAST(%(code)s AS text) IS NULL OR code = %(code)s)"
_GRIDS = f"SELECT id, code, name, {_ONE} FROM units WHERE id = ANY ({_SCOPE}) AND kind = 'grid' ORDER BY code"  # noqa: S608 - our own words
_SHOWN = f"(SELECT ARRAY(SELECT id FROM units WHERE id = ANY ({_SCOPE}) AND kind = 'grid' AND {_ONE}))::int[]"  # noqa: S608 - our own words
_ME = "CAST(nullif(current_setting('gridwork.staff_id', true), '') AS int)"
_ASKER = {
    "staff": _ME,
    "unit": f"(SELECT unit_id FROM staff WHERE id = {_ME})",  # noqa: S608 - our own words
    "role": f"(SELECT role FROM staff WHERE id = {_ME})",  # noqa: S608 - our own words
}


def _of_asker(statement: str) -> str:
    for name, found in _ASKER.items():
        statement = statement.replace(f"%({name})s", found)
    return statement.replace("%(grids)s", _SHOWN)


_MANAGERS, _WAITING, _STUCK = (_of_asker(written(one)) for one in (MANAGERS, WAITING, STUCK))


async def today_quickly(connection: Connection, who: Statement, *, grid_code: str | None, now: datetime) -> Today | None:
    """What `today_of` gives to the leader whom `who` finds; None where that has something else to say."""
    code = {"code": grid_code}
    managers = (_MANAGERS, manager_values((), now) | code)
    waiting = (_WAITING, waiting_values((), now) | code)
    asker, found, people, waits = await ask(connection, [who, (_GRIDS, code), managers, waiting])
    shown = [Grid(*row[:3]) for row in found if row[3]]
    if find_asker(asker) is None or not 0 < len(shown) <= MOST_GRIDS:
        return None
    grids = [Grid(*row[:3]) for row in found]
    return put_together(grids, shown, [ManagerToday(*row) for row in people], WaitingRow(*waits[0]), now)


async def stuck_quickly(connection: Connection, who: Statement) -> list[StuckRow] | None:
    """What `stuck_work` gives to the leader whom `who` finds; None where there is none."""
    asker, rows = await ask(connection, [who, (_STUCK, {"most": MOST_ROWS, "code": None})])
    return None if find_asker(asker) is None else [StuckRow(*row) for row in rows]
