"""Reading whom a list is about: the customers of a ranking or of a list, with what speaks against each."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.campaigns import plan_queries, queries
from app.campaigns.eligibility import draws_of
from app.campaigns.listing import Customers, ListRule, Positions, gather_against
from app.campaigns.membership import find_members
from app.campaigns.pilot import check_pilot
from app.campaigns.reasons import SETS, bearers_of
from app.core.columns import read_columns
from app.core.draws import draw_key, draw_key_sql
from app.models.campaign import Campaign
from app.models.score import ScoringRun
from app.scoring.run_scores import read_run_scores

_PERSON = {
    "customer_id": ("c.id", "int64"),
    "grid_id": ("c.grid_id", "int32"),
    "owner": ("coalesce(c.owner_staff_id, 0)", "int32"),
    "draw_key": (f"coalesce(c.draw_key, {draw_key_sql('c.customer_no')})", "int64"),
}
_TARGET = {
    **_PERSON,
    "rank": ("t.rank", "int32"),
    "score": ("t.score", "float32"),
    "uplift": ("coalesce(t.uplift, 'NaN')", "float32"),
    "explored": ("CAST(CAST(t.draw = 'explored' AS int) AS smallint)", "int16"),
    "probability": ("t.selection_probability", "float32"),
}
_ON_LIST = "FROM campaign_targets t JOIN customers c ON c.id = t.customer_id WHERE t.campaign_id = :campaign_id"


def rule_of(session: Session, campaign: Campaign) -> ListRule:
    """What decides the list of a campaign, its pilot as far as that still lasts."""
    pilot = check_pilot(campaign.pilot) if campaign.pilot is not None and campaign.pilot_outcome is None else None
    return ListRule(
        seed=campaign.seed,
        control_share=campaign.control_share,
        holdout_share=campaign.holdout_share,
        exploration_share=campaign.exploration_share,
        list_size=campaign.list_size,
        minimum_score=campaign.minimum_score,
        pilot_share=Decimal(1) if pilot is None else Decimal(str(pilot.share)),
        pilot_grids=_pilot_grids(session, campaign, pilot.share) if pilot is not None and pilot.by == "grids" else None,
    )


def pilot_share(session: Session, campaign: Campaign) -> float:
    """The probability with which a customer of the campaign is in its pilot; 1 where it has none."""
    if campaign.pilot is None:
        return 1.0
    pilot = check_pilot(campaign.pilot)
    if pilot.by == "customers":
        return pilot.share
    return len(_pilot_grids(session, campaign, pilot.share)) / len(plan_queries.grids_of(session, campaign.unit_id))


def _pilot_grids(session: Session, campaign: Campaign, share: float) -> tuple[int, ...]:
    """A share of the campaign's grids, at least one: drawn by their codes, so that every database draws the same."""
    grids = plan_queries.grids_of(session, campaign.unit_id)
    turns = draws_of(campaign.seed, "pilot", [draw_key(code) for _, code in grids])
    drawn = sorted(zip(turns.tolist(), grids, strict=True))[: max(round(share * len(grids)), 1)]
    return tuple(sorted(grid_id for _, (grid_id, _) in drawn))


def read_ranked(session: Session, campaign: Campaign, run: ScoringRun, *, day: date) -> Customers:
    """The customers of a ranking whom the campaign's plan is for, from the best down.

    Raises StoredFileMissing, RuleNotComputable.
    """
    scores = read_run_scores(session, run)
    people = read_columns(session, _PERSON, "FROM customers c", {})
    position = Positions(people["customer_id"]).of(scores.customer_id)
    rows = np.flatnonzero(position >= 0)
    rows = rows[_is_in_range(campaign, scores.score[rows])]
    rows = rows[_bears_tags(session, campaign, scores.customer_id[rows])]
    members = find_members(session, campaign, day=day)
    rows = rows if members is None else rows[np.isin(scores.customer_id[rows], members)]
    found = Customers(
        **{name: people[name][position[rows]] for name in _PERSON},
        rank=scores.rank[rows],
        score=scores.score[rows],
        uplift=scores.uplift[rows],
        against=np.zeros(len(rows), dtype=np.int64),
        explored=np.zeros(len(rows), dtype=np.bool_),
        probability=np.ones(len(rows), dtype=np.float32),
    )
    return _with_against(session, campaign, found, day)


def read_undecided(session: Session, campaign: Campaign, *, day: date) -> Customers:
    """The targets of a list that are not decided yet, by rank."""
    return _with_against(session, campaign, _read_targets(session, campaign, "t.reason IS NULL"), day)


def read_left_out(session: Session, campaign: Campaign) -> Customers:
    """The targets for whom there was no capacity, by rank, without what speaks against each: the run asks for that."""
    return _read_targets(session, campaign, "t.reason = 'over_capacity'")


def _read_targets(session: Session, campaign: Campaign, which: str) -> Customers:
    columns = read_columns(session, _TARGET, f"{_ON_LIST} AND {which}", {"campaign_id": campaign.id})
    order = np.lexsort((columns["draw_key"], columns["rank"]))
    sorted_columns = {name: column[order] for name, column in columns.items()}
    explored = sorted_columns.pop("explored") != 0
    against = np.zeros(len(order), dtype=np.int64)
    return Customers(**sorted_columns, explored=explored, against=against)


def _with_against(session: Session, campaign: Campaign, customers: Customers, day: date) -> Customers:
    parameters = queries.eligibility_parameters(session, campaign, day=day)
    sets = {reason: _members(session, source, parameters) for reason, source in SETS.items()}
    return replace(customers, against=gather_against(customers.customer_id, sets))


def _is_in_range(campaign: Campaign, score: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Without a list size the lowest score is where the list ends, and the explored are from below it."""
    lowest = campaign.minimum_score if campaign.list_size is not None else None
    inside = np.ones(len(score), dtype=np.bool_) if lowest is None else score >= np.float32(lowest)
    return inside if campaign.maximum_score is None else inside & (score <= np.float32(campaign.maximum_score))


def _bears_tags(session: Session, campaign: Campaign, customer_ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    bears = np.ones(len(customer_ids), dtype=np.bool_)
    for tags, wanted in ((campaign.required_tags, True), (campaign.excluded_tags, False)):
        for tag in tags:
            bears &= np.isin(customer_ids, _members(session, bearers_of("tag"), {"tag": tag})) == wanted
    return bears


def _members(session: Session, source: str, parameters: Mapping[str, Any]) -> NDArray[np.int64]:
    return read_columns(session, {"customer_id": ("s.customer_id", "int64")}, source, parameters)["customer_id"]
