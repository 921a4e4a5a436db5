"""Sending what the outbox holds: claim, commit, send, record. No transaction is open while somebody else is called."""

from collections.abc import Mapping

from app.core import clock
from app.devices.pushes import claim_pushes, record_pushes
from app.devices.web_push import Sign, parcel_of
from app.jobs.steps import Step, StepWork
from app.notices.mailing import send_letters
from app.notices.quiet import QuietHours
from app.notices.relay import bury, claim_letters, claim_parcels, record_letters, record_parcels
from app.notices.sealing import Seal
from app.notices.sending import Sender, send_parcels
from app.verification.sms import claim_messages, record_failures
from app.verification.sms_sending import send_messages

NOTHING = {"delivered": 0, "failed": 0, "dead": 0}


def webhooks(sender: Sender, *, seal: Seal, apart: bool) -> StepWork:
    """The work of one round: to the endpoints that answer well, or (`apart`) to those that failed or were slow.

    They are two jobs, so that whoever does not answer delays nobody but the others of that kind.
    """

    def work(step: Step) -> Mapping[str, int]:
        if apart:
            step(lambda session, now: bury(session, now=now))
        parcels = step(lambda session, now: claim_parcels(session, apart=apart, seal=seal, now=now))
        if not parcels:
            return NOTHING
        answers = send_parcels(parcels, sender)
        return step(lambda session, now: record_parcels(session, parcels, answers, now=now))

    return work


def mail(address: str, sender: str, quiet: QuietHours) -> StepWork:
    """The work of one round of mails, by the way that the setting `address` names."""

    def work(step: Step) -> Mapping[str, int]:
        letters = step(lambda session, now: claim_letters(session, now=now)) if address else []
        if not letters:
            return NOTHING
        answers = send_letters(letters, mail=address, sender=sender)
        return step(lambda session, now: record_letters(session, letters, answers, quiet=quiet, now=now))

    return work


def messages(way: str, key: str, quiet: QuietHours) -> StepWork:
    """The work of one round of messages to customers, by the way that the setting names; none in quiet hours."""

    def work(step: Step) -> Mapping[str, int]:
        now = clock.now()
        taken = step(lambda session, now: claim_messages(session, now=now)) if way and quiet.over(now) == now else []
        if not taken:
            return {"sent": 0, "failed": 0}
        failed = send_messages(taken, way=way, key=key, timestamp=int(now.timestamp()))
        step(lambda session, _: record_failures(session, failed))
        return {"sent": len(taken) - len(failed), "failed": len(failed)}

    return work


def pushes(sender: Sender, sign: Sign | None, quiet: QuietHours) -> StepWork:
    """The work of one round of pushes to phones, each to its own push service, side by side; without a key: none."""

    def work(step: Step) -> Mapping[str, int]:
        taken = step(lambda session, now: claim_pushes(session, quiet=quiet, now=now)) if sign else []
        if sign is None or not taken:
            return NOTHING
        now = clock.now()
        answers = send_parcels([parcel_of(push, sign, now=now) for push in taken], sender)
        return step(lambda session, now: record_pushes(session, taken, answers, quiet=quiet, now=now))

    return work
