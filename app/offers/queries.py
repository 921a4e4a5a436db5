"""Reads of offers: the next best products of a customer, from the newest run."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import pyarrow.compute as pc
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.core.storage import storage_of
from app.models.campaign import Product
from app.models.centre import OfferRun
from app.models.customer import Customer
from app.models.organisation import Unit
from app.models.score import RankerTarget, RankerVersion, ScoringRun


class UnknownCustomer(NotFound):
    """There is no customer with this number here."""

    code = "customer.unknown"


class NoOffers(Conflict):
    """Offers were not chosen yet: rank customers, then choose."""

    code = "offers.none"


@dataclass(frozen=True)
class OfferRow:
    """One product for one customer; 1 is the best. priority = incremental x value x weight - contact_cost (money a contact).

    incremental: what a contact adds to the probability, known by `basis` (uplift, control, score). value: money, after the cap;
    `value_before_cap` is what it was. For retention `risk` is the probability of losing the customer, else None.
    """

    place: int
    product_code: str
    product_name: str
    kind: str
    family: str
    priority: float
    incremental: float
    basis: str
    value: float
    value_before_cap: float
    weight: float
    contact_cost: float
    score: float | None
    risk: float | None
    as_of: date


@dataclass(frozen=True)
class RankedProduct:
    """The newest ranking of a product by a target, and what its ranker found of who is left alone (None: too few controls)."""

    product_id: int
    target: RankerTarget
    run: ScoringRun
    control_share: float | None


def ranked_products(session: Session) -> list[RankedProduct]:
    """Of each product and target the newest ranking by a ranker that is not blocked."""
    of = (ScoringRun.product_id, RankerVersion.target)
    statement = select(ScoringRun, RankerVersion.target, RankerVersion.metrics).join(
        RankerVersion, RankerVersion.id == ScoringRun.ranker_version_id
    )
    newest = statement.where(RankerVersion.blocked_at.is_(None), ScoringRun.folder.is_not(None)).ext(distinct_on(*of))
    rows = session.execute(newest.order_by(*of, ScoringRun.finished_at.desc(), ScoringRun.id.desc()))
    return [
        RankedProduct(run.product_id, target, run, metrics.get("examples", {}).get("control_share"))
        for run, target, metrics in rows
    ]


def all_products(session: Session) -> list[Product]:
    """Everything that is sold."""
    return list(session.scalars(select(Product).order_by(Product.id)))


def grids_of(session: Session, branch_id: int) -> list[int]:
    """The grids of a branch; a grid that stands under none counts as one."""
    statement = select(Unit.id).where((Unit.parent_id == branch_id) | (Unit.id == branch_id))
    return list(session.scalars(statement.order_by(Unit.id)))


def old_runs(session: Session, *, kept: int) -> list[OfferRun]:
    """All choices but the newest."""
    return list(session.scalars(select(OfferRun).order_by(OfferRun.finished_at.desc(), OfferRun.id.desc()).offset(kept)))


def find_latest_run(session: Session) -> OfferRun | None:
    """The newest choice of offers."""
    return session.scalar(select(OfferRun).order_by(OfferRun.finished_at.desc(), OfferRun.id.desc()).limit(1))


def find_offers(session: Session, customer_id: int) -> list[OfferRow]:
    """The best products for one customer, best first; none where nothing was chosen yet or nothing fits.

    Whoever asks must be allowed to see the customer. Raises StoredFileMissing.
    """
    run, branch_id = find_latest_run(session), find_branch(session, customer_id)
    if run is None or branch_id not in run.settings["branches"]:
        return []
    path = branch_path(run.folder, branch_id)
    rows = storage_of(session).read_table(path, filters=pc.field("customer_id") == customer_id).to_pylist()
    products = {product.id: product for product in session.scalars(select(Product).order_by(Product.id))}
    return [_offer(row, products[row["product_id"]], run.as_of) for row in sorted(rows, key=lambda row: row["place"])]


def get_offers(session: Session, *, customer_no: str, grid_ids: Collection[int] | None) -> list[OfferRow]:
    """The best products for a customer of these grids (None: of the whole company), best first.

    Raises UnknownCustomer alike for one who is not there and one elsewhere, and StoredFileMissing.
    """
    statement = select(Customer.id).where(Customer.customer_no == customer_no)
    if grid_ids is not None:
        statement = statement.where(Customer.grid_id.in_(grid_ids))
    found = session.scalar(statement.order_by(Customer.id))
    if found is None:
        raise UnknownCustomer
    return find_offers(session, found)


def get_latest_run(session: Session) -> OfferRun:
    """The newest choice of offers; raises NoOffers."""
    found = find_latest_run(session)
    if found is None:
        raise NoOffers
    return found


def find_branch(session: Session, customer_id: int) -> int | None:
    """The branch that a customer belongs to."""
    statement = select(func.coalesce(Unit.parent_id, Unit.id)).join(Customer, Customer.grid_id == Unit.id)
    return session.scalar(statement.where(Customer.id == customer_id).order_by(Unit.id))


def branch_path(folder: str, branch_id: int | None) -> str:
    """The file of one branch's offers."""
    return f"{folder}/branch={branch_id}.parquet"


def _offer(row: dict[str, object], product: Product, as_of: date) -> OfferRow:
    named = {name: row[name] for name in OfferRow.__dataclass_fields__ if name in row}
    return OfferRow(
        **named,  # type: ignore[arg-type]
        product_code=product.product_code,
        product_name=product.name,
        kind=product.kind.value,
        family=product.family,
        as_of=as_of,
    )
