"""What a manager's phone holds, and what of it changed since its last pull: one statement, its JSON made by PostgreSQL.

A cursor stands for a snapshot: it holds that snapshot's xmin, below which every transaction had ended. A pull gives every
row whose last change was by that transaction or a later one. A change that was under way at the last pull has such a number,
so it is seen when it commits, however late; a cursor made of times or row ids would be past it by then. What committed
above xmin before the pull is sent once more, which does no harm.

Because changes and xmin come from one snapshot, the phone's set after a pull is exactly the set seen in it. Its hash goes to
the phone and into the cursor: a phone that sends another one with that cursor has lost or gained something, and gets all.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.clock import local_date
from app.core.errors import Gone
from app.core.paging import read_cursor, write_cursor
from app.core.security import Principal
from app.dispatch.seeing import note_pull

PAGE_ROWS = 500
PAGE_BYTES = 256_000
CURSOR_LIFE = timedelta(days=30)

_PULL = text("""
WITH held AS MATERIALIZED (
    SELECT w.id, w.version, w.changed_xid, c.changed_xid AS customer_xid,
        CASE WHEN c.id IS NULL THEN 'customer_moved'
             WHEN EXISTS (SELECT FROM contact_preferences p
                 WHERE p.customer_id = w.customer_id AND p.status = 'refused' AND (p.until IS NULL OR p.until >= :today)
                 AND p.scope IN ('all', k.channel, w.product_family)) THEN 'do_not_disturb' END AS hidden
    FROM work_orders w JOIN campaigns k ON k.id = w.campaign_id LEFT JOIN customers c ON c.id = w.customer_id
    WHERE w.staff_id = :staff_id AND w.state IN ('open', 'in_progress')
), page AS (
    SELECT id, gone FROM (
        SELECT id, NULL AS gone FROM held
            WHERE hidden IS NULL AND (changed_xid >= CAST(:since AS xid8) OR customer_xid >= CAST(:since AS xid8))
        UNION ALL
        SELECT id, hidden FROM held WHERE hidden IS NOT NULL AND NOT :everything
        UNION ALL
        SELECT id, CASE state WHEN 'planned' THEN 'postponed' ELSE state END FROM work_orders
            WHERE staff_id = :staff_id AND state NOT IN ('open', 'in_progress') AND changed_xid >= CAST(:since AS xid8)
            AND NOT :everything AND NOT (state = 'planned' AND version = 1) -- never changed: never on a phone
        UNION ALL
        SELECT t.work_order_id, 'reassigned' FROM work_order_tombstones t
            WHERE t.staff_id = :staff_id AND t.changed_xid >= CAST(:since AS xid8) AND NOT :everything
            AND NOT EXISTS (SELECT FROM work_orders w WHERE w.id = t.work_order_id AND w.staff_id = :staff_id)
    ) AS changes
    WHERE id > :after ORDER BY id LIMIT :rows + 1
), shown AS (
    SELECT page.id, CAST(json_build_object(
        'id', w.id, 'version', w.version, 'state', w.state, 'campaign', k.name, 'channel', k.channel,
        'product', json_build_object('product_code', r.product_code, 'name', r.name),
        'scheduled_on', w.scheduled_on, 'due_on', w.due_on,
        'customer', json_build_object('customer_no', c.customer_no, 'name', c.name, 'phone', masked_phone(c.phone),
            'address', c.address, 'latitude', c.latitude, 'longitude', c.longitude, 'segment', c.segment, 'tags', c.tags),
        'reasons', coalesce(s.reasons, '[]'),
        'talk_track', coalesce(said.line ->> 'zh', t.text_zh, k.talk_track),
        'talk_track_en', coalesce(said.line ->> 'en', t.text_en, k.talk_track), 'last_feedback', f.last) AS text) AS item
    FROM page JOIN work_orders w ON w.id = page.id JOIN campaigns k ON k.id = w.campaign_id
        JOIN products r ON r.id = w.product_id JOIN customers c ON c.id = w.customer_id
        LEFT JOIN customer_scores s ON s.scoring_run_id = k.scoring_run_id AND s.rank = w.rank AND s.customer_id = w.customer_id
        CROSS JOIN LATERAL (SELECT jsonb_path_query_first(s.reasons, '$[*].talk_track') AS line) said
        LEFT JOIN talk_tracks t ON t.product_id = w.product_id AND t.feature IS NULL
        LEFT JOIN LATERAL (
            SELECT json_build_object('id', b.id, 'outcome', b.outcome, 'objection', b.objection, 'callback_at', b.callback_at,
                'reached', b.reached, 'note', b.note, 'contacted_at', b.contacted_at, 'received_at', b.received_at) AS last
            FROM contact_feedback b
            WHERE b.work_order_id = w.id AND b.staff_id = :staff_id
                AND NOT EXISTS (SELECT FROM contact_feedback x WHERE x.corrects_id = b.id)
            ORDER BY b.received_at DESC, b.order_sequence DESC NULLS LAST, b.contacted_at DESC, b.id DESC LIMIT 1
        ) f ON true
    WHERE page.gone IS NULL
    UNION ALL
    SELECT id, CAST(json_build_object('id', id, 'gone', true, 'reason', gone) AS text) FROM page WHERE gone IS NOT NULL
), fitting AS (
    SELECT id, item FROM (SELECT id, item, row_number() OVER upto AS nth, sum(octet_length(item)) OVER upto AS bytes FROM shown
        WINDOW upto AS (ORDER BY id)) AS s
    WHERE nth = 1 OR nth <= :rows AND bytes <= :bytes
)
SELECT CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS xmin,
    (SELECT encode(sha256(convert_to(coalesce(string_agg(concat(id, ':', version, chr(10)), '' ORDER BY id), ''), 'UTF8')), 'hex')
        FROM held WHERE hidden IS NULL) AS set_hash,
    count(*) < (SELECT count(*) FROM page) AS more, max(id) AS last_id,
    '[' || coalesce(string_agg(item, ',' ORDER BY id), '') || ']' AS items
