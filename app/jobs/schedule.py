"""The timetable, top to bottom as the work flows. Times of day are local. Whoever adds a job adds a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from sqlalchemy.orm import Session

from app.access.purge import purge_log_ins
from app.campaigns.sampling.drawing import draw_sample_if_due
from app.centre.computing import compute_tags
from app.core.clock import Month
from app.core.db import refresh_over_parts
from app.devices.web_push import Sign
from app.disclosure.service import resolve_old_news
from app.dispatch.arrivals import tell_of_new_work
from app.dispatch.days.release import release_wave
from app.dispatch.escalation.service import escalate
from app.dispatch.preview.capacity_map import measure_if_due
from app.dispatch.preview.piloting import check_pilots
from app.dispatch.preview.requests import work_on_plans
from app.dispatch.refilling.service import refill_places
from app.dispatch.run.order_part import drop_lost_parts
from app.dispatch.run.requests import dispatch_requested
from app.dispatch.run.retaining import KEPT_DAYS, forget_inputs
from app.dispatch.sweeps import expire_overdue, withdraw_refused
from app.evaluation.requests import evaluate_requested
from app.evaluation.service import evaluate_mature
from app.feedback.attachments.purge import purge_attachments
from app.feedback.replaying import take_waiting
from app.feedback.telling import tell_of_requests
from app.figures.alarms.service import look_at_alarms
from app.figures.keeping import keep_figures
from app.jobs import outgoing
from app.jobs.asking import ask_contact_policy
from app.jobs.joining import join_order_parts
from app.jobs.leftovers import fill_all_draw_keys, look_at_all_photos, sweep_files
from app.jobs.records import forget_live_changes, purge_runs
from app.jobs.rows import TRAINING_SECONDS, InSteps, Row, Scheduled, at_now
from app.notices.digests import make_digests
from app.notices.letters import purge_outbox
from app.notices.quiet import QuietHours
from app.notices.sealing import Seal, passing_seal
from app.notices.sending import Sender
from app.offers.service import choose_offers
from app.points.disputes.escalation import escalate_disputes
from app.points.disputes.rules import DisputeTerms
from app.points.late.service import adjust_closed_months
from app.points.ledger.sealing import seal_ledger, verify_ledger
from app.scoring.promotion import CALIBRATION_LIMIT
from app.scoring.ranking import rank_all
from app.scoring.watching.service import watch_rankers
from app.territory.applying import apply_due_handovers
from app.territory.feed_moves import follow_feed
from app.verification.drawing import draw_back_checks
from app.verification.scanning import scan_evidence
from app.verification.service import verify_feedback

IN_PARTS = ("campaign_targets", "work_orders")
PUSH_SECONDS = 5.0  # of one try: a push service that is slower is asked again later


@dataclass(frozen=True)
class Outgoing:
    """How others are told: webhooks, whose keys `seal` opens, mail by the setting `mail` (none where it is empty), and pushes
    where there is a key to `sign` them; the latter two not in `quiet_hours`. `push_minutes`: between two pushes to a person, at
    the least. `disputes`: when a dispute about points is overdue."""

    webhooks: Sender = field(default_factory=Sender)
    seal: Seal = field(default_factory=passing_seal)
    mail: str = ""
    mail_from: str = ""
    sms: str = ""
    sms_key: str = ""
    quiet_hours: str = "21-8"
    pushes: Sender = field(default_factory=lambda: Sender(try_seconds=PUSH_SECONDS))
    sign: Sign | None = None
    push_minutes: int = 30
    disputes: DisputeTerms = field(default_factory=DisputeTerms)


def timetable(
    zone: ZoneInfo,
    secret: str,
    calibration_limit: float = CALIBRATION_LIMIT,
    out: Outgoing | None = None,
    *,
    unfinished_rule: str = "roll",
    most_rolls: int = 3,
    run_inputs_days: int = KEPT_DAYS,
) -> tuple[Row, ...]:
    """Every job, in the local time zone; `secret` keeps the draw of back-checks from being foreseen.

    Above `calibration_limit` a ranker in use is calibrated anew. `out`: how others are told.
    `unfinished_rule`, `most_rolls`: as in `release_wave`; `run_inputs_days`: as in `forget_inputs`.
    """

    def at(**fields: str | int) -> CronTrigger:
        return CronTrigger(**fields, timezone=zone)

    def watch(session: Session, now: datetime) -> Mapping[str, Any]:
        return watch_rankers(session, calibration_limit=calibration_limit, now=now)

    def release(session: Session, now: datetime) -> Mapping[str, Any]:
        return release_wave(session, unfinished_rule=unfinished_rule, most_rolls=most_rolls, now=now)

    return (
        Scheduled("watch-rankers", at(hour=2, minute=15, second=0), watch, idle_seconds=TRAINING_SECONDS),
        Scheduled("compute-tags", at(hour=2, minute=30, second=0), at_now(compute_tags)),
        Scheduled("rank-customers", at(hour=3, minute=0, second=0), at_now(rank_all), idle_seconds=TRAINING_SECONDS),
        Scheduled("choose-offers", at(hour=3, minute=50, second=0), at_now(choose_offers)),
        Scheduled("dispatch-requested", at(second="*/10"), at_now(dispatch_requested), idle_seconds=TRAINING_SECONDS),
        InSteps("work-on-plans", at(second="*/5"), work_on_plans),
        Scheduled("withdraw-refused", at(second="*/20"), at_now(withdraw_refused)),
        Scheduled("expire-overdue", at(hour=0, minute=10, second=0), at_now(expire_overdue)),
        InSteps("ask-contact-policy", at(second=40), ask_contact_policy),
        Scheduled("release-wave", at(hour=5, minute=30, second=0), release),
        # after the wave, which says what becomes of what yesterday left unfinished
        Scheduled("refill-places", at(hour=5, minute=45, second=0), at_now(refill_places), idle_seconds=TRAINING_SECONDS),
        Scheduled("apply-handovers", at(minute="*/5", second=35), at_now(apply_due_handovers)),
        Scheduled("follow-feed", at(second=25), at_now(follow_feed)),
        Scheduled("take-waiting-feedback", at(minute="*/10", second=50), at_now(take_waiting)),
        *_adding_up(zone),
        *_judging(zone, secret),
        *_keeping_the_ledger(zone),
        *_telling(out or Outgoing(), zone),
        *_tidying(zone, run_inputs_days),
    )


def _adding_up(zone: ZoneInfo) -> tuple[Row, ...]:
    """What pages show of many rows at once, added up before somebody looks."""

    def at(**fields: str | int) -> CronTrigger:
        return CronTrigger(**fields, timezone=zone)

    return (
        Scheduled("draw-sample", at(second=45), at_now(draw_sample_if_due), idle_seconds=TRAINING_SECONDS),
        Scheduled("measure-capacity", at(second=15), at_now(measure_if_due)),
        InSteps("keep-figures", at(minute="*/2", second=20), keep_figures),
        Scheduled("evaluate-requested", at(second="*/10"), at_now(evaluate_requested), idle_seconds=TRAINING_SECONDS),
        Scheduled("evaluate-campaigns", at(hour=4, minute=20, second=0), at_now(evaluate_mature), idle_seconds=TRAINING_SECONDS),
    )


def _judging(zone: ZoneInfo, secret: str) -> tuple[Row, ...]:
    """What is true of what was reported, and what it changes of closed months."""

    def draw(session: Session, now: datetime) -> Mapping[str, Any]:
        months = sorted({Month.of(now - timedelta(days=7)), Month.of(now)})  # a part that was missed is made up for a week
        return {str(one): draw_back_checks(session, month=one, secret=secret, now=now) for one in months}

    def at(**fields: str | int) -> CronTrigger:
        return CronTrigger(**fields, timezone=zone)

    return (
        Scheduled("verify-feedback", at(minute="*/15", second=5), at_now(verify_feedback)),
        Scheduled("scan-evidence", at(hour=0, minute=30, second=0), at_now(scan_evidence), idle_seconds=TRAINING_SECONDS),
        Scheduled("draw-back-checks", at(hour=1, minute=0, second=0), draw),
        Scheduled("adjust-closed-months", at(hour=2, minute=0, second=0), at_now(adjust_closed_months)),
    )


def _keeping_the_ledger(zone: ZoneInfo) -> tuple[Row, ...]:
    """Seals over what was posted, and whether everything still is what was sealed."""
    every_night = CronTrigger(hour=3, minute=40, second=0, timezone=zone)
    return (
        Scheduled("seal-ledger", CronTrigger(second=55, timezone=zone), at_now(seal_ledger)),
        Scheduled("verify-ledger", every_night, lambda session, _: verify_ledger(session), idle_seconds=TRAINING_SECONDS),
    )


def _tidying(zone: ZoneInfo, run_inputs_days: int) -> tuple[Row, ...]:
    """What is not needed any more, and what older releases left open."""

    def forget(session: Session, now: datetime) -> Mapping[str, Any]:
        return forget_inputs(session, days=run_inputs_days, now=now)

    def at(**fields: str | int) -> CronTrigger:
        return CronTrigger(**fields, timezone=zone)

    return (
        Scheduled("forget-run-inputs", at(hour=4, minute=5, second=0), forget),
        Scheduled("forget-live-changes", at(minute="*/5", second=20), lambda session, _: forget_live_changes(session)),
        Scheduled("sweep-files", at(hour=4, minute=15, second=0), at_now(sweep_files)),
        Scheduled("purge", at(hour=4, minute=30, second=0), _purge),
        InSteps("fill-draw-keys", at(hour=4, minute=45, second=0), fill_all_draw_keys),
        InSteps("look-at-photos", at(hour=4, minute=50, second=0), look_at_all_photos),
        InSteps("join-order-parts", at(hour=5, minute=5, second=0), join_order_parts),
    )


def _telling(out: Outgoing, zone: ZoneInfo) -> tuple[Row, ...]:
    """Telling people and other systems."""
    quiet = QuietHours.parse(out.quiet_hours, zone)

    def digest(session: Session, now: datetime) -> Mapping[str, Any]:
        return make_digests(session, quiet=quiet, now=now) if out.mail else {}

    def overdue(session: Session, now: datetime) -> Mapping[str, Any]:
        return escalate_disputes(session, terms=out.disputes, now=now)

    def arrivals(session: Session, now: datetime) -> Mapping[str, Any]:
        apart = timedelta(minutes=out.push_minutes)
        return tell_of_new_work(session, quiet=quiet, apart=apart, now=now) if out.sign else {}

    def at(**fields: str | int) -> CronTrigger:
        return CronTrigger(**fields, timezone=zone)

    return (
        Scheduled("look-at-alarms", at(minute="*/10", second=40), at_now(look_at_alarms)),
        Scheduled("check-pilots", at(minute=40, second=0), at_now(check_pilots)),
        Scheduled("escalate", at(minute="25,55", second=0), at_now(escalate)),
        Scheduled("tell-of-requests", at(minute="*/5", second=10), at_now(tell_of_requests)),
        Scheduled("escalate-disputes", at(hour=7, minute=45, second=0), overdue),
        Scheduled("make-digests", at(hour=8, minute=5, second=0), digest),
        InSteps("send-webhooks", at(second="*/3"), outgoing.webhooks(out.webhooks, seal=out.seal, apart=False)),
        InSteps("send-webhooks-apart", at(second="*/5"), outgoing.webhooks(out.webhooks, seal=out.seal, apart=True)),
        Scheduled("tell-phones", at(second=45), arrivals),
        InSteps("send-pushes", at(second="*/5"), outgoing.pushes(out.pushes, out.sign, quiet)),
        InSteps("send-sms", at(minute="*/10", second=15), outgoing.messages(out.sms, out.sms_key, quiet)),
        InSteps("send-mail", at(second="*/30"), outgoing.mail(out.mail, out.mail_from, quiet)),
    )


def _purge(session: Session, now: datetime) -> dict[str, int]:
    gone = {
        "log_ins": purge_log_ins(session, now=now),
        "job_runs": purge_runs(session, now=now),
        "events": purge_outbox(session, now=now),
        "notices": resolve_old_news(session, now=now),
        "attachments": purge_attachments(session, now=now),
        "lost_parts": drop_lost_parts(session),
    }
    for table in IN_PARTS:  # last: until the transaction ends, no run attaches a part
        refresh_over_parts(session, table)
    return gone
