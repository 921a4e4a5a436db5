"""Which campaigns and grids have changed since their figures were added up."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

# A mark that names no campaign is turned into marks that do. Each statement sees at least what the one before saw, so what was
# committed between them keeps its own mark.
_TURN = """
WITH taken AS (
    DELETE FROM figure_marks WHERE id IN (SELECT id FROM figure_marks WHERE campaign_id IS NULL ORDER BY id LIMIT :most)
    RETURNING work_order_id, feedback_id, customer_id, product_id, ordered_at, changed_at
), found AS (
    SELECT w.campaign_id, w.grid_id, t.changed_at FROM taken t JOIN work_orders w ON w.id = t.work_order_id
    UNION ALL
    SELECT w.campaign_id, w.grid_id, t.changed_at FROM taken t JOIN contact_feedback f ON f.id = t.feedback_id
    JOIN work_orders w ON w.id = f.work_order_id
    UNION ALL
    SELECT w.campaign_id, w.grid_id, t.changed_at FROM taken t JOIN products p ON p.id = t.product_id
    JOIN campaigns c ON c.product_family = p.family AND t.ordered_at < CAST(c.ends_on + c.attribution_days + 2 AS timestamptz)
    JOIN work_orders w ON w.campaign_id = c.id AND w.customer_id = t.customer_id AND w.dispatched_at <= t.ordered_at
    WHERE t.customer_id IS NOT NULL
    UNION ALL
    SELECT c.id, NULL, t.changed_at FROM taken t JOIN campaigns c ON c.product_id = t.product_id WHERE t.customer_id IS NULL
    UNION ALL
    SELECT c.id, NULL, t.changed_at FROM taken t CROSS JOIN campaigns c
    WHERE num_nonnulls(t.work_order_id, t.feedback_id, t.customer_id, t.product_id) = 0
), put AS (
    INSERT INTO figure_marks (campaign_id, grid_id, changed_at)
    SELECT campaign_id, grid_id, min(changed_at) FROM found GROUP BY campaign_id, grid_id
)
SELECT count(*) FROM taken
"""


def turn_marks(session: Session, *, most: int) -> int:
    """Say of up to so many other marks which campaign and grid they mean; how many there were."""
    return int(session.scalar(text(_TURN), {"most": most}) or 0)


def marked_campaigns(session: Session) -> Sequence[int]:
    """Campaigns of which something changed, that waits longest first."""
    statement = "SELECT campaign_id FROM figure_marks WHERE campaign_id IS NOT NULL GROUP BY campaign_id ORDER BY min(id)"
    return session.scalars(text(statement)).all()
