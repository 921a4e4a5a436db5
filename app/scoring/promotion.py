"""Which version of a product is in use: promotion by a person."""

from sqlalchemy.orm import Session

from app.models.score import RankerStatus
from app.scoring import queries
from app.scoring.queries import RankerRow
from app.scoring.store import load_ranker


def promote_ranker(session: Session, *, product_code: str, number: int) -> RankerRow:
    """Let this ranker be the champion; the one before retires. One that is champion stays it.

    Raises UnknownProduct, UnknownRanker, RankerCorrupt.
    """
    product = queries.get_product(session, product_code)
    queries.lock_rankers(session, product.id)
    chosen = queries.get_version(session, product, number)
    load_ranker(chosen)
    before = queries.find_champion(session, product.id)
    if before is not None and before is not chosen:
        before.status = RankerStatus.RETIRED
        session.flush()  # at no moment two champions
    chosen.status = RankerStatus.CHAMPION
    session.flush()
    return queries.get_ranker(session, product_code=product_code, number=number)
