"""One customer whole, put together once for phone, console, API and command line.

All that the tables have is one statement, its JSON made by PostgreSQL; ranks and figures come from the files of the
customer's branch, each read by its columns and rows. Who may see the customer is asked first (disclosure/seeing.py), with row
level security under it; what may be seen is `customer_sections.py`.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import whole_company
from app.core.security import Principal
from app.disclosure.queries import UnknownCustomer, find_customer_id
from app.disclosure.seeing import keep, see_customer
from app.models.disclosure import DisclosureKind
from app.offers.queries import find_offers
from app.reports.customer_figures import figures_of, scores_of
from app.reports.customer_sections import AUDIENCES, Audience, allowed_view

LATEST = 20

__all__ = ["UnknownCustomer", "view_customer", "view_customer_whole"]

_WHOLE = text("""
WITH c AS MATERIALIZED (
    SELECT c.id, c.customer_no, c.name, masked_phone(c.phone) AS phone, c.address, g.code AS grid_code, b.code AS branch_code,
        coalesce(b.id, g.id) AS branch_id, o.staff_no AS owner_staff_no, c.segment, c.lifecycle, c.opened_on, c.tags
    FROM customers c JOIN units g ON g.id = c.grid_id LEFT JOIN units b ON b.id = g.parent_id
        LEFT JOIN staff o ON o.id = c.owner_staff_id
    WHERE c.id = :customer_id
)
SELECT c.id, c.branch_id, json_build_object(
    'customer', json_build_object('customer_no', c.customer_no, 'name', c.name, 'phone', c.phone, 'address', c.address,
        'grid_code', c.grid_code, 'branch_code', c.branch_code, 'owner_staff_no', c.owner_staff_no, 'segment', c.segment,
        'lifecycle', c.lifecycle, 'opened_on', c.opened_on),
    'preferences', (SELECT coalesce(json_agg(x ORDER BY x.scope), '[]') FROM (
        SELECT scope, status, recorded_at, until FROM contact_preferences WHERE customer_id = c.id) x),
    'holdings', (SELECT coalesce(json_agg(x ORDER BY x.from_date DESC, x.product_code), '[]') FROM (
        SELECT p.product_code, p.name AS product_name, p.family, h.from_date, h.to_date, p.monthly_price::text AS monthly_price
        FROM holdings h JOIN products p ON p.id = h.product_id WHERE h.customer_id = c.id
        ORDER BY h.from_date DESC, p.product_code LIMIT :latest) x),
    'orders', (SELECT coalesce(json_agg(x ORDER BY x.ordered_at DESC, x.order_no), '[]') FROM (
        SELECT r.order_no, p.product_code, p.name AS product_name, r.ordered_at, r.cancelled_at, r.channel,
            r.amount::text AS amount
        FROM orders r JOIN products p ON p.id = r.product_id WHERE r.customer_id = c.id
        ORDER BY r.ordered_at DESC, r.order_no LIMIT :latest) x),
    'contacts', (SELECT coalesce(json_agg(x ORDER BY x.contacted_at DESC), '[]') FROM (
        SELECT h.contacted_at, p.product_code, p.family, h.channel, h.outcome, NULL AS objection, NULL AS note, s.staff_no,
            h.campaign_code, NULL AS verdict
        FROM contact_history h JOIN products p ON p.id = h.product_id LEFT JOIN staff s ON s.id = h.staff_id
        WHERE h.customer_id = c.id AND h.arm IS DISTINCT FROM 'control'
        UNION ALL
        SELECT f.contacted_at, p.product_code, p.family, f.channel, f.outcome, f.objection, f.note, s.staff_no, k.code, v.verdict
        FROM campaign_targets t JOIN work_orders w ON w.campaign_id = t.campaign_id AND w.customer_id = t.customer_id
            JOIN contact_feedback f ON f.work_order_id = w.id JOIN campaigns k ON k.id = w.campaign_id
            JOIN products p ON p.id = w.product_id JOIN staff s ON s.id = f.staff_id
            LEFT JOIN LATERAL (SELECT verdict FROM verifications WHERE feedback_id = f.id ORDER BY number DESC LIMIT 1) v ON true
        WHERE t.customer_id = c.id AND NOT EXISTS (SELECT FROM contact_feedback n WHERE n.corrects_id = f.id)
        ORDER BY contacted_at DESC LIMIT :latest) x),
    'complaints', (SELECT coalesce(json_agg(x ORDER BY x.opened_at DESC, x.complaint_no), '[]') FROM (
        SELECT complaint_no, opened_at, topic FROM complaints WHERE customer_id = c.id
        ORDER BY opened_at DESC, complaint_no LIMIT :latest) x),
    'competitors', (SELECT coalesce(json_agg(x ORDER BY x.found_at DESC), '[]') FROM (
        SELECT o.operator, trim_scale(o.monthly_price)::text AS monthly_price, o.ends_on, o.found_at FROM competitor_findings o
        WHERE o.customer_id = c.id AND NOT EXISTS (SELECT FROM contact_feedback n WHERE n.corrects_id = o.feedback_id)
        ORDER BY o.found_at DESC LIMIT :latest) x),
    'tags', (SELECT coalesce(json_agg(x ORDER BY x.since DESC NULLS LAST, x.code), '[]') FROM (
        SELECT d.code, d.name_zh, d.name_en, t.since FROM customer_tags t JOIN tag_definitions d ON d.id = t.tag_id
        WHERE t.customer_id = c.id
        UNION ALL SELECT tag, tag, tag, NULL FROM unnest(c.tags) AS tag) x),
    'work_orders', (SELECT coalesce(json_agg(x ORDER BY x.scheduled_on, x.id), '[]') FROM (
        SELECT w.id, k.code AS campaign_code, p.product_code, s.staff_no, w.state, w.scheduled_on, w.due_on, w.close_reason
        FROM work_orders w JOIN campaigns k ON k.id = w.campaign_id JOIN products p ON p.id = w.product_id
            JOIN staff s ON s.id = w.staff_id
        WHERE w.customer_id = c.id AND w.state IN ('planned', 'open', 'in_progress')
            AND (CAST(:staff_id AS int) IS NULL OR (w.staff_id = :staff_id AND w.state <> 'planned'))) x),
    'campaigns', (SELECT coalesce(json_agg(x ORDER BY x.starts_on DESC, x.campaign_code), '[]') FROM (
        SELECT k.code AS campaign_code, k.name AS campaign_name, p.product_code, k.status, t.rank, t.draw, t.reason, t.decided_at,
            k.starts_on
        FROM campaign_targets t JOIN campaigns k ON k.id = t.campaign_id JOIN products p ON p.id = k.product_id
        WHERE t.customer_id = c.id ORDER BY k.starts_on DESC, k.code LIMIT :latest) x)
) AS found
FROM c
""")


def view_customer(session: Session, *, customer_no: str, principal: Principal, now: datetime) -> dict[str, Any]:
    """A customer as the principal may see them: of the principal's grids, a terminal manager's own or on their live work orders,
    or opened in an emergency, which is kept.

    Sections and fields are those of the role. Raises UnknownCustomer alike for one who is not there and one elsewhere.
    """
    audience = AUDIENCES.get(principal.role)
    if audience is None:
        raise UnknownCustomer
    staff_id = principal.staff_id or 0 if audience is Audience.PHONE else None
    seen = see_customer(session, customer_no=customer_no, principal=principal, now=now)
    if seen.opened_until is None:
        return _view(session, seen.id, audience, staff_id=staff_id, now=now)
    keep(session, kind=DisclosureKind.VIEW, principal=principal, seen=seen, purpose="opened", now=now)
    with whole_company(session):
        return _view(session, seen.id, audience, staff_id=staff_id, now=now)


def view_customer_whole(session: Session, *, customer_no: str, now: datetime) -> dict[str, Any]:
    """A customer of the whole company, for the command line. Raises UnknownCustomer."""
    customer_id = find_customer_id(session, customer_no)
    if customer_id is None:
        raise UnknownCustomer
    return _view(session, customer_id, Audience.OPERATOR, staff_id=None, now=now)


def _view(session: Session, customer_id: int, audience: Audience, *, staff_id: int | None, now: datetime) -> dict[str, Any]:
    values = {"customer_id": customer_id, "staff_id": staff_id, "latest": LATEST}
    row = session.execute(_WHOLE, values).one()
    view: dict[str, Any] = dict(row.found)
    view["figures"] = figures_of(session, row.id, branch_id=row.branch_id, today=clock.local_date(now))
    view["scores"] = scores_of(session, row.id, branch_id=row.branch_id)
    view["offers"] = [asdict(offer) for offer in find_offers(session, row.id)]
    return allowed_view(view, audience)
