"""Changing the contact policy: one proposes a version, another approves it; nothing is ever overwritten."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.plan_checks import LAST_DAY
from app.campaigns.policy import queries
from app.campaigns.policy.as_json import rules_as_json
from app.campaigns.policy.queries import PolicyVersion
from app.campaigns.policy.rules import Rule, WrongPolicy
from app.core import clock
from app.core.errors import Conflict, Forbidden
from app.models.policy import ContactPolicy, ContactPolicyApproval

LONGEST_NAME, LONGEST_NOTE = 200, 1_000


class SamePerson(Forbidden):
    """Who proposes a contact policy does not approve it."""

    code = "contact_policy.same_person"


class PolicyOvertaken(Conflict):
    """This version was approved already, or a later one is in force."""

    code = "contact_policy.overtaken"


def propose_policy(
    session: Session, *, rules: Sequence[Rule], effective_from: date | None, author: str, note: str = "", now: datetime
) -> PolicyVersion:
    """A new version, which waits for another person's approval. `effective_from` None: today. Raises WrongPolicy."""
    today = clock.local_date(now)
    first = effective_from or today
    if not today <= first <= LAST_DAY:
        raise WrongPolicy("effective_from", f"a day from today, {today}, to {LAST_DAY}")
    _check_text("author", author, LONGEST_NAME)
    author = author.strip()
    if note:
        _check_text("note", note, LONGEST_NOTE)
    _take_turns(session)
    number = queries.last_number(session) + 1
    session.add(
        ContactPolicy(number=number, rules=rules_as_json(rules), effective_from=first, author=author, note=note, proposed_at=now)
    )
    session.flush()
    return queries.get_policy(session, number)


def approve_policy(session: Session, *, number: int, approver: str, now: datetime) -> PolicyVersion:
    """Agree to a version that another person proposed; from its first day on it is in force.

    Raises UnknownPolicy, SamePerson, PolicyOvertaken.
    """
    _check_text("approver", approver, LONGEST_NAME)
    _take_turns(session)
    found = queries.get_policy(session, number)
    if found.author is not None and found.author.strip().lower() == approver.strip().lower():
        raise SamePerson
    if number <= (last := queries.last_number(session, approved=True)):
        raise PolicyOvertaken(f"The contact policy {number} cannot be approved: version {last} is.", approved=last)
    session.add(ContactPolicyApproval(number=number, author=found.author, approver=approver.strip(), approved_at=now))
    session.flush()
    return queries.get_policy(session, number)


def _take_turns(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('contact-policy', 0))"))


def _check_text(field: str, value: str, longest: int) -> None:
    if not value.strip() or len(value) > longest or any(ord(letter) < 32 or "\ud800" <= letter <= "\udfff" for letter in value):
        raise WrongPolicy(field, f"a text of 1 to {longest} characters")
