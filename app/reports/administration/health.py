"""How the installation is, as far as that is cheap to say; `gridwork doctor` looks at more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

LATE = timedelta(minutes=10)
BACKLOG = timedelta(minutes=15)
UNSEALED = timedelta(minutes=10)

_FACTS = text("""
SELECT pg_database_size(current_database()) AS database_bytes, current_setting('server_version') AS server_version,
    (SELECT version_num FROM alembic_version) AS schema_revision,
    (SELECT holder FROM job_leases WHERE name = 'worker' AND expires_at > clock_timestamp()) AS leader,
    (SELECT coalesce(json_agg(t.job ORDER BY t.job), '[]') FROM job_times t WHERE t.next_due_at < :late) AS overdue,
    (SELECT coalesce(json_agg(t.job ORDER BY t.job), '[]') FROM job_times t JOIN LATERAL (SELECT outcome FROM job_runs r
        WHERE r.job = t.job ORDER BY id DESC LIMIT 1) n ON n.outcome = 'failed') AS failed,
    (SELECT count(*) FROM outbox_deliveries WHERE state = 'dead') AS dead,
    (SELECT count(*) FROM (SELECT FROM outbox_deliveries WHERE state = 'pending' LIMIT 100000) p) AS pending,
    (SELECT min(next_attempt_at) FROM outbox_deliveries WHERE state = 'pending') AS pending_since,
    (SELECT min(e.posted_at) FROM points_entries e
        WHERE e.id > coalesce((SELECT last_entry_id FROM ledger_seals ORDER BY id DESC LIMIT 1), 0)) AS unsealed_since,
    (SELECT count(*) FROM ledger_overrides) AS overrides,
    (SELECT count(*) FROM feedback_quarantine WHERE released_at IS NULL) AS set_aside
""")
_FIGURES = ("database_bytes", "server_version", "schema_revision", "pending", "dead", "set_aside")


@dataclass(frozen=True)
class Check:
    """Something that is well or not, what was found, and what to do."""

    check: str
    well: bool
    found: str
    remedy: str


@dataclass(frozen=True)
class Health:
    """All checks, and the figures behind them."""

    as_of: datetime
    well: bool
    checks: list[Check]
    database_bytes: int
    server_version: str
    schema_revision: str
    pending: int
    dead: int
    set_aside: int


def health(session: Session, *, now: datetime) -> Health:
    """How the installation is now."""
    facts = session.execute(_FACTS, {"late": now - LATE}).one()._mapping
    checks = [check(facts, now) for check in _CHECKS]
    figures = {name: facts[name] for name in _FIGURES}
    return Health(as_of=now, well=all(one.well for one in checks), checks=checks, **figures)


def _worker(facts: Mapping[Any, Any], _: datetime) -> Check:
    leader = facts["leader"]
    return Check("worker", leader is not None, leader or "no worker leads", "start one: gridwork worker")


def _overdue(facts: Mapping[Any, Any], _: datetime) -> Check:
    late = facts["overdue"]
    return Check("overdue_jobs", not late, ", ".join(late), "start a worker, or see why these fail")


def _failed(facts: Mapping[Any, Any], _: datetime) -> Check:
    failed = facts["failed"]
    return Check("failed_jobs", not failed, ", ".join(failed), "read the message in the job's history")


def _deliveries(facts: Mapping[Any, Any], _: datetime) -> Check:
    dead = facts["dead"]
    return Check("deliveries", not dead, str(dead), "gridwork outbox list --state dead; when mended: gridwork outbox replay")


def _backlog(facts: Mapping[Any, Any], now: datetime) -> Check:
    since = facts["pending_since"]
    behind = since is not None and since < now - BACKLOG
    return Check("outbox", not behind, f"{facts['pending']} pending", "is the receiver slow, or no worker running?")


def _seals(facts: Mapping[Any, Any], now: datetime) -> Check:
    since = facts["unsealed_since"]
    behind = since is not None and since < now - UNSEALED
    found = f"unsealed since {since.isoformat()}" if behind else "sealed"
    return Check("ledger_seals", not behind, found, "seal-ledger runs every minute: see its history")


def _overrides(facts: Mapping[Any, Any], _: datetime) -> Check:
    count = facts["overrides"]
    return Check("ledger_overrides", not count, str(count), "gridwork reconcile shows all; explain each")


_CHECKS: tuple[Callable[[Mapping[Any, Any], datetime], Check], ...] = (
    _worker, _overdue, _failed, _deliveries, _backlog, _seals, _overrides,
)  # fmt: skip
