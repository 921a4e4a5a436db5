"""Telling phones of new work: one message to a person about all of it, never one for each order."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.core import clock
from app.devices.pushes import push_to_people
from app.devices.queries import people_to_push
from app.devices.quiet_hours import over_both, parse_own
from app.dispatch.arrival_queries import arrived, present_snapshot
from app.notices.kinds import NEW_WORK
from app.notices.quiet import QuietHours


def tell_of_new_work(session: Session, *, quiet: QuietHours, apart: timedelta, now: datetime) -> dict[str, int]:
    """Push to everybody whose work came since they were told, or since their phone synced; nobody in quiet hours.

    At most one message to a person in `apart`; it says how many orders are new, and nothing of whom or what. Who is left
    alone now is told of all of it afterwards. Returns {people, orders}.
    """
    today, snapshot = clock.local_date(now), present_snapshot(session)
    people = {one.staff_id: one for one in people_to_push(session, told_before=now - apart, today=today)}
    awake = [one for one in people.values() if over_both(quiet, parse_own(one.quiet_hours, quiet.zone), now) == now]
    counts = arrived(session, awake, today=today)
    told = {staff_id: (people[staff_id].devices, {"orders": orders}) for staff_id, orders in counts.items()}
    push_to_people(session, kind=NEW_WORK, told=told, snapshot=snapshot, now=now)
    return {"people": len(counts), "orders": sum(counts.values())}
