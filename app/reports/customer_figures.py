"""A customer's figures in words, and his rank for each product: single rows out of the files of his branch."""

from datetime import date
from typing import Any

import pyarrow.compute as pc
from sqlalchemy import Row, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.core.storage import StoredFileMissing, storage_of
from app.models.campaign import Product
from app.models.customer import FeatureFile
from app.models.score import CustomerScore, ScoringRun
from app.scoring.dictionary import is_described
from app.scoring.run_scores import find_rank
from app.scoring.word_queries import own_words
from app.scoring.words import say_figure

MOST_FIGURES = 20
FILES_LOOKED_AT = 3
_KEYS = {"customer_id", "as_of", "snapshot_date"}

Ranked = Row[*tuple[Any, ...]]


def figures_of(session: Session, customer_id: int, *, branch_id: int, today: date) -> list[dict[str, Any]]:
    """The latest figures before today that have words: feature, value, zh, en. None where the newest files lack the customer."""
    statement = select(FeatureFile.path).where(
        FeatureFile.branch_id == branch_id, FeatureFile.snapshot_date < today, FeatureFile.replaced_at.is_(None)
    )
    own = own_words(session)
    for path in session.scalars(statement.order_by(FeatureFile.snapshot_date.desc()).limit(FILES_LOOKED_AT)):
        if rows := _rows_of(session, path, customer_id):
            known = {name: value for name, value in rows[0].items() if name not in _KEYS and is_described(name, own)}
            return [_figure(name, value, own) for name, value in list(known.items())[:MOST_FIGURES]]
    return []


def scores_of(session: Session, customer_id: int, *, branch_id: int) -> list[dict[str, Any]]:
    """The customer's place in the newest ranking of each product: product, as_of, score, rank, ranked_customers, reasons."""
    runs = _latest_runs(session)
    places = [(run.id, find_rank(session, run.id, run.folder, customer_id=customer_id, branch_id=branch_id)) for run in runs]
    wanted = [(run_id, rank) for run_id, rank in places if rank is not None]
    statement = select(CustomerScore.scoring_run_id, CustomerScore.rank, CustomerScore.score, CustomerScore.reasons).where(
        tuple_(CustomerScore.scoring_run_id, CustomerScore.rank).in_(wanted)
    )
    found = (
        {row.scoring_run_id: row for row in session.execute(statement.order_by(CustomerScore.scoring_run_id))} if wanted else {}
    )
    return [
        {
            "product_code": run.product_code,
            "product_name": run.name,
            "as_of": run.as_of,
            "score": found[run.id].score,
            "rank": found[run.id].rank,
            "ranked_customers": run.customer_count,
            "reasons": found[run.id].reasons or [],
        }
        for run in runs
        if run.id in found
    ]


def _latest_runs(session: Session) -> list[Ranked]:
    statement = (
        select(ScoringRun.id, ScoringRun.folder, ScoringRun.as_of, ScoringRun.customer_count, Product.product_code, Product.name)
        .join(Product, Product.id == ScoringRun.product_id)
        .ext(distinct_on(ScoringRun.product_id))
        .order_by(ScoringRun.product_id, ScoringRun.finished_at.desc(), ScoringRun.id.desc())
    )
    return list(session.execute(statement))


def _rows_of(session: Session, path: str, customer_id: int) -> list[dict[str, Any]]:
    """The customer's rows of a file; none where the file is gone, so that the rest can be shown."""
    wanted = pc.field("customer_id") == customer_id
    try:
        found: list[dict[str, Any]] = storage_of(session).read_table(path, filters=wanted).to_pylist()
    except StoredFileMissing:
        return []
    return found


def _figure(name: str, value: Any, own: Any) -> dict[str, Any]:
    plain = float(f"{value:.7g}") if isinstance(value, float) else value
    return {"feature": name, "value": plain, **say_figure(name, value, own)}
