"""What of the contact policy speaks against one customer, with its figures."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.policy.queries import term_parameters
from app.campaigns.policy.sets import BOUGHT_LATELY, COMPLAINED_LATELY, REFUSED_LATELY, contacts
from app.campaigns.policy.terms import Terms
from app.campaigns.policy.words import window_sentence
from app.core import clock

_COUNT = f"""
SELECT c.nth, count(DISTINCT c.contact) FILTER (WHERE c.made) AS made,
    count(DISTINCT c.contact) - count(DISTINCT c.contact) FILTER (WHERE c.made) AS to_come
FROM ({contacts(union="UNION ALL", more=", {made} AS made")}) c WHERE c.customer_id = :only GROUP BY c.nth"""  # noqa: S608
_LATEST = "SELECT s.nth, max(s.at) {source} AND s.customer_id = :only GROUP BY s.nth ORDER BY s.nth"
_RESTS: tuple[tuple[str, str, str, Callable[[Terms], dict[int, int]]], ...] = (
    (COMPLAINED_LATELY, "The customer complained", "a complaint", lambda terms: {t.nth: t.days for t in terms.complaints}),
    (REFUSED_LATELY, "The customer refused", "that", lambda terms: {t.nth: t.days for t in terms.refusals}),
    (BOUGHT_LATELY, "The customer ordered", "an order", lambda terms: {t.nth: t.days for t in terms.successes}),
)


def policy_findings(session: Session, terms: Terms, *, customer_id: int, campaign_id: int, day: date) -> list[str]:
    """A sentence for each rule that speaks against contacting this customer for this campaign from `day` on."""
    values = {**term_parameters(terms), "only": customer_id, "campaign_id": campaign_id}
    said = []
    for source, what, after, days_of in _RESTS:
        days = days_of(terms)
        for nth, at in session.execute(text(_LATEST.format(source=source)), values) if days else ():
            said.append(_rest_sentence(what, after, at, days[nth]))
    counted = {nth: (made, to_come) for nth, made, to_come in session.execute(text(_COUNT), values)}
    for term in terms.windows:
        made, to_come = counted.get(term.nth, (0, 0))
        if made + to_come >= term.most:
            said.append(window_sentence(term, day=day, made=made, to_come=to_come))
    if terms.quiet:
        said.append("Every day of the campaign is a quiet day.")
    return said


def _rest_sentence(what: str, after: str, at: datetime, days: int) -> str:
    on = clock.local_date(at)
    return f"{what} on {on}: no contact for {days} days after {after}, until {on + timedelta(days=days)}."
