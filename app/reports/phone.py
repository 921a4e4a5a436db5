"""What a manager's phone holds, and what of it changed since its last pull: one statement, its JSON made by PostgreSQL.

A cursor stands for a snapshot: it holds that snapshot's xmin, below which every transaction had ended. A pull gives every
row whose last change was by that transaction or a later one. A change that was under way at the last pull has such a number,
so it is seen when it commits, however late; a cursor made of times or row ids would be past it by then. What committed
above xmin before the pull is sent once more, which does no harm.

Because changes and xmin come from one snapshot, the phone's set after a pull is exactly the set seen in it. Its hash goes to
the phone and into the cursor: a phone that sends another one with that cursor has lost or gained something, and gets all.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

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

PULL = text("""
WITH me AS MATERIALIZED (
    SELECT CAST(nullif(current_setting('gridwork.staff_id', true), '') AS int) AS id
), mine AS MATERIALIZED (
    SELECT id, version, state, state IN ('open', 'in_progress') AS held, changed_xid, campaign_id, product_id, product_family,
        customer_id, rank, scheduled_on, due_on, close_reason
    FROM work_orders
    WHERE staff_id = (SELECT id FROM me)
        AND (state IN ('open', 'in_progress') OR changed_xid >= CAST(:since AS xid8) AND NOT :everything)
), refusing AS MATERIALIZED ( -- asked once for all: looked up for each order it is a tenth of the statement
    SELECT customer_id, scope FROM contact_preferences
    WHERE customer_id = ANY (ARRAY(SELECT customer_id FROM mine WHERE held)) AND status = 'refused'
        AND (until IS NULL OR until >= :today)
), known AS MATERIALIZED (
    SELECT m.*, k.scoring_run_id, c.customer_no, c.name, c.phone, c.address,
        c.latitude, c.longitude, c.segment, c.tags, c.changed_xid AS customer_xid,
        CASE WHEN NOT m.held THEN CASE WHEN m.state = 'planned' THEN 'postponed'
                 WHEN m.state = 'withdrawn' AND m.close_reason = 'do_not_disturb' THEN m.close_reason ELSE m.state END
             WHEN c.id IS NULL THEN 'customer_moved'
             WHEN EXISTS (SELECT FROM refusing p WHERE p.customer_id = m.customer_id
                 AND p.scope IN ('all', k.channel, m.product_family)) THEN 'do_not_disturb' END AS gone
    FROM mine m JOIN campaigns k ON k.id = m.campaign_id
        LEFT JOIN LATERAL (SELECT * FROM customers WHERE id = m.customer_id AND m.held OFFSET 0) c ON true -- each by its key
), page AS MATERIALIZED (
    SELECT * FROM (
        SELECT id, gone, held AND version > 1 AS touched FROM known -- a report changes its order
            WHERE CASE WHEN gone IS NULL THEN changed_xid >= CAST(:since AS xid8) OR customer_xid >= CAST(:since AS xid8)
                ELSE NOT :everything AND NOT (state = 'planned' AND version = 1) END -- never changed: never on a phone
        UNION ALL
        SELECT t.work_order_id, 'reassigned', false FROM work_order_tombstones t
            WHERE t.staff_id = (SELECT id FROM me) AND t.changed_xid >= CAST(:since AS xid8) AND NOT :everything
            AND NOT EXISTS (SELECT FROM mine m WHERE m.id = t.work_order_id) -- what came back has changed since
    ) AS changes
    WHERE id > :after ORDER BY id LIMIT :rows + 1
), reported AS MATERIALIZED (
    SELECT id, work_order_id, corrects_id, outcome, objection, callback_at, reached, note, contacted_at, received_at,
        order_sequence
    FROM contact_feedback
    WHERE staff_id = (SELECT id FROM me) AND work_order_id = ANY (ARRAY(SELECT id FROM page WHERE touched))
), latest AS (
    SELECT DISTINCT ON (work_order_id) * FROM reported
    WHERE id NOT IN (SELECT corrects_id FROM reported WHERE corrects_id IS NOT NULL)
    ORDER BY work_order_id, received_at DESC, order_sequence DESC NULLS LAST, contacted_at DESC, id DESC
), terms AS MATERIALIZED ( -- what all orders of a campaign and product have in common
    SELECT d.campaign_id, d.product_id, d.product_family, concat('","campaign":', to_json(k.name), ',"channel":"', k.channel,
            '","product":{"product_code":', to_json(r.product_code), ',"name":', to_json(r.name),
            ',"family":', to_json(d.product_family), '},"scheduled_on":"') AS head,
        CAST(to_json(coalesce(t.text_zh, k.talk_track)) AS text) AS zh,
        CAST(to_json(coalesce(t.text_en, k.talk_track)) AS text) AS en
    FROM (SELECT DISTINCT campaign_id, product_id, product_family FROM known WHERE gone IS NULL) d
        JOIN campaigns k ON k.id = d.campaign_id JOIN products r ON r.id = d.product_id
        LEFT JOIN talk_tracks t ON t.product_id = d.product_id AND t.feature IS NULL
), shown AS (
    SELECT page.id, CASE WHEN page.gone IS NULL THEN
        '{"id":' || w.id || ',"version":' || w.version || ',"state":"' || w.state || terms.head || w.scheduled_on
        || '","due_on":"' || w.due_on || '","customer":{"customer_no":' || CAST(to_json(w.customer_no) AS text)
        || ',"name":' || coalesce(CAST(to_json(w.name) AS text), 'null')
        || ',"phone":' || coalesce(CAST(to_json(masked_phone(w.phone)) AS text), 'null')
        || ',"address":' || coalesce(CAST(to_json(w.address) AS text), 'null')
        || ',"latitude":' || coalesce(CAST(w.latitude AS text), 'null')
        || ',"longitude":' || coalesce(CAST(w.longitude AS text), 'null')
        || ',"segment":' || coalesce(CAST(to_json(w.segment) AS text), 'null') || ',"tags":' || CAST(to_json(w.tags) AS text)
        || '},"reasons":' || coalesce(CAST(s.reasons AS text), '[]')
        || ',"talk_track":' || coalesce(CAST(to_json(said.line ->> 'zh') AS text), terms.zh)
        || ',"talk_track_en":' || coalesce(CAST(to_json(said.line ->> 'en') AS text), terms.en)
        || ',"last_feedback":' || CASE WHEN f.id IS NULL THEN 'null' ELSE
            '{"id":"' || f.id || '","outcome":' || CAST(to_json(f.outcome) AS text)
            || ',"objection":' || coalesce(CAST(to_json(f.objection) AS text), 'null')
            || ',"callback_at":' || coalesce(CAST(to_json(f.callback_at) AS text), 'null')
            || ',"reached":' || coalesce(CAST(to_json(f.reached) AS text), 'null')
            || ',"note":' || coalesce(CAST(to_json(f.note) AS text), 'null')
            || ',"contacted_at":' || CAST(to_json(f.contacted_at) AS text)
            || ',"received_at":' || CAST(to_json(f.received_at) AS text) || '}' END || '}'
        ELSE '{"id":' || page.id || ',"gone":' || CAST(to_json(true) AS text) || ',"reason":"' || page.gone || '"}' END AS item
    FROM page LEFT JOIN (known w JOIN terms ON terms.campaign_id = w.campaign_id AND terms.product_id = w.product_id
                AND terms.product_family = w.product_family)
            ON page.gone IS NULL AND w.id = page.id
        LEFT JOIN customer_scores s ON s.scoring_run_id = w.scoring_run_id AND s.rank = w.rank AND s.customer_id = w.customer_id
        CROSS JOIN LATERAL (SELECT jsonb_path_query_first(s.reasons, '$[*].talk_track') AS line) said
        FULL JOIN latest f ON f.work_order_id = page.id -- each of them is of the page; FULL, for it is never row by row
    OFFSET 0 -- kept apart: otherwise the JSON is made twice, to be given and to be measured
), fitting AS (
    SELECT id, item FROM (SELECT id, item, row_number() OVER upto AS nth, sum(octet_length(item)) OVER upto AS bytes FROM shown
        WINDOW upto AS (ORDER BY id ROWS UNBOUNDED PRECEDING)) AS s
    WHERE nth = 1 OR nth <= :rows AND bytes <= :bytes
)
SELECT CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS xmin,
    (SELECT encode(sha256(convert_to(coalesce(string_agg(concat(id, ':', version, chr(10)), '' ORDER BY id), ''), 'UTF8')), 'hex')
        FROM known WHERE gone IS NULL) AS set_hash,
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


