"""Explaining one customer of a large company reads the rows of that customer, not the lists."""

from collections.abc import Iterator

import polars as pl
import pytest
from sqlalchemy import Connection, Engine, event, text

from app.core.db import make_engine
from app.dispatch.explaining.explanation import explain_customer
from app.scoring.branch_scores import write_score_files
from app.scoring.run_scores import find_rank
from tests.factories import NOW, grid, make_campaign, make_scores

MANY = 6_000
MOST_READ = 60  # rows of one table by one statement
LARGE = {
    "customers", "campaign_targets", "work_orders", "customer_scores", "contact_feedback", "contact_history", "orders",
    "holdings", "complaints", "contact_preferences", "customer_tags", "work_order_events",
}  # fmt: skip
_OF_TV = "c.id, p.id, {} FROM customers c, products p WHERE p.product_code = 'TV1'"
_FILL = (
    "INSERT INTO customers (customer_no, name, phone, address, grid_id) SELECT 'L' || n, 'x', '1', 'x', :grid_id"
    " FROM generate_series(1, :many) n",
    "INSERT INTO customer_scores (scoring_run_id, rank, customer_id, score)"
    " SELECT :run_id, 100 + row_number() OVER (ORDER BY id), id, 0.1 FROM customers WHERE customer_no LIKE 'L%'",
    "INSERT INTO campaign_targets (campaign_id, customer_id, grid_id, rank, score, draw, selection_probability, reason)"
    " SELECT :campaign_id, customer_id, :grid_id, rank, score, 'ranked', 1, 'dispatched' FROM customer_scores"
    " WHERE scoring_run_id = :run_id AND rank > 100 AND rank <= 100 + :many / 2",
    "INSERT INTO work_orders (campaign_id, dispatch_run_id, customer_id, product_id, product_family, grid_id, staff_id, state,"
    " scheduled_on, due_on, rank, score, draw, selection_probability, assigned_because, dispatched_at, matures_at, closed_at)"
    " SELECT t.campaign_id, 1, t.customer_id, k.product_id, k.product_family, t.grid_id, s.id,"
    " CASE WHEN t.rank % 2 = 0 THEN 'done' ELSE 'open' END, k.starts_on, k.ends_on, t.rank, t.score, 'ranked', 1, 'owner',"
    " k.created_at, k.created_at, CASE WHEN t.rank % 2 = 0 THEN k.opened_at END"
    " FROM campaign_targets t JOIN campaigns k ON k.id = t.campaign_id, staff s WHERE s.staff_no = 'ANA'",
    "INSERT INTO contact_history (contact_no, customer_id, product_id, contacted_at) SELECT 'H' || "
    + _OF_TV.format(":now - interval '5 days'").replace("c.id,", "c.id, c.id,", 1),
    "INSERT INTO orders (order_no, customer_id, product_id, ordered_at) SELECT 'O' || "
    + _OF_TV.format(":now - interval '50 days'").replace("c.id,", "c.id, c.id,", 1),
    "INSERT INTO holdings (customer_id, product_id, from_date) SELECT " + _OF_TV.format("current_date - 100"),
    "INSERT INTO complaints (complaint_no, customer_id, opened_at, topic)"
    " SELECT 'X' || id, id, :now - interval '9 days', 'calls' FROM customers",
    "INSERT INTO contact_preferences (customer_id, scope, status, recorded_at) SELECT id, 'sms', 'refused', :now FROM customers",
    "INSERT INTO work_order_events (work_order_id, happened_at, event, from_state, to_state, from_staff_id, to_staff_id)"
    " SELECT id, :now, 'released', 'planned', 'open', staff_id, staff_id FROM work_orders",
    "INSERT INTO contact_feedback (id, work_order_id, customer_id, staff_id, grid_id, channel, outcome, contacted_at,"
    " phone_started_at, clock_offset_seconds, clock_doubtful, received_at, month, content_hash)"
    " SELECT gen_random_uuid(), id, customer_id, staff_id, grid_id, 'call', 'interested', closed_at, closed_at, 0, false,"
    " closed_at, CAST(date_trunc('month', closed_at) AS date), 'x' FROM work_orders WHERE state = 'done'",
)


