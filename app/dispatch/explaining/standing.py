"""How a customer stands in a campaign, and the sentences that say why (pure)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

NOT_DRAWN = ("draft", "submitted", "approved")  # statuses of a campaign without a list
AGAINST = {
    "invalid": "the customer cannot be reached by the campaign's channel, or does not hold what is to be kept",
    "do_not_disturb": "the customer refuses contact",
    "complaint_open": "the customer complained, and is left alone for some days",
    "resting_after_refusal": "the customer refused such an offer, and is left alone for some days",
    "resting_after_success": "the customer ordered, and is left alone for some days",
    "contact_limit": "the contacts of these days, made and to come, are as many as the contact policy allows",
    "quiet_day": "the contact policy allows no contact on any day of the campaign",
    "already_owns": "the customer has a product of this family already",
    "negative_uplift": "a contact is expected to make an order less likely",
    "permanent_holdout": "the customer is one of the few whom no campaign contacts, so that its effect can be told",
    "contacted_too_recently": "the last contact for this product family was too recent",
    "locked_by_other_campaign": "a live work order of another campaign holds the customer for this product family",
    "control": "the customer is a control: kept without contact, so that the campaign's true effect can be measured",
}
LEFT_OUT = {
    "no_active_manager": "no manager of the grid works in the campaign's window",
    "better_use": "another campaign of the same run had the better use for the customer",
    "over_budget": "the campaign's budget went to customers who rank higher",
    "below_cost": "a contact would cost more than it is expected to bring",
    "outside_pilot": "the campaign's pilot goes first, and the customer is not in it",
    "over_capacity": "the grid's capacity in the window went to customers before this one; a freed place goes to who is next",
}
ASSIGNED = {
    "owner": "the customer is this manager's own",
    "best_value": "with this manager the contacts of the grid are worth the most together, within everybody's capacity",
    "lowest_load": "this manager had the lowest load relative to capacity in the grid when the customer's turn came",
}


@dataclass(frozen=True)
class Score:
    """The ranker's word: calibrated probability, rank (1 is best) of so many customers, and what moved it most.

    `uplift`: what a contact adds to the probability; where it is known, the rank is by it.
    """

    score: float
    rank: int
    ranked_customers: int
    as_of: date
    reasons: list[dict[str, Any]]
    uplift: float | None = None


@dataclass(frozen=True)
class Event:
    """Something that happened to the work order."""

    happened_at: datetime
    event: str
    from_state: str
    to_state: str
    from_staff_no: str
    to_staff_no: str
    reason: str | None


@dataclass(frozen=True)
class Order:
    """The customer's work order in the campaign."""

    work_order_id: int
    staff_no: str
    manager_name: str
    state: str
    scheduled_on: date
    due_on: date
    assigned_because: str
    dispatched_at: datetime
    close_reason: str | None
    events: list[Event]
    on_freed_place: bool = False


@dataclass(frozen=True)
class Standing:
    """A customer in one campaign. `reason` is null where not on the list or not dispatched yet; `today` is what speaks
    against a contact as of now; `last_rank` is the last that the list reached."""

    campaign_code: str
    campaign_name: str
    product_code: str
    status: str
    on_list: bool
    draw: str | None
    selection_probability: float | None
    reason: str | None
    decided_at: datetime | None
    last_rank: int | None
    score: Score | None
    work_order: Order | None
    today: str | None
    sentences: list[str] = field(default_factory=list)


def sentences_of(standing: Standing) -> list[str]:
    """Why (not) this customer, why this manager, why now; in this order."""
    said = [_score_sentence(standing), _list_sentence(standing)]
    if standing.draw == "explored" and standing.selection_probability is not None:
        said.append(
            f"Drawn at random among the eligible with probability {standing.selection_probability:.4g}, so that the ranker does"
            " not learn only from its own choices."
        )
    if standing.work_order is not None:
        said += _order_sentences(standing.work_order)
    if standing.today in AGAINST and standing.today != standing.reason:
        said.append(f"As of today one would not contact: {AGAINST[standing.today]}.")
    return said


def _score_sentence(standing: Standing) -> str:
    score = standing.score
    if score is None:
        return f"No ranking for {standing.product_code} names the customer."
    text = (
        f"Rank {score.rank:,} of {score.ranked_customers:,} for {standing.product_code} as of {score.as_of},"
        f" with a score of {score.score:.1%}."
    )
    if score.uplift is not None:
        text += f" The rank is by what a contact is expected to change: {100 * score.uplift:+.1f} points."
    moved = [reason.get("en") or f"{reason.get('feature')} = {reason.get('value')}" for reason in score.reasons]
    return f"{text} What moved it most: {'; '.join(moved)}." if moved else text


def _list_sentence(standing: Standing) -> str:
    code, reason = standing.campaign_code, standing.reason
    if not standing.on_list:
        if standing.status in NOT_DRAWN:
            return f"The list of {code} is not drawn yet."
        if standing.last_rank is None:
            return f"Not on the list of {code}."
        return f"Not on the list of {code}, which was full at rank {standing.last_rank:,}."
    if reason is None:
        return f"On the list of {code}, to be dispatched."
    if reason == "dispatched":
        return f"On the list of {code}, and dispatched."
    return f"On the list of {code}, but not dispatched: {AGAINST.get(reason) or LEFT_OUT.get(reason, reason)}."


def _order_sentences(order: Order) -> list[str]:
    moved = [event for event in order.events if event.event == "reassigned"]
    if moved:
        why = f"because it was given over by {moved[-1].from_staff_no}: {moved[-1].reason or 'no reason was given'}"
    else:
        why = f"because {ASSIGNED.get(order.assigned_because, order.assigned_because)}"
    now = f"Planned for {order.scheduled_on}, the first day on which the manager's capacity was free, until {order.due_on}."
    state = f"The work order is {order.state.replace('_', ' ')}"
    freed = ["The place was free again, because other work of the campaign was withdrawn before any contact."]
    return [
        *(freed if order.on_freed_place else []),
        f"With {order.manager_name} ({order.staff_no}), {why}.",
        now,
        f"{state}: {order.close_reason}." if order.close_reason else f"{state}.",
    ]
