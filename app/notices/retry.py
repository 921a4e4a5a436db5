"""What follows from an answer: delivered, again later, never again. The schedule is that of Standard Webhooks."""

from dataclasses import dataclass
from datetime import timedelta

# At once, then after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 hours: ten tries over 75 hours 35 minutes and 5 seconds.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MAX_TRIES = len(WAITS) + 1
SLOW_SECONDS = 2.0  # who answers later than this is served apart, so that others need not wait
MAX_ASKED = timedelta(days=1)
GONE = 410


@dataclass(frozen=True)
class Answer:
    """What came of one try: a status, or why there was none. `retry_after`: seconds that the other side asked for."""

    status: int | None = None
    error: str | None = None
    seconds: float = 0.0
    retry_after: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What is done about it. `wait`: until the next try; None where it is over. `apart`: the other side is slow or failing."""

    delivered: bool
    wait: timedelta | None
    said: str | None
    apart: bool
    gone: bool = False


def judge(answer: Answer, tries_before: int) -> Verdict:
    """What follows from the answer to a try after `tries_before` others.

    410 ends the endpoint. Another 4xx is about this message (it is tried again, the endpoint stays in its lane); no answer,
    429 and 5xx are about the endpoint.
    """
    status = answer.status
    if status is not None and 200 <= status < 300:
        return Verdict(True, None, None, apart=answer.seconds > SLOW_SECONDS)
    said = answer.error if status is None else f"answered {status}"
    if status == GONE:
        return Verdict(False, None, said, apart=False, gone=True)
    apart = status is None or status == 429 or status >= 500 or answer.seconds > SLOW_SECONDS
    if tries_before >= len(WAITS):
        return Verdict(False, None, said, apart)
    asked = min(timedelta(seconds=answer.retry_after or 0), MAX_ASKED)
    return Verdict(False, max(WAITS[tries_before], asked), said, apart)
