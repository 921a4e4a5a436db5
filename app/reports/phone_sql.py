"""The two statements of a pull, their JSON made by PostgreSQL: what a phone that holds nothing is to hold, what changed since.

A phone that holds nothing is asked for with less: nothing can have gone from it, and nothing was changed too long ago for it.
"""

from sqlalchemy import text

_ME = """me AS MATERIALIZED (
    SELECT CAST(nullif(current_setting('gridwork.staff_id', true), '') AS int) AS id
)"""

# Asked once for all: looked up for each order it is a tenth of the statement.
_REFUSING = """refusing AS MATERIALIZED (
    SELECT customer_id, scope FROM contact_preferences
    WHERE customer_id = ANY (ARRAY(SELECT customer_id FROM mine WHERE held)) AND status = 'refused'
        AND (until IS NULL OR until >= :today)
)"""

# Of `mine`, with its campaign and its customer: NULL of one who moved away. Each customer is of an order, so FULL is no more than
# LEFT; it is never row by row, which a planner that believes in few orders would do.
_HELD = """m.*, k.scoring_run_id, c.customer_no, c.name, c.phone, c.address, c.latitude, c.longitude, c.segment, c.tags"""
_OF_MINE = """(mine m JOIN campaigns k ON k.id = m.campaign_id)
        FULL JOIN (SELECT * FROM customers WHERE id = ANY (ARRAY(SELECT customer_id FROM mine WHERE held)) OFFSET 0) c
            ON c.id = m.customer_id AND m.held"""
_REFUSED = """EXISTS (SELECT FROM refusing p WHERE p.customer_id = m.customer_id
            AND p.scope IN ('all', k.channel, m.product_family))"""

# No index by manager: one's reports of all years are many, those of these orders few and nearly all one's own.
_LATEST = """reported AS MATERIALIZED (
    SELECT id, work_order_id, corrects_id, outcome, objection, callback_at, reached, note, contacted_at, received_at,
        order_sequence
    FROM contact_feedback
    WHERE (staff_id = (SELECT id FROM me)) IS TRUE AND work_order_id = ANY (ARRAY(SELECT id FROM page WHERE touched))
), latest AS (
    SELECT DISTINCT ON (work_order_id) * FROM reported
    WHERE id NOT IN (SELECT corrects_id FROM reported WHERE corrects_id IS NOT NULL)
    ORDER BY work_order_id, received_at DESC, order_sequence DESC NULLS LAST, contacted_at DESC, id DESC
)"""

# What all orders of a campaign and product have in common.
_TERMS = """terms AS MATERIALIZED (
    SELECT d.campaign_id, d.product_id, d.product_family, concat('","campaign":', to_json(k.name), ',"channel":"', k.channel,
            '","product":{"product_code":', to_json(r.product_code), ',"name":', to_json(r.name),
            ',"family":', to_json(d.product_family), '},"scheduled_on":"') AS head,
        CAST(to_json(coalesce(t.text_zh, k.talk_track)) AS text) AS zh,
        CAST(to_json(coalesce(t.text_en, k.talk_track)) AS text) AS en
    FROM (SELECT DISTINCT campaign_id, product_id, product_family FROM known WHERE gone IS NULL) d
        JOIN campaigns k ON k.id = d.campaign_id JOIN products r ON r.id = d.product_id
        LEFT JOIN talk_tracks t ON t.product_id = d.product_id AND t.feature IS NULL
)"""
_OF_TERMS = "terms.campaign_id = w.campaign_id AND terms.product_id = w.product_id AND terms.product_family = w.product_family"

_ITEM = """'{"id":' || w.id || ',"version":' || w.version || ',"state":"' || w.state || terms.head || w.scheduled_on
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
            '{"id":"' || f.id || '","outcome":"' || f.outcome
            || '","objection":' || coalesce(CAST(to_json(f.objection) AS text), 'null')
            || ',"callback_at":' || coalesce(CAST(to_json(f.callback_at) AS text), 'null')
            || ',"reached":' || coalesce(CAST(f.reached AS text), 'null')
            || ',"note":' || coalesce(CAST(to_json(f.note) AS text), 'null')
            || ',"contacted_at":' || CAST(to_json(f.contacted_at) AS text)
            || ',"received_at":' || CAST(to_json(f.received_at) AS text) || '}' END || '}'"""
_SAID = """\
LEFT JOIN customer_scores s ON s.scoring_run_id = w.scoring_run_id AND s.rank = w.rank AND s.customer_id = w.customer_id
        CROSS JOIN LATERAL (SELECT jsonb_path_query_first(s.reasons, '$[*].talk_track') AS line) said"""

