"""Reports in two round trips, where nothing stands against them; whatever does is left to `record_feedback`.

Nearly every batch is of plain reports on one's own work orders, new or sent again. Those are judged by the same rules, under the
same locks, and written in one go. The database has the last word on what is new: a key that is taken undoes all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core import clock
from app.core.hot import Rows, Statement
from app.core.security import Principal
from app.dispatch.reported import Reported, move_statement
from app.dispatch.states import IN_PROGRESS, next_state
from app.feedback.answers import Answer, answer_to
from app.feedback.decisions import WAITING_CODES, Effect, KnownReport, OrderFacts, Place, Status, is_uncounted
from app.feedback.intake import Readable, read_item
from app.feedback.judging import Judged, Report, judge_all
from app.feedback.service import Batch
from app.feedback.settling import EVENTS
from app.feedback.storing import StoredPlace, store_statement

# What `record_feedback` alone looks after is not in here: a report with more in it goes there.
_MORE = ("objection", "callback_at", "ended_at", "reached", "elapsed_ms", "note", "device_sequence", "order_sequence")
_PLACE = ("latitude", "longitude", "accuracy_metres", "mock_location")
_PLAIN = frozenset({"id", "work_order_id", "channel", "outcome", "started_at", *_MORE, *_PLACE})
_WAITING = sorted(WAITING_CODES)
_ORDERS = """
SELECT w.id, w.state, w.closed_at, w.dispatched_at, w.customer_id, coalesce(w.lent_to_grid_id, w.grid_id),
    CASE WHEN w.lent_to_grid_id IS NOT NULL THEN w.grid_id END, w.due_on,
    EXISTS (SELECT FROM work_orders o WHERE o.customer_id = w.customer_id AND o.id <> w.id
        AND o.state IN ('planned', 'open', 'in_progress')), (SELECT k.channel FROM campaigns k WHERE k.id = w.campaign_id)
FROM work_orders w
WHERE w.id = ANY(%(orders)s) AND w.staff_id = CAST(nullif(current_setting('gridwork.staff_id', true), '') AS int)
ORDER BY w.id FOR UPDATE OF w
"""
# The first column: whether something that was set aside is at stake. The row is there whatever is known.
_KNOWN = """
SELECT EXISTS (SELECT FROM feedback_quarantine
        WHERE staff_id = CAST(nullif(current_setting('gridwork.staff_id', true), '') AS int) AND released_at IS NULL
        AND (feedback_id = ANY(%(names)s)
            OR code = ANY(%(waiting)s) AND content #>> '{item,work_order_id}' = ANY(%(order_names)s))),
    f.id, f.staff_id, f.work_order_id, f.outcome, f.content_hash, f.received_at, f.device_id, f.order_sequence, f.answer_code
FROM (VALUES (1)) AS one LEFT JOIN contact_feedback f ON f.id = ANY(%(ids)s)
"""
_PLACES = """
SELECT work_order_id, device_id, order_sequence FROM contact_feedback
WHERE work_order_id = ANY(%(orders)s) AND order_sequence = ANY(%(numbers)s)
    AND staff_id = CAST(nullif(current_setting('gridwork.staff_id', true), '') AS int)
"""


@dataclass(frozen=True)
class Settled:
    """The answers, in the order sent, and what is to be written for them."""

    answers: list[Answer]
    writes: list[Statement]


def read_plain(batch: Batch, now: datetime) -> list[Report] | None:
    """The reports of a batch; None where one of them is not plain."""
    found = [read_item(raw) for raw in batch.items]
    reports = []
    for position, read in enumerate(found):
        if not isinstance(read, Readable) or not read.kept.keys() <= _PLAIN:
            return None
        reports.append(Report(position, read, batch.sent_at, batch.device_id, received_at=now))
    return reports


def reads(reports: Sequence[Report]) -> list[Statement]:
    """What must be known of them, the locks of their work orders first."""
    orders = sorted({report.item.work_order_id for report in reports})
    ids = [report.item.id for report in reports]
    numbers = [n - 1 for report in reports if (n := report.item.order_sequence) is not None and n > 1]
    found: list[Statement] = [
        (_ORDERS, {"orders": orders}),
        (
            _KNOWN,
            {"waiting": _WAITING, "names": [str(id_) for id_ in ids], "order_names": [str(id_) for id_ in orders], "ids": ids},
        ),
    ]
    return [*found, (_PLACES, {"orders": orders, "numbers": numbers})] if numbers else found


def settle_plain(reports: Sequence[Report], found: Sequence[Rows], *, principal: Principal, now: datetime) -> Settled | None:
    """What becomes of them by what `reads` found; None where something stands against one of them."""
    orders, known_rows, *before = found
    if known_rows[0][0] or len(orders) < len({report.item.work_order_id for report in reports}):
        return None
    facts = {row[0]: OrderFacts(row[0], row[1], True, None, row[2], row[3]) for row in orders}
    known = {row[1]: _known(row, principal) for row in known_rows if row[1] is not None}
    arrived = {Place(*row) for rows in before for row in rows}
    judged = judge_all(reports, facts=facts, known=known, barred={}, now=now, arrived=arrived)
    if not all(_is_plain(one) for one in judged):
        return None
    new = [one for one in judged if one.decision.status is Status.ACCEPTED]
    by_order = {row[0]: row for row in orders}
    if any(_makes_room(one, facts, by_order[one.report.item.work_order_id]) for one in new):
        return None
    by_position = {one.report.position: one for one in judged}
    answers = [answer_to(report.read, by_position[report.position], {}, now) for report in reports]
    places = {row[0]: StoredPlace(*row[4:7]) for row in orders}
    writes = [store_statement(new, staff_id=principal.staff_id or 0, places=places, now=now)] if new else []
    moves = _moves(new, {row[0]: row[1] for row in orders})
    if moves:
        writes.append(move_statement(moves, actor_account_id=principal.account_id, now=now))
    return Settled(answers, writes)


def _makes_room(one: Judged, facts: dict[int, OrderFacts], order: tuple[Any, ...]) -> bool:
    """Whether other work of the customer is to be held against this contact: there is some, or nobody had counted on it."""
    at, (due_on, has_others, channel) = one.moment.contacted_at, order[7:10]
    as_planned = one.report.item.channel == channel
    return has_others or is_uncounted(
        facts[order[0]], contacted_at=at, on=clock.local_date(at), due_on=due_on, as_planned=as_planned
    )


def _known(row: tuple[Any, ...], principal: Principal) -> KnownReport:
    _, id_, owner, order_id, outcome, digest, received_at, device_id, number, code = row
    place = None if number is None else Place(order_id, device_id, number)
    mine = owner == principal.staff_id
    return KnownReport(id_, mine, order_id, outcome, bytes(digest), received_at, corrected=False, place=place, answer_code=code)


def _is_plain(one: Judged) -> bool:
    decision = one.decision
    if decision.status is Status.ACCEPTED:
        return decision.code is None and decision.effect is not Effect.REOPEN
    return decision.status is Status.DUPLICATE


def _moves(new: Sequence[Judged], states: dict[int, str]) -> list[Reported]:
    """One after the other; a contact with an order that is in progress leaves it there."""
    found = []
    for one in new:
        order_id, effect = one.report.item.work_order_id, one.decision.effect
        state = states[order_id]
        if effect is Effect.NONE or (effect is Effect.CONTACT and state == IN_PROGRESS):
            continue
        after = next_state(state, EVENTS[effect])
        assert after is not None  # judged by the state that the lock holds
        found.append(Reported(order_id, EVENTS[effect].value, state, after, one.report.item.outcome))
        states[order_id] = after
    return found