FROM fitting
""")


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


def pull_work_orders(
    session: Session,
    *,
    principal: Principal,
    secret: str,
    cursor: str | None,
    set_hash: str | None,
    now: datetime,
    page_rows: int = PAGE_ROWS,
    page_bytes: int = PAGE_BYTES,
) -> bytes:
    """JSON of what changed for this manager's phone since `cursor`, or of everything where the phone's set is not ours.

    `set_hash`: SHA-256, hex, of the lines `id:version` and line feed of the orders the phone holds, by id. A page
    ends before the item that would take it beyond `page_rows` items or `page_bytes` of JSON, but has one at least. Raises
    WrongCursor for a cursor that is not of this account, CursorTooOld.
    """
    list_name = f"work-orders/{principal.account_id}"
    start = Position(0, 0, 0, "", int(now.timestamp()), ",".join(map(str, principal.grid_ids)))
    position = start if cursor is None else _resume(Position(**read_cursor(secret, list_name, cursor)), start, set_hash, now)
    row = _pull(session, principal, position, (page_rows, page_bytes), now)
    if position.since > int(row.xmin):  # a cursor from before the database was restored
        position = start
        row = _pull(session, principal, position, (page_rows, page_bytes), now)
    if principal.staff_id is not None:
        note_pull(session, staff_id=principal.staff_id, now=now)
    following = _next(position, row, start)
    complete = following.after == 0 and position.after == 0
    told = f'"{row.set_hash}"' if complete else "null"
    return (
        f'{{"full":{_json(position.since == 0 and position.after == 0)},"more":{_json(not complete)},"set_hash":{told},'
        f'"cursor":"{write_cursor(secret, list_name, asdict(following))}","items":{row.items}}}'
    ).encode()


def _resume(found: Position, start: Position, set_hash: str | None, now: datetime) -> Position:
    if now.timestamp() - found.issued > CURSOR_LIFE.total_seconds():
        raise CursorTooOld
    if found.grids != start.grids:  # a manager who was moved: what may be seen is another set
        return start
    if found.set_hash and set_hash is not None and set_hash != found.set_hash:
        return start
    return found


def _pull(session: Session, principal: Principal, position: Position, page: tuple[int, int], now: datetime) -> Any:
    values = {
        "staff_id": principal.staff_id,
        "since": str(position.since),
        "everything": position.since == 0,
        "after": position.after,
        "rows": page[0],
        "bytes": page[1],
        "today": local_date(now),
    }
    return session.execute(_PULL, values).one()


def _next(position: Position, row: Any, start: Position) -> Position:
    """A full page leads to its next one; after the last one a new sweep gives what changed since the first began."""
    base = position.base or int(row.xmin)
    if row.more:
        return replace(start, since=position.since, after=row.last_id, base=base)
    return replace(start, since=base, set_hash=row.set_hash if position.after == 0 else "")


def _json(value: bool) -> str:
    return "true" if value else "false"
