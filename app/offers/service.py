"""Choosing the next best products of every customer, a branch at a time."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from app.core import clock
from app.core.storage import storage_of
from app.ingest.partition_queries import branches, members_of
from app.models.campaign import Product
from app.models.centre import OfferRun
from app.models.score import RankerTarget
from app.offers import queries
from app.offers.customer_frames import read_facts, read_scores
from app.offers.eligibility import Facts, Terms, eligible, known_of
from app.offers.priority import OfferSettings, Price, best_offers, cap_of, check_settings, prioritise, value_of
from app.offers.queries import RankedProduct, branch_path
from app.scoring.learning.purposes import PURPOSES

RUNS_KEPT = 3
FOLDER = "offers"


@dataclass(frozen=True)
class _Plan:
    """What is the same for all branches; `values` of products whose value is known."""

    terms: Mapping[int, Terms]
    codes: Mapping[int, str]
    prices: Mapping[int, Price]
    values: Mapping[int, float]
    cap: float | None
    ranked: Mapping[tuple[int, RankerTarget], RankedProduct]
    settings: OfferSettings
    day: date


def choose_offers(session: Session, *, now: datetime, settings: OfferSettings | None = None) -> dict[str, Any]:
    """Choose the best products of every customer by the newest rankings, and keep them as Parquet by branch.

    Returns counts; without any ranking nothing is written. Raises Invalid, StoredFileMissing.
    """
    check_settings(settings or OfferSettings())
    plan = _make_plan(session, settings or OfferSettings(), clock.local_date(now))
    if not plan.ranked:
        return {"customers": 0, "products": 0}
    run = OfferRun(as_of=plan.day, folder="", customer_count=0, settings={}, finished_at=now)
    session.add(run)
    session.flush()
    run.folder = f"{FOLDER}/{run.id}"
    found = {branch.id: _write_branch(session, plan, run.folder, branch.id) for branch in branches(session)}
    counts = pl.concat(found.values()).group_by("product_id", "place").agg(pl.col("customers").sum())
    first = counts.filter(pl.col("place") == 1)
    run.customer_count = int(first["customers"].sum())
    run.settings = {**asdict(plan.settings), "cap": plan.cap, "branches": sorted(found), "products": _by_product(plan, counts)}
    removed = queries.old_runs(session, kept=RUNS_KEPT)
    for old in removed:
        session.delete(old)
    session.flush()
    by_code = {plan.codes[row["product_id"]]: row["customers"] for row in first.sort("product_id").to_dicts()}
    return {"run": run.id, "customers": run.customer_count, "best_for": by_code, "old_runs_removed": len(removed)}


def _make_plan(session: Session, settings: OfferSettings, day: date) -> _Plan:
    products = queries.all_products(session)
    ids = {product.product_code: product.id for product in products}
    prices = {product.id: _price(product) for product in products}
    known = {id_: value_of(price, settings.months_kept) for id_, price in prices.items()}
    values = {id_: value for id_, value in known.items() if value is not None}
    return _Plan(
        terms={
            p.id: Terms(p.id, p.kind.value, p.family, tuple(sorted({ids[code] for code in p.bundle_of if code in ids})))
            for p in products
        },
        codes={product.id: product.product_code for product in products},
        prices=prices,
        values=values,
        cap=cap_of(list(values.values()), settings.value_cap),
        ranked={(found.product_id, found.target): found for found in queries.ranked_products(session)},
        settings=settings,
        day=day,
    )


def _price(product: Product) -> Price:
    return Price(
        margin=None if product.margin is None else float(product.margin),
        monthly_price=None if product.monthly_price is None else float(product.monthly_price),
        contact_cost=None if product.contact_cost is None else float(product.contact_cost),
        weight=float(product.strategic_weight),
    )


def _write_branch(session: Session, plan: _Plan, folder: str, branch_id: int) -> pl.DataFrame:
    """Customers of the branch by product and place, once their offers are written."""
    grid_ids = queries.grids_of(session, branch_id)
    facts = read_facts(session, grid_ids=grid_ids, product_ids=list(plan.terms), day=plan.day)
    known, members = known_of(facts, plan.terms), pl.Series("customer_id", members_of(session, branch_id))
    found = []
    for product_id, terms in plan.terms.items():
        asked = eligible(terms, members, known, plan.terms).to_frame()
        found.append(
            _candidates(
                session,
                plan,
                asked.join(_at_stake(plan, facts, terms.family), on="customer_id", how="left"),
                product_id,
                branch_id,
            )
        )
    offers = best_offers(pl.concat(found), list(plan.terms.values()), places=plan.settings.places)
    storage_of(session).write_table(branch_path(folder, branch_id), offers.to_arrow())
    return offers.group_by("product_id", "place").agg(customers=pl.len())


def _candidates(session: Session, plan: _Plan, asked: pl.DataFrame, product_id: int, branch_id: int) -> pl.DataFrame:
    """The factors of a product for those of a branch to whom it may be offered (customer_id, at_stake)."""
    order = _scores(session, plan, product_id, RankerTarget.ORDER, branch_id)
    target = RankerTarget(PURPOSES[plan.terms[product_id].kind].foretells)
    risk = order.clear() if target is RankerTarget.ORDER else _scores(session, plan, product_id, target, branch_id)
    scored = asked.join(order, on="customer_id", how="left").join(
        risk.select("customer_id", risk="score"), on="customer_id", how="left"
    )
    known = plan.ranked.get((product_id, RankerTarget.ORDER))
    return prioritise(
        scored.filter(pl.col("score").is_not_null() | pl.col("risk").is_not_null()),
        product_id=product_id,
        price=plan.prices[product_id],
        value=plan.values.get(product_id),
        cap=plan.cap,
        base=None if known is None else known.control_share,
    )


def _scores(session: Session, plan: _Plan, product_id: int, target: RankerTarget, branch_id: int) -> pl.DataFrame:
    found = plan.ranked.get((product_id, target))
    if found is None:
        return pl.DataFrame(schema={"customer_id": pl.Int64, "score": pl.Float64, "uplift": pl.Float64})
    return read_scores(session, found.run, branch_id=branch_id)


def _at_stake(plan: _Plan, facts: Facts, family: str) -> pl.DataFrame:
    """customer_id, at_stake: the values of all that is held of a family."""
    values = {id_: value for id_, value in plan.values.items() if plan.terms[id_].family == family}
    worth = pl.DataFrame(
        {"product_id": list(values), "_value": list(values.values())}, schema={"product_id": pl.Int32, "_value": pl.Float64}
    )
    return facts.held.join(worth, on="product_id").group_by("customer_id").agg(at_stake=pl.col("_value").sum())


def _by_product(plan: _Plan, counts: pl.DataFrame) -> dict[str, dict[str, int]]:
    """By product code, for how many customers it is the first, second, ... offer."""
    found: dict[str, dict[str, int]] = {}
    for row in counts.sort("product_id", "place").to_dicts():
        found.setdefault(plan.codes[row["product_id"]], {})[str(row["place"])] = row["customers"]
    return found
