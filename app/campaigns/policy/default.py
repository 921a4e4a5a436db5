"""The contact policy that holds where a company has set none (pure)."""

from app.campaigns.policy.rules import (
    ANY,
    SAME,
    QuietHours,
    RestAfterComplaint,
    RestAfterRefusal,
    RestAfterSuccess,
    Rule,
    SlidingWindow,
)

DEFAULT_RULES: tuple[Rule, ...] = (
    SlidingWindow(most=2, days=30),
    SlidingWindow(most=1, days=14, family=SAME),
    RestAfterRefusal(days=90, family=SAME),
    RestAfterRefusal(days=365, family=ANY, objection="wants_no_contact"),
    RestAfterSuccess(days=60, family=SAME),
    RestAfterComplaint(days=30),
    QuietHours(),
)
