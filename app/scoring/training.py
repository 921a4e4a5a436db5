"""Training a ranker: examples are gathered, learned from, and kept as the next version of the product."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.core import clock
from app.models.campaign import Product
from app.models.score import RankerVersion
from app.scoring import frames, queries
from app.scoring.learning.examples import Examples, plain_examples
from app.scoring.learning.features import feature_frame
from app.scoring.learning.labels import check_trainable, label_contacts
from app.scoring.learning.ranker import train
from app.scoring.options import LARGEST_SEED, LONGEST_WINDOW, check_day, check_within
from app.scoring.store import keep_ranker


def train_ranker(
    session: Session, *, product_code: str, as_of: date | None = None, label_window_days: int = 30, seed: int = 7, now: datetime
) -> RankerVersion:
    """Learn who buys a product when contacted, from contacts whose window of `label_window_days` ended before the day `as_of`.

    It becomes the product's champion if there is none. Raises UnknownProduct, Invalid, TrainingDataMissing,
    OneOutcomeOnly, NoFeatures.
    """
    day = check_day(as_of, clock.local_date(now))
    check_within("label_window", label_window_days, 1, LONGEST_WINDOW)
    check_within("seed", seed, 0, LARGEST_SEED)
    product = queries.get_product(session, product_code)
    examples = gather_examples(session, product, as_of=day, label_window_days=label_window_days)
    ranker = train(examples, seed=seed)
    return keep_ranker(session, ranker, product_id=product.id, as_of=day, label_window_days=label_window_days, now=now)


def gather_examples(session: Session, product: Product, *, as_of: date, label_window_days: int) -> Examples:
    """The contacts for a product whose outcome was known at the start of the day `as_of`, with what was known before each."""
    known_at = clock.start_of_day(as_of)
    labelled = label_contacts(
        frames.read_contacts(session, product_id=product.id, known_at=known_at),
        frames.read_sales(session, family=product.family),
        as_of=as_of,
        label_window=label_window_days,
        zone=str(clock.zone()),
    )
    check_trainable(labelled["label"].to_numpy())
    frames.choose(session, labelled)
    history = frames.read_history(session, known_at=known_at, family=product.family)
    frame = feature_frame(labelled, frames.read_snapshots(session), history)
    return plain_examples(frame.drop("label"), frame["label"].to_numpy())
