"""The inputs of runs as files of the storage: customers as Parquet, the rest as JSON, with a checksum over all of it."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa

from app.campaigns.eligibility import REASONS
from app.campaigns.listing import Customers, ListRule
from app.core.errors import Conflict
from app.core.storage import Storage
from app.dispatch.run.terms import CampaignInput, Places, RunInputs, Worth
from app.dispatch.splitting.split import Managers, SplitRules

FOLDER = "runs"
FORMAT = 1  # of these files; another one is refused
_COLUMNS = tuple(field.name for field in fields(Customers))
_PLACE_COLUMNS = tuple(field.name for field in fields(Places))


class InputsChanged(Conflict):
    """The stored inputs of this run are not those that it had."""

    code = "dispatch.inputs_changed"


@dataclass(frozen=True)
class KeptInputs:
    """Where the inputs of a run are, and the SHA-256 of them."""

    path: str
    sha256: str


def code_version() -> str:
    """Which release decides here."""
    try:
        return version("gridwork")
    except PackageNotFoundError:
        return "unknown"


def keep_inputs(storage: Storage, inputs: RunInputs) -> KeptInputs:
    """Write the inputs into a folder of their own."""
    path, found = f"{FOLDER}/{uuid4().hex}", sha256()
    for source in inputs.campaigns:
        table = pa.table({name: getattr(source.customers, name) for name in _COLUMNS})
        found.update(_digest(source.customers, _COLUMNS))
        storage.write_table(f"{path}/campaign={source.campaign_id}.parquet", table, row_group_rows=1_000_000, values_repeat=False)
    if inputs.places is not None:
        table = pa.table({name: getattr(inputs.places, name) for name in _PLACE_COLUMNS})
        found.update(_digest(inputs.places, _PLACE_COLUMNS))
        storage.write_table(f"{path}/places.parquet", table, row_group_rows=1_000_000)
    rest = json.dumps(_rest_of(inputs), sort_keys=True).encode()
    found.update(rest)
    storage.write_bytes(f"{path}/inputs.json", rest)
    return KeptInputs(path, found.hexdigest())


def load_inputs(storage: Storage, kept: KeptInputs) -> RunInputs:
    """The inputs as they were. Raises StoredFileMissing, InputsChanged."""
    content, found, campaigns = storage.read_bytes(f"{kept.path}/inputs.json"), sha256(), []
    rest = json.loads(content)
    if rest["format"] != FORMAT or set(rest["reasons"]) - set(REASONS):
        raise InputsChanged(f"inputs: expected format {FORMAT} with reasons of {', '.join(REASONS)}")
    for one in rest["campaigns"]:
        table = storage.read_table(f"{kept.path}/campaign={one['campaign_id']}.parquet")
        columns = {name: table[name].to_numpy(zero_copy_only=False) for name in _COLUMNS}
        customers = Customers(**columns)
        found.update(_digest(customers, _COLUMNS))
        campaigns.append(_campaign_of(one, Customers(**{**columns, "against": _renumbered(customers.against, rest["reasons"])})))
    places = None
    if rest["has_places"]:
        table = storage.read_table(f"{kept.path}/places.parquet")
        places = Places(**{name: table[name].to_numpy(zero_copy_only=False) for name in _PLACE_COLUMNS})
        found.update(_digest(places, _PLACE_COLUMNS))
    found.update(content)
    if found.hexdigest() != kept.sha256:
        raise InputsChanged(f"inputs: expected the checksum {kept.sha256}, got {found.hexdigest()}")
    # Of a run from before it is said, arbitration knew of no managers: it is repeated as it was.
    rules, managers = SplitRules(**({"likely_manager": False} | rest["rules"])), _managers_of(rest["managers"])
    return RunInputs(date.fromisoformat(rest["first"]), campaigns, managers, rules, places)


def _digest(columns: Customers | Places, names: tuple[str, ...]) -> bytes:
    found = sha256()
    for name in names:
        found.update(pa.py_buffer(np.ascontiguousarray(getattr(columns, name))))
    return found.digest()


def _renumbered(against: Any, reasons: list[str]) -> Any:
    """The bits of `against` by REASONS of now, where others were added since."""
    if list(REASONS) == reasons:
        return against
    moved = np.zeros_like(against)
    for place, reason in enumerate(reasons):
        moved |= (against >> place & 1) << REASONS.index(reason)
    return moved


def _rest_of(inputs: RunInputs) -> dict[str, Any]:
    managers = {field.name: getattr(inputs.managers, field.name) for field in fields(Managers)}
    return {
        "format": FORMAT,
        "first": inputs.first.isoformat(),
        "reasons": list(REASONS),
        "has_places": inputs.places is not None,
        "managers": {name: None if value is None else value.tolist() for name, value in managers.items()},
        "campaigns": [
            {
                "campaign_id": source.campaign_id,
                "code": source.code,
                "family": source.family,
                "is_drawn": source.is_drawn,
                "scoring_run_id": source.scoring_run_id,
                "first_day": source.first_day,
                "last_day": source.last_day,
                "product": source.product,
                "minimum_volume": source.minimum_volume,
                "budget": None if math.isinf(source.budget) else source.budget,
                "rule": _plain(source.rule),
                "worth": _plain(source.worth),
            }
            for source in inputs.campaigns
        ],
        "rules": _plain(inputs.rules),
    }


def _plain(value: Any) -> dict[str, Any]:
    found = {field.name: getattr(value, field.name) for field in fields(value)}
    return {name: str(one) if isinstance(one, Decimal) else one for name, one in found.items()}


def _campaign_of(one: Mapping[str, Any], customers: Customers) -> CampaignInput:
    rule: dict[str, Any] = {name: Decimal(value) if name.endswith("_share") else value for name, value in one["rule"].items()}
    rest = {name: value for name, value in one.items() if name not in {"rule", "worth", "budget"}}
    budget = math.inf if one["budget"] is None else one["budget"]
    return CampaignInput(rule=ListRule(**rule), worth=Worth(**one["worth"]), budget=budget, customers=customers, **rest)


def _managers_of(kept: Mapping[str, Any]) -> Managers:
    whole = {"staff", "grid", "capacity", "used", "least", "most"}
    arrays: dict[str, Any] = {
        name: None if value is None else np.array(value, dtype=np.int64 if name in whole else np.float64)
        for name, value in kept.items()
    }
    return Managers(**arrays)
