"""Sealing the ledger in batches, and telling where it is not what was sealed."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.models.ledger import LedgerLeaf, LedgerSeal
from app.points.ledger import seal_queries
from app.points.ledger.chain import BEGINNING, Break, digest, find_breaks, make_seal
from app.points.plans.in_force import take_points_lock

BATCH = 10_000  # entries under one seal


class LedgerBroken(Conflict):
    """The ledger is not what was sealed."""

    code = "ledger.broken"


def seal_ledger(session: Session, *, now: datetime) -> dict[str, int]:
    """Seal what was posted since the last seal. Returns how many entries."""
    take_points_lock(session)  # nobody is about to commit an entry with a smaller id
    sealed = 0
    while leaves := seal_queries.leaves(session, after=seal_queries.last_sealed(session), limit=BATCH):
        previous = seal_queries.find_newest(session)
        overrides = seal_queries.override_lines(session)
        seal = make_seal(
            number=1 if previous is None else previous.id + 1,
            leaves=leaves,
            override_count=len(overrides),
            overrides_sha256=digest(overrides),
            previous_sha256=BEGINNING if previous is None else previous.sha256,
        )
        session.execute(insert(LedgerSeal).values(vars(seal) | {"sealed_at": now}))
        rows = [{"entry_id": entry_id, "seal_id": seal.id, "sha256": leaf} for entry_id, leaf in leaves]
        session.execute(insert(LedgerLeaf), rows)
        sealed += len(leaves)
    return {"entries": sealed}


def find_ledger_breaks(session: Session, *, anchor: str | None = None) -> list[Break]:
    """Where the ledger is not what was sealed, does not balance, or is not guarded; see chain.find_breaks."""
    seals, kept = seal_queries.seals(session), seal_queries.kept_leaves(session)
    breaks = list(find_breaks(seals, kept, seal_queries.all_leaves(session), seal_queries.override_lines(session), anchor=anchor))
    breaks += [Break("balance", f"{month}: {units} units") for month, units in seal_queries.unbalanced(session)]
    return breaks + [Break("guard", name) for name in seal_queries.missing_guards(session)]


def verify_ledger(session: Session, *, anchor: str | None = None) -> dict[str, Any]:
    """Counts of what was verified, and the newest seal, to be kept elsewhere. Raises LedgerBroken, which names every break."""
    breaks = find_ledger_breaks(session, anchor=anchor)
    if breaks:
        raise LedgerBroken("; ".join(map(str, breaks[:20])), breaks=len(breaks))
    newest = seal_queries.find_newest(session)
    overrides = len(seal_queries.override_lines(session))
    sealed = {"seals": 0 if newest is None else newest.id, "newest": "" if newest is None else newest.sha256}
    return sealed | {"overrides": overrides}
