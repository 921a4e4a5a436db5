"""Whom a plan is for: those of its branch, tags and rule. Required and excluded tags are asked where the list is drawn."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns import plan_queries
from app.centre.bearing import bearers, kind_of, problem_of
from app.centre.customers import read_people
from app.centre.rules import FEATURE, features_of
from app.core.errors import Conflict
from app.models.campaign import Campaign
from app.scoring.figures import read_manifest

Ids = NDArray[np.int64]

_OF_GRIDS = text("SELECT id FROM customers WHERE grid_id = ANY(:grid_ids)")
# Of a tag's rule that was changed today the members are those of the version before, until the night.
_OF_ANY_TAG = text("""
SELECT id FROM customers WHERE tags && CAST(:tags AS text[])
UNION SELECT b.customer_id FROM customer_tags b JOIN tag_definitions d ON d.id = b.tag_id WHERE d.code = ANY(:tags)
""")


class RuleNotComputable(Conflict):
    """The list rule of this campaign speaks of figures that are not there."""

    code = "campaign.rule_not_computable"


def find_members(session: Session, campaign: Campaign, *, day: date) -> Ids | None:
    """Ids of the customers that the plan is for, sorted; None where it is for all. What was known before `day` counts.

    Raises RuleNotComputable.
    """
    sets: list[Ids] = []
    if campaign.unit_id is not None:
        sets.append(_ids(session, _OF_GRIDS, grid_ids=plan_queries.grid_ids_of_branch(session, campaign.unit_id)))
    if campaign.any_tags:
        sets.append(_ids(session, _OF_ANY_TAG, tags=campaign.any_tags))
    if campaign.list_rule is not None:
        sets.append(_by_rule(session, campaign.list_rule, campaign.unit_id, day))
    return reduce(np.intersect1d, sets) if sets else None


def _ids(session: Session, statement: Any, **values: Any) -> Ids:
    return np.unique(np.fromiter(session.scalars(statement, values), dtype=np.int64))


def _by_rule(session: Session, rule: Mapping[str, Any], unit_id: int | None, day: date) -> Ids:
    """Branch by branch, so that a company's figures are never all in memory."""
    manifest = read_manifest(session, as_of=day)
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    found: list[Ids] = [np.empty(0, dtype=np.int64)]
    for branch_id in sorted(manifest.customers):
        if unit_id not in (None, branch_id):
            continue
        people = read_people(session, branch_id=branch_id, manifest=manifest, features=features_of(rule))
        for name in features_of(rule):
            if kind := kind_of(people.schema[FEATURE + name]):
                kinds[name].add(kind)
        if all(features_of(rule).values()):
            found.append(bearers(people, 0, rule)["customer_id"].to_numpy())
    if problem := problem_of(rule, kinds):
        raise RuleNotComputable(f"list_rule: {problem}")
    return np.unique(np.concatenate(found))
