"""What is known of the customers of a branch when offers are chosen, as Polars frames."""

import re
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from app.core import clock
from app.core.storage import storage_of
from app.models.score import ScoringRun
from app.offers.eligibility import Facts
from app.scoring.bulk import read_frame
from app.scoring.holding import ENDED, HELD, ORDERED, OWNED_DAYS, refused

_OF_BRANCH = "s.customer_id IN (SELECT id FROM customers WHERE grid_id = ANY(:grid_ids))"
_OWNED = {"customer_id": pl.Int64, "product_id": pl.Int32}


def read_facts(session: Session, *, grid_ids: Collection[int], product_ids: Collection[int], day: date) -> Facts:
    """What the customers of these grids hold, held, ordered and refuse as of a day."""
    values = {
        "grid_ids": list(grid_ids),
        "owning_ids": list(product_ids),
        "day": day,
        "owned_since": clock.start_of_day(day - timedelta(days=OWNED_DAYS)),
    }
    any_scope = refused("s.scope")
    return Facts(
        held=_read(session, "s.customer_id, s.product_id", HELD, _OWNED, values),
        ended=_read(session, "s.customer_id, s.product_id", ENDED, _OWNED, values),
        ordered=_read(session, "s.customer_id, s.product_id", ORDERED, _OWNED, values),
        refused=_read(session, "s.customer_id, s.scope", any_scope, {"customer_id": pl.Int64, "scope": pl.String}, values),
    )


def read_scores(session: Session, run: ScoringRun, *, branch_id: int) -> pl.DataFrame:
    """customer_id, score, uplift (null where the ranker foretells none) of a branch in a run; empty where it has no customer."""
    schema = {"customer_id": pl.Int64, "score": pl.Float64, "uplift": pl.Float64}
    path = f"{run.folder}/branch={branch_id}.parquet"
    if run.folder is None or path not in {file.path for file in storage_of(session).list_files(run.folder)}:
        return pl.DataFrame(schema=schema)
    found = pl.DataFrame(pl.from_arrow(storage_of(session).read_table(path)))
    if "uplift" not in found.columns:
        found = found.with_columns(uplift=pl.lit(None, pl.Float64))
    return found.select(pl.col(name).cast(kind) for name, kind in schema.items())


def _read(session: Session, columns: str, source: str, schema: dict[str, Any], values: dict[str, Any]) -> pl.DataFrame:
    statement = f"SELECT DISTINCT {columns} {source} AND {_OF_BRANCH}"
    named = re.sub(r":([a-z_]+)", r"%(\1)s", statement)
    return read_frame(session, named, schema, **{name: value for name, value in values.items() if f"%({name})s" in named})
