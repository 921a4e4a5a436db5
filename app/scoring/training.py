"""Training a ranker: examples are gathered, learned from, and kept as the next candidate of the product."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.models.campaign import Product
from app.models.score import Ordering, RankerTarget, RankerVersion
from app.scoring import queries
from app.scoring.findings import baseline_of, columns_of, findings_of, gates_as_json
from app.scoring.gathering import Gathered, gather, gather_arms
from app.scoring.judged import judged_of, with_columns_of
from app.scoring.learning.ranker import TrainedRanker, Training, learn, score
from app.scoring.learning.whole import MOST_SAMPLED
from app.scoring.options import LARGEST_SEED, LONGEST_WINDOW, check_budget, check_day, check_within
from app.scoring.promotion import CALIBRATION_LIMIT, check_gates
from app.scoring.scaleout.cluster import open_cluster
from app.scoring.spread_gathering import gather_sample
from app.scoring.store import keep_ranker
from app.scoring.uplift.training import train_uplift
from app.scoring.watching.queries import read_population

NO_CONTROLS = {"chosen": "propensity", "reason": "Propensity is used: nobody was kept back, so that uplift cannot be seen."}


def train_ranker(
    session: Session,
    *,
    product_code: str,
    target: RankerTarget = RankerTarget.ORDER,
    as_of: date | None = None,
    label_window_days: int = 30,
    seed: int = 7,
    allow: Collection[str] = (),
    budget_seconds: float | None = None,
    calibration_limit: float = CALIBRATION_LIMIT,
    now: datetime,
) -> RankerVersion:
    """Learn who buys a product when contacted, from contacts whose window of `label_window_days` ended before the day `as_of`;
    or, by `target`, which holders of its family are lost, or complain, when left alone.

    It is a candidate, whatever the gates say, whose figures its report holds. `allow`: columns to use though they look like
    leaks. `budget_seconds`: how long to look for better settings. Raises UnknownProduct, Invalid, TrainingDataMissing,
    OneOutcomeOnly, NoFeatures.
    """
    day = check_day(as_of, clock.local_date(now))
    check_within("label_window", label_window_days, 1, LONGEST_WINDOW)
    check_within("seed", seed, 0, LARGEST_SEED)
    check_budget(budget_seconds)
    product = queries.get_product(session, product_code)
    asked: dict[str, Any] = {"as_of": day, "label_window_days": label_window_days}
    options = {"seed": seed, "label_window": label_window_days, "allow": allow, "budget_seconds": budget_seconds}
    gathered, training = _learn(session, product, target, asked, options)
    arms = gather_arms(session, product, **asked, seed=seed, most=_most_arms(session)) if target is RankerTarget.ORDER else None
    part, uplift = train_uplift(arms, training.ranker.encoding, seed=seed) if arms else (None, NO_CONTROLS)
    ranker, judged = replace(training.ranker, uplift=part), judged_of(training, gathered.examples.frame)
    version = keep_ranker(
        session,
        ranker,
        product_id=product.id,
        target=target,
        ordering=Ordering.UPLIFT if part else Ordering.PROPENSITY,
        as_of=day,
        label_window_days=label_window_days,
        judged=judged,
        report=findings_of(ranker, judged)
        | {"columns": columns_of(training, allow), "baseline": _baseline(session, product, ranker, day), "uplift": uplift},
        now=now,
    )
    version.metrics = {**version.metrics, "examples": gathered.counts}
    champion = queries.find_champion(session, product.id, target)
    gates = check_gates(session, version, champion, calibration_limit=calibration_limit)
    version.report = {**version.report, "gates": gates_as_json(gates)}
    session.flush()
    return version


def _learn(
    session: Session, product: Product, target: RankerTarget, asked: dict[str, Any], options: dict[str, Any]
) -> tuple[Gathered, Training]:
    """In this process, or by a cluster: then what is gathered here is a sample."""
    address = session.info.get("dask", "")
    if not address:
        gathered = gather(session, product, target=target, **asked)
        return gathered, learn(gathered.examples, **options)
    with open_cluster(address) as client:
        gathered, elsewhere = gather_sample(session, client, product, target=target, seed=options["seed"], **asked)
        return gathered, learn(gathered.examples, **options, elsewhere=elsewhere)


def _most_arms(session: Session) -> int | None:
    return MOST_SAMPLED if session.info.get("dask") else None


def _baseline(session: Session, product: Product, ranker: TrainedRanker, day: date) -> dict[str, Any] | None:
    """How the customers to be scored looked on the day of training, for the watch to compare with."""
    population = with_columns_of(read_population(session, product, as_of=day), ranker.encoding)
    return baseline_of(ranker, population, score(ranker, population).tolist()) if population.height else None
