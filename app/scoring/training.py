"""Training a ranker: examples are gathered, learned from, and kept as the next version of the product."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.core import clock
from app.models.score import RankerTarget, RankerVersion
from app.scoring import queries
from app.scoring.gathering import gather
from app.scoring.learning.ranker import train
from app.scoring.options import LARGEST_SEED, LONGEST_WINDOW, check_day, check_within
from app.scoring.store import keep_ranker


def train_ranker(
    session: Session,
    *,
    product_code: str,
    target: RankerTarget = RankerTarget.ORDER,
    as_of: date | None = None,
    label_window_days: int = 30,
    seed: int = 7,
    now: datetime,
) -> RankerVersion:
    """Learn who buys a product when contacted, from contacts whose window of `label_window_days` ended before the day `as_of`;
    or, by `target`, which holders of its family are lost, or complain, when left alone.

    It becomes the product's champion if there is none. Raises UnknownProduct, Invalid, TrainingDataMissing,
    OneOutcomeOnly, NoFeatures.
    """
    day = check_day(as_of, clock.local_date(now))
    check_within("label_window", label_window_days, 1, LONGEST_WINDOW)
    check_within("seed", seed, 0, LARGEST_SEED)
    product = queries.get_product(session, product_code)
    gathered = gather(session, product, target=target, as_of=day, label_window_days=label_window_days)
    examples = gathered.examples
    ranker = train(examples.only(examples.treated), seed=seed)
    version = keep_ranker(
        session, ranker, product_id=product.id, target=target, as_of=day, label_window_days=label_window_days, now=now
    )
    version.metrics = {**version.metrics, "examples": gathered.counts}
    session.flush()
    return version
