"""Which live work orders the contact policy bars by now, as conditions of a sweep over `work_orders w`."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.campaigns.policy.queries import policy_in_force, term_parameters
from app.campaigns.policy.rules import ANY, RestAfterRefusal
from app.campaigns.policy.sets import COMPLAINED_LATELY
from app.campaigns.policy.terms import terms_of
from app.core import clock

DO_NOT_DISTURB, COMPLAINT_OPEN, RESTING_AFTER_REFUSAL = "do_not_disturb", "complaint_open", "resting_after_refusal"
NEWS = timedelta(days=2)  # what was reported before that the sweeps of before have seen, and every night's does

REFUSED = """JOIN campaigns k ON k.id = w.campaign_id WHERE EXISTS (
    SELECT FROM contact_preferences s WHERE s.customer_id = w.customer_id AND s.status = 'refused'
    AND (s.until IS NULL OR s.until >= :today) AND s.scope IN ('all', k.channel, w.product_family))"""
_COMPLAINED = f"WHERE w.customer_id IN (SELECT s.customer_id {COMPLAINED_LATELY})"
# A refusal ends its own order; the others of the customer it ends here.
_REFUSED_LATELY = """WHERE EXISTS (
    SELECT FROM contact_feedback f JOIN work_orders o ON o.id = f.work_order_id
    CROSS JOIN unnest(CAST(:since AS timestamptz[]), CAST(:whole AS boolean[]), CAST(:outcome AS text[]),
        CAST(:objection AS text[])) AS l (since, whole, outcome, objection)
    WHERE f.customer_id = w.customer_id AND f.received_at >= :news AND f.contacted_at >= l.since AND f.outcome = l.outcome
        AND (l.objection IS NULL OR f.objection = l.objection) AND (l.whole OR o.product_family = w.product_family)
        AND o.id <> w.id AND NOT EXISTS (SELECT FROM contact_feedback n WHERE n.corrects_id = f.id))"""


@dataclass(frozen=True)
class Bar:
    """A reason, the condition under which it holds for a live order, and its parameters."""

    reason: str
    which: str
    parameters: dict[str, Any] = field(default_factory=dict)


def standing_bars(session: Session, *, now: datetime) -> list[Bar]:
    """What bars live work orders whatever their campaign: refusals, complaints, and what was refused lately."""
    today = clock.local_date(now)
    rules = policy_in_force(session, day=today).rules
    terms = term_parameters(terms_of(rules, channel=ANY, family=ANY, first=today, last=today))
    complaints = {name: value for name, value in terms.items() if name.startswith("complaint_")}
    rests = [rule for rule in rules if isinstance(rule, RestAfterRefusal) and rule.holds_on(today)]
    refusals = {
        "since": [clock.start_of_day(today - timedelta(days=rule.days)) for rule in rests],
        "whole": [rule.family == ANY for rule in rests],
        "outcome": [rule.outcome for rule in rests],
        "objection": [rule.objection for rule in rests],
        "news": now - NEWS,
    }
    return [
        Bar(DO_NOT_DISTURB, REFUSED, {"today": today}),
        Bar(COMPLAINT_OPEN, _COMPLAINED, complaints),
        Bar(RESTING_AFTER_REFUSAL, _REFUSED_LATELY, refusals),
    ]
