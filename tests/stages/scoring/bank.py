"""The real operator's extract, put straight into the tables that training and ranking read."""

from pathlib import Path

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.ingest.figures import check_figures
from app.models.campaign import Product, ProductKind
from app.scoring.bulk import write_frame
from tests.factories import grid

FIRST_ID = 1_000_000  # customer C000001 has the next one


def load_bank(session: Session, data: Path) -> None:
    """Product TD01, and the customers with all that was known of them on 2026-10-02."""
    product = Product(product_code="TD01", name="TD01", kind=ProductKind.CROSS_SELL, family="deposit")
    session.add(product)
    session.flush()
    made = {"product_id": pl.lit(product.id)}
    customers = read(data, "customers").select("customer_no", "segment", "lifecycle", "opened_on", id="customer_id")
    add_customers(session, customers.with_columns(grid_id=pl.lit(grid(session, "G11").id)))
    features = read(data, "features")
    figures, findings = check_figures(features.drop("snapshot_date", "customer_no", "customer_id"))
    assert findings == []
    write_frame(session, "feature_snapshots", features.select("customer_id", "snapshot_date", values=figures))
    write_frame(session, "holdings", read(data, "holdings").select("customer_id", "from_date", "to_date", **made))
    write_frame(
        session,
        "contact_history",
        read(data, "contact_history").select("customer_id", "contact_no", "contacted_at", "channel", "outcome", "arm", **made),
    )
    orders = read(data, "orders").select("customer_id", "order_no", "ordered_at", "cancelled_at", **made)
    write_frame(session, "orders", orders)
    session.execute(text("ANALYZE customers, feature_snapshots, orders, contact_history"))


def read(data: Path, name: str) -> pl.DataFrame:
    """A file of the extract as text, with the customers' ids."""
    frame = pl.read_csv(data / "operator_bank" / f"{name}.csv", infer_schema=False)
    return frame.with_columns(customer_id=pl.col("customer_no").str.slice(1).cast(pl.Int64) + FIRST_ID)


def add_customers(session: Session, customers: pl.DataFrame) -> None:
    """Insert them; a table under row level security takes no COPY."""
    names = ", ".join(customers.columns)
    session.execute(text(f"CREATE TEMP TABLE new_customers ON COMMIT DROP AS SELECT {names} FROM customers LIMIT 0"))
    write_frame(session, "new_customers", customers)
    session.execute(text(f"INSERT INTO customers ({names}) SELECT {names} FROM new_customers"))
    session.execute(text("DROP TABLE new_customers"))
