"""After years, a live page reads what is live and this month, not what was."""

import pytest
from sqlalchemy import text

from app.core.db import make_engine, set_scope
from app.core.security import Principal
from app.reports.live.map import map_of
from app.reports.live.messages import messages_of
from app.reports.live.stuck import orders_of, stuck_work
from app.reports.live.today import today_of
from app.reports.reviews import Standing, case_page
from tests.factories import NOW, grid, make_campaign, make_work_order, staff
from tests.truth import make_feedback

MANY = 6_000
MOST_READ = 60  # rows of one table by one statement
LARGE = {"customers", "work_orders", "contact_feedback", "escalations", "work_order_returns", "review_cases", "notices"}
_FILL = (
    "INSERT INTO customers (customer_no, name, phone, address, grid_id) SELECT 'L' || n, 'x', '1', 'x', :grid_id"
    " FROM generate_series(1, :many) n",
    "INSERT INTO campaign_targets (campaign_id, customer_id, grid_id, rank, score, draw, selection_probability, reason)"
    " SELECT :campaign_id, id, :grid_id, 100 + id, 0.1, 'ranked', 1, 'dispatched' FROM customers WHERE customer_no LIKE 'L%'",
    "INSERT INTO work_orders (campaign_id, dispatch_run_id, customer_id, product_id, product_family, grid_id, staff_id, state,"
    " scheduled_on, due_on, rank, score, draw, selection_probability, assigned_because, dispatched_at, matures_at, closed_at)"
    " SELECT t.campaign_id, 1, t.customer_id, k.product_id, k.product_family, t.grid_id, s.id, 'done', k.starts_on, k.ends_on,"
    " t.rank, t.score, 'ranked', 1, 'owner', k.created_at, k.created_at, k.opened_at"
    " FROM campaign_targets t JOIN campaigns k ON k.id = t.campaign_id, staff s WHERE s.staff_no = 'ANA' AND t.rank > 100",
    "INSERT INTO contact_feedback (id, work_order_id, customer_id, staff_id, grid_id, channel, outcome, contacted_at,"
    " phone_started_at, clock_offset_seconds, clock_doubtful, received_at, month, content_hash)"
    " SELECT gen_random_uuid(), id, customer_id, staff_id, grid_id, 'call', 'interested', a.at, a.at, 0, false, a.at,"
    " CAST(date_trunc('month', a.at) AS date), 'x' FROM work_orders,"
    " LATERAL (SELECT :now - id % 40 * interval '30 days' - interval '60 days' AS at) a WHERE state = 'done'",
    "INSERT INTO work_order_returns (work_order_id, grid_id, staff_id, reason, returned_at, decision, decided_at)"
    " SELECT id, grid_id, staff_id, 'other', :now, 'accepted', :now FROM work_orders WHERE state = 'done'",
    "INSERT INTO notices (kind, unit_id, role, subject, data, raised_at, resolved_at)"
    " SELECT 'escalation', grid_id, 'grid_manager', id::text, '{}', :now, :now FROM work_orders WHERE state = 'done'",
    "INSERT INTO escalations (work_order_id, grid_id, staff_id, level, rule, since, raised_at, notice_id, resolved_at)"
    " SELECT w.id, w.grid_id, w.staff_id, 'grid', 'overdue', :now, :now, n.id, :now FROM work_orders w"
    " JOIN notices n ON n.subject = w.id::text",
    "INSERT INTO review_cases (kind, staff_id, grid_id, month, feedback_id, reasons, opened_at, decision, decision_reason,"
    " decided_at, decided_by_account_id) SELECT 'feedback', staff_id, grid_id, month, id, '[]', :now, 'dismissed', 'x', :now,"
    " (SELECT min(id) FROM accounts) FROM contact_feedback",
)


@pytest.fixture
def years(company, database):
    """Chen's grid after years: MANY work orders that are done, and a few that are live."""
    campaign = make_campaign(company)
    for number in range(1, 6):
        make_feedback(company, make_work_order(company, campaign=campaign, customer_no=f"C0{number}"), latitude=39, longitude=117)
    company.commit()
    engine = make_engine(database, as_app=False)
    values = {"grid_id": grid(company, "G11").id, "many": MANY, "campaign_id": campaign.id, "now": NOW}
    with engine.begin() as connection:
        connection.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
        for statement in _FILL:
            connection.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()
    return company


def test_a_live_page_reads_what_is_live(years, reads_of):
    chen, mine = staff(years, "chen"), grid(years, "G11")
    principal = Principal(1, "chen", "grid_manager", "grids", mine.id, (mine.id,), chen.id)

    def look():
        today_of(years, principal=principal, grid_code=None, now=NOW)
        assert len(orders_of(years, staff_no="ANA", grid_ids=[mine.id], now=NOW)["orders"]) == 5
        assert len(map_of(years, principal=principal, grid_code=None, tiles="", now=NOW).reports) == 5
        stuck_work(years, grid_ids=[mine.id])
        messages_of(years, grid_ids=[mine.id])
        for standing in (Standing.OPEN, Standing.TO_SECOND):
            case_page(years, grid_ids=[mine.id], standing=standing, secret="x", cursor=None, limit=20)

    years.commit()
    set_scope(years, scope="grids", grid_ids=[mine.id])
    found = reads_of(years, look, LARGE)
    assert {table for table, _ in found} >= {"work_orders", "contact_feedback", "customers"}
    assert {key: rows for key, rows in found.items() if rows > MOST_READ or key[1] == "Seq Scan"} == {}
