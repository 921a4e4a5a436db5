"""The customers of a branch as tag rules see them, and the features that rules speak of, as columns."""

from collections.abc import Collection, Mapping
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.centre.bearing import add_holdings, plain_figures
from app.centre.rules import FEATURE
from app.core.storage import storage_of
from app.ingest.partition_queries import files_before
from app.scoring.assembling import with_figures
from app.scoring.bulk import read_frame
from app.scoring.figures import Manifest, read_branch
from app.scoring.frames import choose_ids
from app.scoring.snapshots import OURS, PREFIX, column_of

_CHOSEN = "SELECT customer_id FROM scoring_chosen"


def read_people(
    session: Session,
    *,
    branch_id: int,
    manifest: Manifest,
    features: Collection[str] | None,
    only: NDArray[np.int64] | None = None,
) -> pl.DataFrame:
    """The customers of a branch by what was known before the manifest's day: the columns that `rules.expression_of` reads.

    A figure is a number (also for true and false) or text; one that no customer of the branch has is null. `features` None: all
    there are; `only`: of the branch these customers alone.
    """
    day = manifest.as_of
    columns = None if features is None else _columns(features)
    wanted = None if columns is None else columns.values()
    figures = read_branch(session, branch_id=branch_id, as_of=day, columns=wanted, manifest=manifest)
    if only is not None:
        figures = figures.filter(pl.col("customer_id").is_in(only))
    if columns is None:
        columns = {name.removeprefix(PREFIX): name for name in figures.columns if name not in OURS}
    return _people(session, figures, columns, day)


def read_some_people(
    session: Session, customer_ids: NDArray[np.int64], *, as_of: date, features: Collection[str]
) -> pl.DataFrame:
    """These customers of any branches in the same way, by what was known before the day `as_of`."""
    asked, columns = pl.DataFrame({"customer_id": customer_ids}).with_columns(as_of=pl.lit(as_of)), _columns(features)
    files = files_before(session, as_of) if columns else []
    figures = with_figures(storage_of(session), files, asked, columns=columns.values())
    return _people(session, figures, columns, as_of)


def _columns(features: Collection[str]) -> dict[str, str]:
    return {name: column_of(name) for name in sorted(features)}


def _people(session: Session, figures: pl.DataFrame, columns: Mapping[str, str], day: date) -> pl.DataFrame:
    choose_ids(session, figures["customer_id"].to_numpy(), day)
    people = _customers(session).with_columns(as_of=pl.lit(day))
    people = add_holdings(people, _holdings(session, day), day)
    return people.join(_named(figures, columns), on="customer_id", how="left", maintain_order="left")


def _named(figures: pl.DataFrame, columns: Mapping[str, str]) -> pl.DataFrame:
    absent = pl.Series("absent", [None], dtype=pl.Null).new_from_index(0, figures.height)
    found = {name: figures[column] if column in figures.columns else absent for name, column in columns.items()}
    return figures.select("customer_id").with_columns(
        plain_figures(values).alias(FEATURE + name) for name, values in found.items()
    )


def _customers(session: Session) -> pl.DataFrame:
    query = f"""
        SELECT c.id, c.segment, u.code, c.opened_on - DATE '1970-01-01'
        FROM customers c JOIN units u ON u.id = c.grid_id WHERE c.id IN ({_CHOSEN}) ORDER BY c.id"""  # noqa: S608 - our own text
    return read_frame(session, query, {"customer_id": pl.Int64, "segment": pl.String, "grid": pl.String, "opened_on": pl.Date})


def _holdings(session: Session, as_of: date) -> pl.DataFrame:
    query = f"""
        SELECT h.customer_id, p.product_code, p.family, h.from_date - DATE '1970-01-01', h.to_date - DATE '1970-01-01',
            p.monthly_price::float8
        FROM holdings h JOIN products p ON p.id = h.product_id
        WHERE h.from_date < %(as_of)s AND h.customer_id IN ({_CHOSEN})"""  # noqa: S608 - our own text
    names = {"customer_id": pl.Int64, "product_code": pl.String, "family": pl.String}
    schema = {**names, "from_date": pl.Date, "to_date": pl.Date, "monthly_price": pl.Float64}
    return read_frame(session, query, schema, as_of=as_of)