_ANSWER = """fitting AS (
    SELECT id, item FROM (SELECT id, item, row_number() OVER upto AS nth, sum(octet_length(item)) OVER upto AS bytes FROM shown
        WINDOW upto AS (ORDER BY id ROWS UNBOUNDED PRECEDING)) AS s
    WHERE nth = 1 OR nth <= :rows AND bytes <= :bytes
)
SELECT CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS xmin,
    (SELECT encode(sha256(convert_to(coalesce(string_agg(id || ':' || version || chr(10), '' ORDER BY id), ''), 'UTF8')), 'hex')
        FROM known WHERE gone IS NULL) AS set_hash,
    count(*) < (SELECT count(*) FROM page) AS more, max(id) AS last_id, coalesce(string_agg(item, ',' ORDER BY id), '') AS items
FROM fitting"""

# In both: what is kept apart by OFFSET 0 is made once, else twice, to be given and to be measured. Each last report is of the
# page: FULL is no more than LEFT again.
WHOLE = text(f"""
WITH {_ME}, mine AS MATERIALIZED (
    SELECT id, version, state, true AS held, campaign_id, product_id, product_family, customer_id, rank, scheduled_on, due_on
    FROM work_orders WHERE staff_id = (SELECT id FROM me) AND state IN ('open', 'in_progress')
), {_REFUSING}, known AS MATERIALIZED (
    SELECT {_HELD}, CASE WHEN c.id IS NULL OR {_REFUSED} THEN 'gone' END AS gone
    FROM {_OF_MINE}
), page AS MATERIALIZED (
    SELECT *, version > 1 AS touched FROM known -- a report changes its order
    WHERE gone IS NULL AND id > :after ORDER BY id LIMIT :rows + 1
), {_LATEST}, {_TERMS}, shown AS (
    SELECT w.id, {_ITEM} AS item
    FROM page w JOIN terms ON {_OF_TERMS}
        {_SAID}
        FULL JOIN latest f ON f.work_order_id = w.id
    OFFSET 0
), {_ANSWER}
""")  # noqa: S608 - our own words

CHANGES = text(f"""
WITH {_ME}, mine AS MATERIALIZED (
    SELECT id, version, state, state IN ('open', 'in_progress') AS held, changed_xid, campaign_id, product_id, product_family,
        customer_id, rank, scheduled_on, due_on, close_reason
    FROM work_orders
    WHERE staff_id = (SELECT id FROM me) AND (state IN ('open', 'in_progress') OR changed_xid >= CAST(:since AS xid8))
), {_REFUSING}, known AS MATERIALIZED (
    SELECT {_HELD}, c.changed_xid AS customer_xid,
        CASE WHEN NOT m.held THEN CASE WHEN m.state = 'planned' THEN 'postponed'
                 WHEN m.state = 'withdrawn' AND m.close_reason = 'do_not_disturb' THEN m.close_reason ELSE m.state END
             WHEN c.id IS NULL THEN 'customer_moved'
             WHEN {_REFUSED} THEN 'do_not_disturb' END AS gone
    FROM {_OF_MINE}
), page AS MATERIALIZED (
    SELECT * FROM (
        SELECT id, gone, held AND version > 1 AS touched FROM known -- a report changes its order
            WHERE CASE WHEN gone IS NULL THEN changed_xid >= CAST(:since AS xid8) OR customer_xid >= CAST(:since AS xid8)
                ELSE NOT (state = 'planned' AND version = 1) END -- never changed: never on a phone
        UNION ALL
        SELECT t.work_order_id, 'reassigned', false FROM work_order_tombstones t
            WHERE t.staff_id = (SELECT id FROM me) AND t.changed_xid >= CAST(:since AS xid8)
            AND NOT EXISTS (SELECT FROM mine m WHERE m.id = t.work_order_id) -- what came back has changed since
    ) AS changes
    WHERE id > :after ORDER BY id LIMIT :rows + 1
), {_LATEST}, {_TERMS}, shown AS (
    SELECT page.id, CASE WHEN page.gone IS NULL THEN
        {_ITEM}
        ELSE '{{"id":' || page.id || ',"gone":' || CAST(to_json(true) AS text) || ',"reason":"' || page.gone || '"}}' END AS item
    FROM page LEFT JOIN (known w JOIN terms ON {_OF_TERMS}) ON page.gone IS NULL AND w.id = page.id
        {_SAID}
        FULL JOIN latest f ON f.work_order_id = page.id
    OFFSET 0
), {_ANSWER}
""")  # noqa: S608 - our own words
