"""Which feedback is checked by calling the customer back: a random sample that nobody can foretell (pure).

Poisson sampling by a keyed hash: every feedback is drawn with the same probability, independent of all others, of how often
and in which order it is looked at. Drawing again therefore never changes the sample, and the probability stays true.
"""

import hashlib
import hmac
from collections.abc import Iterable
from uuid import UUID

DEFAULT_SHARE = 0.05  # of the feedback of a month


def is_drawn(secret: str, month: str, feedback_id: UUID, share: float) -> bool:
    """Whether this feedback is in the month's sample. `share` is its inclusion probability, 0 < share <= 1."""
    digest = hmac.digest(secret.encode(), b"back-check/" + month.encode() + b"/" + feedback_id.bytes, hashlib.sha256)
    return int.from_bytes(digest[:8]) < share * 2**64


def draw(secret: str, month: str, feedback_ids: Iterable[UUID], share: float) -> list[UUID]:
    """Those of the feedbacks that are in the sample, in the order given. Raises ValueError for a share outside (0, 1]."""
    if not 0 < share <= 1:
        raise ValueError("share: expected a number above 0, at most 1")
    return [feedback_id for feedback_id in feedback_ids if is_drawn(secret, month, feedback_id, share)]


def judging_probability(inclusion_probability: float, *, judged_automatically: bool) -> float:
    """Probability with which a back-checked feedback is judged at all.

    What the feeds judge is judged with certainty, drawn or not; only what they cannot judge owes its verdict to the draw.
    Weighing both by the draw would count the checked ones many times over (Horvitz and Thompson, 1952).
    """
    return 1.0 if judged_automatically else inclusion_probability