@pytest.fixture
def large(company, database):
    """(campaign whose list half of MANY are on, without files of its ranking): a company whose tables are analyzed."""
    run = make_scores(company, ["C01"])
    campaign = make_campaign(company, scoring_run_id=run.id, last_rank=100 + MANY // 2, rest_days=30)
    company.commit()
    engine = make_engine(database, as_app=False)
    values = {"grid_id": grid(company, "G11").id, "many": MANY, "run_id": run.id, "campaign_id": campaign.id, "now": NOW}
    with engine.begin() as connection:
        connection.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
        for statement in _FILL:
            connection.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()
    company.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
    return campaign


def _nodes(plan: dict) -> Iterator[dict]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _asked(engine: Engine, work) -> list[tuple[str, object]]:
    """The statements of this work, with their parameters."""
    found = []

    def keep(connection: Connection, cursor, statement, parameters, context, executemany) -> None:
        found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", keep)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", keep)
    return found


def _reads(session, statements) -> dict[tuple[str, str], int]:
    """(table, kind of scan): the most rows that one statement looked at there, of the large tables."""
    found: dict[tuple[str, str], int] = {}
    for statement, parameters in statements:
        if not statement.lstrip().upper().startswith(("SELECT", "WITH")):
            continue
        plan = session.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
        for node in _nodes(plan[0]["Plan"]):
            table = node.get("Relation Name", "").removesuffix("_shared")
            if table in LARGE:
                gone = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
                rows = int((node["Actual Rows"] + gone) * node["Actual Loops"])
                key = table, node["Node Type"]
                found[key] = max(found.get(key, 0), rows)
    return found


def test_one_customer_is_explained_by_the_rows_of_that_customer(company, large):
    engine = company.get_bind()
    scores = pl.DataFrame({"customer_id": [1], "branch_id": [1], "rank": [1], "score": [0.5]})
    folder = write_score_files(company, "FTTH1", large.scoring_run_id, scores)
    company.execute(text("UPDATE scoring_runs SET folder = :folder"), {"folder": folder})

    def explain():
        for customer_no in ("L3", f"L{MANY}", "C01"):  # on the list, not on it, without any row
            company.expire_all()
            found = explain_customer(company, customer_no=customer_no, campaign_code=None, grid_ids=None, now=NOW)
            assert {standing.last_rank for standing in found.campaigns} == {100 + MANY // 2}

    reads = _reads(company, _asked(engine, explain))
    assert {key: rows for key, rows in reads.items() if rows > MOST_READ} == {}
    assert not [key for key in reads if key[1] == "Seq Scan"]


def test_a_list_without_its_last_rank_is_read_to_find_it(company, large):
    """So that the test above proves something: the look-up that it replaces reads the list."""
    company.execute(text("UPDATE campaigns SET last_rank = NULL"))
    engine = company.get_bind()

    def explain():
        company.expire_all()
        explain_customer(company, customer_no="L3", campaign_code=None, grid_ids=None, now=NOW)

    reads = _reads(company, _asked(engine, explain))
    assert max(rows for (table, _), rows in reads.items() if table == "campaign_targets") >= MANY // 2


def test_a_rank_is_found_in_the_file_of_the_branch_and_in_that_of_the_branch_before(session):
    scores = pl.DataFrame({"customer_id": [1, 2], "branch_id": [5, 6], "rank": [10, 20], "score": [0.5, 0.4]})
    folder = write_score_files(session, "FTTH1", 1, scores)
    assert find_rank(session, 1, folder, customer_id=1, branch_id=5) == 10
    assert find_rank(session, 1, folder, customer_id=1, branch_id=6) == 10
    assert find_rank(session, 1, folder, customer_id=3, branch_id=6) is None
