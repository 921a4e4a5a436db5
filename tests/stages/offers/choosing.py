"""Rankings as if some ranker had made them, for offers to be chosen from."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from app.core.db import set_scope
from app.models.campaign import Product, ProductKind
from app.models.customer import Holding
from app.models.organisation import Unit
from app.models.score import RankerTarget, RankerVersion, ScoringRun
from app.offers.service import choose_offers
from app.scoring.branch_scores import write_score_files
from tests.factories import NOW, customer, get, make_scores

EVERYBODY = [f"C{number:02d}" for number in range(1, 16)]


def rank_as(
    session: Session,
    product_code: str,
    scores: Mapping[str, float],
    *,
    target: RankerTarget = RankerTarget.ORDER,
    uplift: Mapping[str, float] | None = None,
    metrics: Mapping[str, Any] | None = None,
) -> ScoringRun:
    """A ranking of a product with these scores by customer number."""
    run = make_scores(session, scores, product_code=product_code)
    version = session.get_one(RankerVersion, run.ranker_version_id)
    version.target, version.metrics = target, dict(metrics or {})
    people = [customer(session, customer_no) for customer_no in scores]
    branch_ids = [session.get_one(Unit, person.grid_id).parent_id for person in people]
    frame = pl.DataFrame(
        {"customer_id": [person.id for person in people], "branch_id": branch_ids, "score": list(scores.values())}
    ).with_row_index("rank", offset=1)
    if uplift is not None:
        frame = frame.with_columns(uplift=pl.Series([uplift.get(customer_no) for customer_no in scores], dtype=pl.Float64))
    run.folder = write_score_files(session, product_code, run.id, frame)
    session.flush()
    return run


def hold(session: Session, customer_no: str, product_code: str, *, to_date: date | None = None) -> None:
    """A customer holds, or held, a product."""
    product: Product = get(session, Product, product_code=product_code)
    row = Holding(
        customer_id=customer(session, customer_no).id, product_id=product.id, from_date=date(2021, 1, 1), to_date=to_date
    )
    session.add(row)
    session.flush()


def sell(session: Session, product_code: str, kind: ProductKind, family: str, **values: Any) -> Product:
    """One more product."""
    product = Product(product_code=product_code, name=product_code, kind=kind, family=family, **values)
    session.add(product)
    session.flush()
    return product


def chosen(company: Session) -> None:
    """Committed: TV1 is best for everybody, FTTH1 is second for all but C15."""
    rank_as(company, "TV1", dict.fromkeys(EVERYBODY, 0.3))
    rank_as(company, "FTTH1", {customer_no: 0.01 if customer_no == "C15" else 0.2 for customer_no in EVERYBODY})
    choose_offers(company, now=NOW)
    company.commit()
    set_scope(company, scope="all")
