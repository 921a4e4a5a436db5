"""A run decided again from its inputs, as it was or by other rules, and what would have come out differently (pure)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from app.campaigns.eligibility import REASON_WORDS, REASONS
from app.campaigns.listing import Positions
from app.core.errors import Invalid
from app.dispatch.run.deciding import Decision, RunDecision
from app.dispatch.run.terms import DISPATCHED, RunInputs

MOST_CAPACITY = Decimal(100)
_UNLISTED = "not_on_the_list"


@dataclass(frozen=True)
class Changes:
    """Other rules. capacity: the managers' daily capacity times this; manager_cap: contacts a day at most; without: reasons that
    are not asked. A manager keeps whole contacts: what is less than one is lost."""

    capacity: Decimal = Decimal(1)
    manager_cap: int | None = None
    without: tuple[str, ...] = ()

    @property
    def are_some(self) -> bool:
        """Whether anything is changed."""
        return self != Changes()


@dataclass(frozen=True)
class Moved:
    """So many customers ended with another reason."""

    before: str
    after: str
    customers: int


@dataclass(frozen=True)
class CampaignComparison:
    """Targets by reason, and the value of those dispatched (None: no price is known), before and after."""

    campaign_code: str
    before: Mapping[str, int]
    after: Mapping[str, int]
    value_before: Decimal | None
    value_after: Decimal | None
    moved: list[Moved]


def check_changes(changes: Changes) -> None:
    """Raise Invalid, which names the rule that is out of its bounds."""
    if not (changes.capacity.is_finite() and 0 <= changes.capacity <= MOST_CAPACITY):
        raise Invalid("capacity", f"a factor from 0 to {MOST_CAPACITY}")
    if changes.manager_cap is not None and changes.manager_cap < 0:
        raise Invalid("manager_cap", "contacts a day, a whole number from 0 up")
    if unknown := sorted(set(changes.without) - set(REASONS)):
        raise Invalid("without", f"reasons of {', '.join(REASONS)}; not {', '.join(unknown)}")


def changed(inputs: RunInputs, changes: Changes) -> RunInputs:
    """The inputs with the capacity that the changes give; `without` is for decide_run."""
    numerator, denominator = changes.capacity.as_integer_ratio()
    capacity = inputs.managers.capacity * numerator // denominator
    if changes.manager_cap is not None:
        capacity = np.minimum(capacity, changes.manager_cap)
    return replace(inputs, managers=replace(inputs.managers, capacity=capacity))


def compare(inputs: RunInputs, before: RunDecision, after: RunDecision) -> list[CampaignComparison]:
    """Campaign by campaign what came out of both."""
    return [
        CampaignComparison(
            campaign_code=source.code,
            before=_by_reason(one),
            after=_by_reason(other),
            value_before=_value(one),
            value_after=_value(other),
            moved=_moved(one, other),
        )
        for source, one, other in zip(inputs.campaigns, before.campaigns, after.campaigns, strict=True)
    ]


def _by_reason(decision: Decision) -> dict[str, int]:
    count = np.bincount(decision.reason, minlength=len(REASON_WORDS))
    return {str(word): int(number) for word, number in zip(REASON_WORDS, count, strict=True) if number}


def _value(decision: Decision) -> Decimal | None:
    if decision.value is None:
        return None
    return Decimal(int(decision.value[decision.reason == DISPATCHED].sum())) / 10_000


def _moved(before: Decision, after: Decision) -> list[Moved]:
    """From which reason to which, the most first; a list drawn anew may also have others on it."""
    ids = np.union1d(before.customers.customer_id, after.customers.customer_id)
    reasons = [_reasons_of(decision, ids) for decision in (before, after)]
    pairs = reasons[0] * (len(REASON_WORDS) + 1) + reasons[1]
    words = (*map(str, REASON_WORDS), _UNLISTED)
    found = Counter(dict(zip(*(part.tolist() for part in np.unique(pairs, return_counts=True)), strict=True)))
    split = [(pair // len(words), pair % len(words), count) for pair, count in found.most_common()]
    return [Moved(words[one], words[other], count) for one, other, count in split if one != other]


def _reasons_of(decision: Decision, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    position = Positions(decision.customers.customer_id).of(ids)
    return np.append(decision.reason.astype(np.int64), len(REASON_WORDS))[position]
