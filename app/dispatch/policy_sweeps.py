"""Holding all live work against the contact policy: every night, and when another version comes into force; batch by batch."""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.gate import Act, order_refusals
from app.campaigns.policy.queries import policy_in_force
from app.core import clock
from app.dispatch import policy_sweep_queries as queries
from app.dispatch.policy_sweep_queries import Sweep
from app.dispatch.sweeps import withdraw_these
from app.models.policy import ContactPolicySweep

MOST_AT_ONCE = 20_000  # work orders of one batch
NIGHTLY = timedelta(minutes=20)  # after midnight: what is overdue has expired by then
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('ask-contact-policy', 0))"


def sweep_next_batch(session: Session, *, most: int = MOST_AT_ONCE, now: datetime) -> dict[str, int] | None:
    """Hold the next live work orders of the sweep that is due against the policy. {asked, withdrawn}; None: none is due.

    Each batch is a transaction of its caller's. A sweep that was broken off goes on where it stopped, unless another policy is
    in force or another night has come since.
    """
    if not session.scalar(text(_ALONE)):
        return None
    number = policy_in_force(session, day=clock.local_date(now)).number
    after = _due_after(queries.find_last_sweep(session), number, now)
    return None if after is None else _sweep(session, number, after, most, now)


def _due_after(last: Sweep | None, number: int, now: datetime) -> int | None:
    """The work order after which to go on; None where everything was asked."""
    night = clock.start_of_day(clock.local_date(now)) + NIGHTLY
    if last is None or last.number != number or last.swept_at < night <= now:
        return 0
    return last.through


def _sweep(session: Session, number: int, after: int, most: int, now: datetime) -> dict[str, int]:
    """Ask the gate for these, and withdraw those that it would not let be moved.

    Where a customer has more of them than the policy allows by now, those that were there first stay.
    """
    ids = queries.live_ids(session, after=after, limit=most)
    against = defaultdict(list)
    for order_id, reason in order_refusals(session, ids, act=Act.MOVE, now=now).items():
        against[reason].append(order_id)
    count = sum(withdraw_these(session, these, reason=reason, now=now) for reason, these in sorted(against.items()))
    through = ids[-1] if len(ids) == most else None
    session.add(ContactPolicySweep(number=number, swept_at=now, through_work_order_id=through))
    session.flush()
    return {"asked": len(ids), "withdrawn": count}
