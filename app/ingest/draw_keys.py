"""The keys by which customers are drawn, for rows of before there were keys: until then each read computes them."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.draws import draw_key_sql

BATCH = 20_000  # rows of one transaction: a second or less
_FILL = text(f"""
WITH found AS (
    SELECT id FROM customers WHERE id > :after AND draw_key IS NULL ORDER BY id LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED
), filled AS (
    UPDATE customers c SET draw_key = {draw_key_sql("c.customer_no")} FROM found f WHERE c.id = f.id RETURNING c.id
)
SELECT count(*), max(id) FROM filled
""")  # noqa: S608 - our own text


def fill_draw_keys(session: Session, *, after: int, batch: int = BATCH) -> tuple[int, int | None]:
    """Give the next customers without a key theirs: (how many, the id of the last; None where there was none after `after`).

    What somebody else holds at this moment is left for the next night.
    """
    count, last = session.execute(_FILL, {"after": after, "batch": batch}).one()
    return count, last
