"""Alarms: set, changed and taken away by who they are for; looked at by a job, which raises a notice and resolves it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.centre.metrics import get_metric
from app.core.clock import local_date
from app.core.errors import Conflict, Invalid
from app.core.security import Principal
from app.figures.alarms.queries import AlarmRow, Watched, get_my_alarm, my_alarms, watched
from app.figures.alarms.rules import is_beyond
from app.figures.beside_queries import beside_of
from app.figures.periods import Period
from app.figures.queries import sums_by
from app.figures.rates import COMPARED, Value, values_of
from app.figures.unit_queries import UnitRow, UnknownUnit, all_units, grids_under
from app.models.figures import AlarmSide, FigureAlarm
from app.notices.inbox import Told, put_notices, settle_notices

MOST = 50  # of one person
KIND, RULE = "figures.alarm", "figure_alarm"


class TooManyAlarms(Conflict):
    """You have as many alarms as one person may have: take some away first."""

    code = "alarm.too_many"


@dataclass(frozen=True)
class Wish:
    """What somebody wants to be told of: a metric of a unit (by code) over the last `days` days, on one side of a threshold."""

    unit_code: str
    metric: str
    side: AlarmSide
    threshold: Decimal
    days: int
    certain: bool


def set_alarm(session: Session, *, principal: Principal, wish: Wish, now: datetime) -> AlarmRow:
    """A new alarm of mine. Raises UnknownUnit, Invalid for a metric that is not compared, TooManyAlarms."""
    if principal.staff_id is None or len(my_alarms(session, principal)) >= MOST:
        raise TooManyAlarms
    unit = _unit_of(session, principal, wish)
    alarm = FigureAlarm(staff_id=principal.staff_id, created_at=now, unit_id=unit.id, **_terms(wish))
    session.add(alarm)
    session.flush()
    return AlarmRow(alarm, unit.code, unit.name)


def change_alarm(session: Session, *, principal: Principal, alarm_id: int, wish: Wish, now: datetime) -> AlarmRow:
    """Another wish for an alarm of mine; what it raised is resolved. Raises UnknownAlarm, UnknownUnit, Invalid."""
    alarm = get_my_alarm(session, principal, alarm_id).alarm
    unit = _unit_of(session, principal, wish)
    _resolve(session, alarm, now)
    for name, value in {"unit_id": unit.id, "value": None, "evaluated_at": None, **_terms(wish)}.items():
        setattr(alarm, name, value)
    session.flush()
    return AlarmRow(alarm, unit.code, unit.name)


def remove_alarm(session: Session, *, principal: Principal, alarm_id: int, now: datetime) -> None:
    """Take an alarm of mine away, with what it raised. Raises UnknownAlarm."""
    alarm = get_my_alarm(session, principal, alarm_id).alarm
    _resolve(session, alarm, now)
    session.execute(delete(FigureAlarm).where(FigureAlarm.id == alarm.id))


def look_at_alarms(session: Session, *, now: datetime) -> Mapping[str, int]:
    """Hold every alarm against the figures up to yesterday: raise what is beyond its threshold, resolve what is not any more.

    Returns counts: alarms, raised, resolved.
    """
    units, known, counts = all_units(session), dict[tuple[int, int], Mapping[str, Value]](), {"raised": 0, "resolved": 0}
    all_alarms = watched(session)
    for one in all_alarms:
        alarm, value = one.alarm, Value(None)
        if _is_beneath(units, alarm.unit_id, one.owner_unit_id):
            key = alarm.unit_id, alarm.days
            known[key] = known.get(key) or _values(session, *key, now)
            value = known[key][alarm.metric]
        alarm.value, alarm.evaluated_at = value.value, now
        beyond = is_beyond(value, side=alarm.side, threshold=alarm.threshold, certain=alarm.certain)
        if one.is_told_elsewhere:
            _resolve(session, alarm, now)
        if beyond and alarm.raised_at is None:
            _raise(session, one, units[alarm.unit_id], now)
            counts["raised"] += 1
        elif not beyond:
            counts["resolved"] += _resolve(session, alarm, now)
    session.flush()
    return {"alarms": len(all_alarms), **counts}


def _values(session: Session, unit_id: int, days: int, now: datetime) -> Mapping[str, Value]:
    yesterday = local_date(now) - timedelta(days=1)
    period = Period(yesterday - timedelta(days=days - 1), yesterday)
    found = sums_by(session, (), first=period.first, last=period.last, grid_ids=grids_under(session, unit_id))
    return values_of(found[()], beside_of(session, period))


def _raise(session: Session, one: Watched, unit: UnitRow, now: datetime) -> None:
    alarm, metric = one.alarm, get_metric(one.alarm.metric)
    said = {
        "rule": RULE,
        "orders": 1,
        "unit_code": unit.code,
        "metric": metric.code,
        "metric_zh": metric.name_zh,
        "metric_en": metric.name_en,
        "side": alarm.side.value,
        "threshold": f"{alarm.threshold.normalize():f}",
        "value": f"{alarm.value:.4f}",
        "days": alarm.days,
    }
    told = Told(KIND, one.owner_unit_id, one.role, f"alarm/{alarm.id}", said, for_staff_id=alarm.staff_id)
    (alarm.notice_id,), alarm.raised_at = put_notices(session, [told], now=now), now


def _resolve(session: Session, alarm: FigureAlarm, now: datetime) -> int:
    if alarm.notice_id is None:
        return 0
    settle_notices(session, counts={alarm.notice_id: 0}, now=now)
    alarm.notice_id = alarm.raised_at = None
    return 1


def _terms(wish: Wish) -> dict[str, object]:
    return {
        "metric": wish.metric,
        "side": wish.side,
        "threshold": wish.threshold,
        "days": wish.days,
        "certain": wish.certain,
    }


def _unit_of(session: Session, principal: Principal, wish: Wish) -> UnitRow:
    if wish.metric not in COMPARED:
        raise Invalid("metric", "one of " + ", ".join(COMPARED))
    units = all_units(session)
    for unit in units.values():
        if unit.code == wish.unit_code and _is_beneath(units, unit.id, principal.unit_id):
            return unit
    raise UnknownUnit(f"unit: there is no unit {wish.unit_code} of yours")


def _is_beneath(units: Mapping[int, UnitRow], unit_id: int, top_id: int | None) -> bool:
    at: int | None = unit_id
    while at is not None:
        if at == top_id:
            return True
        at = units[at].parent_id
    return False
