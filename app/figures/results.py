"""How the work orders of each campaign stand, and what was reported on them last: counted anew with its figures."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.core.db import count_changed

# A report counts once its work order has left the manager's list; of several the last.
_RECOUNT = """
WITH found AS MATERIALIZED (
    SELECT w.grid_id, w.state, coalesce(f.outcome, '') AS outcome, count(*) AS orders
    FROM work_orders w LEFT JOIN (
        SELECT DISTINCT ON (f.work_order_id) f.work_order_id, f.outcome
        FROM work_orders w JOIN contact_feedback f ON f.work_order_id = w.id
        WHERE w.campaign_id = :campaign AND (:everywhere OR w.grid_id = ANY (:grids)) AND w.state NOT IN ('planned', 'open')
        ORDER BY f.work_order_id, f.received_at DESC, f.id
    ) f ON f.work_order_id = w.id
    WHERE w.campaign_id = :campaign AND (:everywhere OR w.grid_id = ANY (:grids)) GROUP BY 1, 2, 3
), gone AS (
    DELETE FROM campaign_result_figures r
    WHERE r.campaign_id = :campaign AND (:everywhere OR r.grid_id = ANY (:grids)) AND NOT EXISTS (
        SELECT FROM found f WHERE (f.grid_id, f.state, f.outcome) = (r.grid_id, r.state, r.outcome))
)
INSERT INTO campaign_result_figures AS r (campaign_id, grid_id, state, outcome, orders)
SELECT :campaign, grid_id, state, outcome, orders FROM found
ON CONFLICT (campaign_id, grid_id, state, outcome) DO UPDATE SET orders = excluded.orders WHERE r.orders <> excluded.orders
"""


def recount_results(session: Session, campaign_id: int, grid_ids: Sequence[int] | None) -> int:
    """Count a campaign in these grids (None: in all of them) and keep what differs; how many rows that are there now did."""
    values = {"campaign": campaign_id, "everywhere": grid_ids is None, "grids": list(grid_ids or ())}
    return count_changed(session, _RECOUNT, values)
