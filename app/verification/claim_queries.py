"""The current reports of months at once, by what their verdict depends on: most of them stand as they were judged before."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.clock import Month
from app.verification.matching import CALL_TOLERANCE, SALE_GRACE, SHORTEST_CONVERSATION_SECONDS

_TABLE = (
    "CREATE TEMP TABLE IF NOT EXISTS claim_keys (feedback_id uuid, key text) ON COMMIT DROP",
    "TRUNCATE claim_keys",
)
# The planner takes the sub-queries of row level security, which nobody of the company's scope runs, for dear, and would look up
# each of half a million rows by itself.
_WHOLE, _AS_BEFORE = "SET LOCAL enable_nestloop = off", "SET LOCAL enable_nestloop TO DEFAULT"
# The same joins as queries.claims_with_traces, but of a trace only whether it is there; a test holds the two together.
_TAKE_DOWN = text("""
INSERT INTO claim_keys
WITH told AS MATERIALIZED (
    SELECT f.id, f.staff_id, f.customer_id, f.work_order_id, f.channel = 'call' AS by_call, f.outcome = ANY (:spoken) AS spoke,
        f.outcome = ANY (:sales) AS sale, f.clock_doubtful, f.contacted_at,
        CASE WHEN f.clock_doubtful THEN f.received_at ELSE f.contacted_at END + CAST(:grace AS interval) AS deadline
    FROM contact_feedback f LEFT JOIN contact_feedback c ON c.corrects_id = f.id
    WHERE f.month >= :month AND f.received_at >= :since AND c.id IS NULL
), called AS (
    SELECT t.id, least(max(c.duration_seconds), :shortest) AS seconds
    FROM told t JOIN calls c ON c.staff_id = t.staff_id AND c.customer_id = t.customer_id
        AND c.started_at BETWEEN t.contacted_at - CAST(:near AS interval) AND t.contacted_at + CAST(:near AS interval)
    WHERE t.by_call AND c.started_at >= (SELECT min(contacted_at) FROM told) - CAST(:near AS interval)
    GROUP BY t.id
), claimed AS MATERIALIZED (
    SELECT t.id, t.customer_id, t.deadline, w.dispatched_at, w.product_family
    FROM told t JOIN work_orders w ON w.id = t.work_order_id WHERE t.sale
), sold AS (
    SELECT DISTINCT t.id FROM claimed t JOIN orders o ON o.customer_id = t.customer_id
        AND o.ordered_at BETWEEN t.dispatched_at AND t.deadline
    JOIN products p ON p.id = o.product_id AND p.family = t.product_family
), standing AS (
    SELECT DISTINCT ON (v.feedback_id) v.feedback_id, v.kind <> 'automatic' AS by_person, v.verdict, v.rule,
        v.judging_probability = 1 AS certain
    FROM verifications v JOIN told t ON t.id = v.feedback_id ORDER BY v.feedback_id, v.number DESC
)
SELECT t.id, CAST(json_build_array(t.by_call, t.by_call AND t.spoke, t.sale, t.clock_doubtful,
    CAST((t.contacted_at - CAST(:near AS interval)) AT TIME ZONE :zone AS date),
    CAST((t.contacted_at + CAST(:near AS interval)) AT TIME ZONE :zone AS date),
    CAST(c.dispatched_at AT TIME ZONE :zone AS date), CAST(c.deadline AT TIME ZONE :zone AS date),
    called.seconds, sold.id IS NOT NULL, s.by_person, s.verdict, s.rule, s.certain) AS text)
FROM told t LEFT JOIN called ON called.id = t.id LEFT JOIN claimed c ON c.id = t.id LEFT JOIN sold ON sold.id = t.id
    LEFT JOIN standing s ON s.feedback_id = t.id
""")
_GROUPS = text("SELECT key, count(*) AS claims FROM claim_keys GROUP BY key ORDER BY key")
_CLAIMS = text("SELECT feedback_id FROM claim_keys WHERE key = ANY (:keys) ORDER BY feedback_id")


def take_down_claims(
    session: Session, *, since: datetime, spoken: Collection[str], sales: Collection[str]
) -> Sequence[Row[str, int]]:
    """Keep, until the end of the transaction, what the verdict of each current report received since an instant depends on.

    Gives (key, claims) of each combination that there is. A key is a JSON array: by call, spoke, sale, clock in doubt, first and
    last day of the call, first and last day of the order (null where no sale is claimed), seconds of the longest call (at most
    those that matter; null: no call), whether there is an order; of the standing verdict (null: there is none) whether it is a
    person's, the verdict, its rule, and whether it would have been judged for certain.
    """
    for statement in _TABLE:
        session.execute(text(statement))
    values = {"month": Month.of(since).first_day, "since": since, "spoken": list(spoken), "sales": list(sales)}
    values |= {"near": CALL_TOLERANCE, "grace": SALE_GRACE, "shortest": SHORTEST_CONVERSATION_SECONDS, "zone": clock.zone().key}
    session.execute(text(_WHOLE))
    session.execute(_TAKE_DOWN, values)
    session.execute(text(_AS_BEFORE))
    return session.execute(_GROUPS).all()


def claims_of_keys(session: Session, keys: Collection[str]) -> list[UUID]:
    """The reports that were taken down with one of these keys."""
    return list(session.scalars(_CLAIMS, {"keys": list(keys)}))
