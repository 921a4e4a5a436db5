"""Checks of what the installation does: its worker, its feeds, its rankers."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from app.commands.doctor_finding import Finding, ok, wrong
from app.core import clock
from app.core.db import set_scope
from app.core.storage import storage_of
from app.figures.drift import find_drift
from app.figures.drift_queries import find_oldest_mark
from app.ingest.moving import has_unmoved
from app.jobs.due import last_due
from app.jobs.leftovers import FOLDERS, missing
from app.jobs.queries import feeds_imported, find_leader, named_files, newest_done, newest_runs
from app.jobs.schedule import timetable
from app.models.operations import JobOutcome
from app.notices.queries import count_dead
from app.points.ledger.seal_queries import find_newest, missing_guards, override_lines
from app.scoring.queries import all_champions

NEEDED_FEEDS = ("org_units", "staff", "products", "customers", "contact_preferences", "orders", "calls", "contact_history")
LATE = timedelta(minutes=10)


def check_worker(session: Session) -> Finding:
    """Somebody runs the timetable."""
    leader = find_leader(session)
    if leader is None or not leader.leads:
        return wrong("no worker leads", "start one: gridwork worker")
    return ok(f"{leader.holder} leads")


def check_failed_jobs(session: Session) -> Finding:
    """No job failed when it ran last."""
    failed = [f"{run.job} ({run.error})" for run in newest_runs(session) if run.outcome is JobOutcome.FAILED]
    if failed:
        return wrong("failed: " + "; ".join(failed)[:300], "see the worker's log and /operations/v1/jobs")
    return ok("no job failed when it ran last")


def check_overdue_jobs(session: Session) -> Finding:
    """Every job of the timetable was done for its last due time, with a little patience."""
    now, done = clock.now(), newest_done(session)
    overdue = []
    for row in timetable(clock.zone(), ""):
        due = last_due(row.when, now - LATE)
        if due is not None and (row.name not in done or done[row.name] < due):
            overdue.append(row.name)
    if overdue:
        return wrong("overdue: " + ", ".join(overdue), "start a worker, or see why these fail in its log")
    return ok("every job was done when it was due")


def check_feeds(session: Session) -> Finding:
    """What the business cannot do without was imported once at least."""
    known = feeds_imported(session)
    missing = [feed for feed in NEEDED_FEEDS if feed not in known]
    if missing:
        return wrong("never imported: " + ", ".join(missing), f"gridwork import {missing[0]} FILE")
    return ok(f"{len(known)} feeds imported")


def check_rankers(session: Session) -> Finding:
    """At least one product has a ranker in use, and none of those is blocked."""
    champions = all_champions(session)
    if not champions:
        return wrong("no product has a champion ranker", "gridwork train --product P --promote")
    blocked = [f"{product.product_code} {version.number}" for product, version in champions if version.blocked_at]
    if blocked:
        return wrong("blocked: " + ", ".join(blocked[:8]), "gridwork watches; then promote another, or gridwork unblock")
    return ok("champions for " + ", ".join(sorted({product.product_code for product, _ in champions})[:8]))


def check_files(session: Session) -> Finding:
    """Every file that the database names is in the storage, and no figures of an older release wait to be moved."""
    named = named_files(session, in_use=True)
    gone = missing([file for folder in FOLDERS for file in storage_of(session).list_files(folder)], named)
    if gone:
        shown = ", ".join(gone[:3])
        return wrong(f"{len(gone)} missing: {shown}", "restore the storage from its backup, or import and rank these anew")
    if has_unmoved(session):
        return wrong("figures of the release before are still in the database", "gridwork migrate")
    return ok(f"{len(named)} files and folders named, all there")


def check_deliveries(session: Session) -> Finding:
    """Whoever is to be told was told."""
    dead = count_dead(session)
    if dead:
        return wrong(f"{dead} could not be delivered", "gridwork outbox list --state dead; when mended: gridwork outbox replay")
    return ok("nothing waits for a person")


def check_ledger(session: Session) -> Finding:
    """Nobody switched off what guards the ledger, and nobody changed it by an override; what it holds is verified every night."""
    gone = missing_guards(session)
    if gone:
        return wrong("switched off: " + ", ".join(gone)[:300], "find out who did it; gridwork verify-ledger, then switch them on")
    overrides = override_lines(session)
    if overrides:
        return wrong(f"{len(overrides)} overrides, the last: {overrides[-1][:200]}", "gridwork reconcile shows all; explain each")
    newest = find_newest(session)
    return ok("nothing sealed yet" if newest is None else f"{newest.id} seals, the newest {newest.sha256[:12]}")


def check_figures(session: Session) -> Finding:
    """The figures of the past are added up in time, and are what counting the work gives."""
    bind = session.get_bind()
    with Session(bind.engine) as apart:  # in one transaction, which ends with nothing done
        set_scope(apart, scope="all")
        oldest, drift = find_oldest_mark(apart), find_drift(apart)
    if drift:
        return wrong("; ".join(drift)[:300], "gridwork rebuild-figures")
    if oldest is not None and clock.now() - clock.shift() - oldest > 3 * LATE:
        return wrong(
            f"what changed since {oldest:%Y-%m-%d %H:%M} UTC waits", "start a worker: gridwork worker, or gridwork keep-figures"
        )
    return ok("added up, and equal to what was counted")


BUSINESS: Mapping[str, Callable[[Session], Finding]] = {
    "worker": check_worker,
    "failed jobs": check_failed_jobs,
    "overdue jobs": check_overdue_jobs,
    "feeds": check_feeds,
    "rankers": check_rankers,
    "stored files": check_files,
    "told others": check_deliveries,
    "ledger": check_ledger,
    "figures": check_figures,
}
