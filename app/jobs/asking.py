"""Holding all live work against the contact policy, one transaction for each batch: a phone waits for none of it."""

from collections import Counter
from collections.abc import Mapping

from app.dispatch.policy_sweeps import sweep_next_batch
from app.jobs.steps import Step


def ask_contact_policy(step: Step) -> Mapping[str, int]:
    """The work of one round: batch after batch until no sweep is due. Killed, the next round goes on where it stopped."""
    counts = Counter(asked=0, withdrawn=0)
    while (found := step(lambda session, now: sweep_next_batch(session, now=now))) is not None:
        counts.update(found)
    return dict(counts)
