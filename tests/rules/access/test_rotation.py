"""What to do with a refresh token."""

from datetime import UTC, datetime, timedelta

import pytest

from app.access.rotation import Decision, PresentedToken, decide

NOW = datetime(2026, 10, 12, tzinfo=UTC)
RETRY = timedelta(seconds=60)


def token(generation=3, newest=3, rotated=None, expires=1, ended=False):
    return PresentedToken(
        generation=generation,
        newest_generation=newest,
        rotated_at=None if rotated is None else NOW - timedelta(seconds=rotated),
        expires_at=NOW + timedelta(seconds=expires),
        family_ended=ended,
    )


@pytest.mark.parametrize(
    ("shown", "decision"),
    [
        (token(), Decision.ROTATE),
        (token(expires=0), Decision.REFUSE),
        (token(ended=True), Decision.REFUSE),
        (token(ended=True, rotated=1), Decision.REFUSE),
        (token(generation=2, rotated=0), Decision.REPEAT),
        (token(generation=2, rotated=60), Decision.REPEAT),
        (token(generation=2, rotated=61), Decision.END_FAMILY),
        (token(generation=1, rotated=5), Decision.END_FAMILY),
    ],
)
def test_a_token_is_rotated_once_repeated_for_a_minute_and_then_taken_for_stolen(shown, decision):
    assert decide(shown, now=NOW, retry_window=RETRY) is decision
