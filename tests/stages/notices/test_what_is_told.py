"""What the stages tell: a closed month, rows that were put aside, a campaign's status."""

from sqlalchemy import select

from app.core.clock import Month
from app.ingest.service import import_feed
from app.models.notice import OutboxEvent
from app.points.closing.close import close_month
from tests.factories import NOW


def told(session):
    return [(event.kind, event.payload) for event in session.scalars(select(OutboxEvent).order_by(OutboxEvent.happened_at))]


def test_that_a_month_was_closed(session):
    closed = close_month(session, month=Month(2026, 9), now=NOW)
    assert told(session) == [("month.closed", {"month": "2026-09", "sha256": closed["sha256"], "entries": closed["entries"]})]


def test_that_an_import_put_rows_aside_and_only_then(session, tmp_path):
    path = tmp_path / "products.csv"
    head = "product_code,name,kind,family,monthly_price,margin,contact_cost,attribution_days,maturity_days\n"
    path.write_text(head + "P1,One,upsell,tv,1,1,1,3,2\n", encoding="utf-8")
    import_feed(session, feed="products", path=path, file_name="products.csv", now=NOW)
    assert told(session) == []
    path.write_text(head + "P2,Two,nonsense,tv,1,1,1,3,2\nP3,Three,upsell,tv,1,1,1,3,2\n", encoding="utf-8")
    report = import_feed(session, feed="products", path=path, file_name="products.csv", now=NOW)
    assert told(session) == [("import.rejected", {"import_id": report.id, "feed": "products", "rows": 2, "rejected": 1})]