class Pulled(NamedTuple):
    """What PULL gives. xmin: of its snapshot; last_id: None where there is no item; items: JSON."""

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


def pull_values(position: Position, page_bytes: int, now: datetime) -> dict[str, Any]:
    """The parameters of PULL."""
    return {
        "since": str(position.since),
        "everything": position.since == 0,
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
    cursor = write_cursor(secret, _list_name(account_id), asdict(following))
    return (
        f'{{"full":{_json(position.since == 0 and position.after == 0)},"more":{_json(not complete)},"set_hash":{told},'
        f'"cursor":"{cursor}","items":{row.items}}}'
    ).encode()


def _list_name(account_id: int) -> str:
    return f"work-orders/{account_id}"


def _pull(session: Session, position: Position, page_bytes: int, now: datetime) -> Pulled:
    return Pulled(*session.execute(PULL, pull_values(position, page_bytes, now)).one())


def _next(position: Position, row: Pulled, start: Position) -> Position:
    """A page that is not the last leads to the next one; after the last a new sweep gives what changed since the first began."""
    base = position.base or int(row.xmin)
    if row.more:
        return replace(start, since=position.since, after=row.last_id or 0, base=base)
    return replace(start, since=base, set_hash=row.set_hash if position.after == 0 else "")


def _json(value: bool) -> str:
    return "true" if value else "false"
