"""A campaign of any size with everything that can be seen in an evaluation: made by the database itself, the same every time.

A contact adds ADDED sales; the score promises what customers buy once contacted. Managers are alike but for one, L05.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models.campaign import Campaign, CampaignStatus
from app.models.organisation import Role, Staff
from app.models.work_order import DispatchRun
from tests.cast import LONG_AGO
from tests.factories import NOW, grid, make_campaign, make_scores
from tests.stages.evaluation.town import DRAWN, MATURE

ADDED = 0.05
MANAGERS = 18
CONTROL = 0.1
U = "((CAST(hashtext({} || :salt || '{}') AS bigint) + 2147483648) / 4294967296.0)"  # uniform over customers, again and again


def _u(what: str, of: str = "c.customer_no") -> str:
    return U.format(of, what)


STATEMENTS = (
    """INSERT INTO customers (customer_no, name, phone, grid_id, segment)
    SELECT :salt || lpad(CAST(n AS text), 7, '0'), 'Customer ' || n, '1380000' || lpad(CAST(n % 10000 AS text), 4, '0'),
        (CAST(:grids AS int[]))[1 + n % 3], (ARRAY['home', 'office', 'shop', NULL])[1 + (n / 3) % 4]
    FROM generate_series(1, :customers) n""",
    f"""INSERT INTO campaign_targets
        (campaign_id, customer_id, grid_id, rank, score, draw, selection_probability, reason, decided_at)
    SELECT :campaign_id, c.id, c.grid_id, row_number() OVER (ORDER BY {_u("score")}),
        0.05 + 0.25 * power({_u("score")}, 2), CASE WHEN {_u("draw")} < 0.03 THEN 'explored' ELSE 'ranked' END, 0.9,
        CASE WHEN {_u("arm")} < 0.02 THEN 'do_not_disturb' WHEN {_u("draw")} >= 0.03 AND {_u("control")} < :control THEN 'control'
            WHEN {_u("arm")} > 0.93 THEN 'over_capacity' ELSE 'dispatched' END, :drawn_at
    FROM customers c WHERE c.customer_no LIKE :salt || '%'""",
    f"""INSERT INTO work_orders (campaign_id, dispatch_run_id, customer_id, product_id, product_family, grid_id, staff_id, state,
        scheduled_on, due_on, rank, score, draw, selection_probability, assigned_because, dispatched_at, matures_at, closed_at,
        close_reason)
    SELECT t.campaign_id, :run_id, t.customer_id, :product_id, :family, t.grid_id,
        (CAST(:staff AS int[]))[1 + CAST(trunc({_u("manager")} * :managers) AS int)],
        CASE WHEN {_u("fate")} < 0.86 THEN 'done' WHEN {_u("fate")} < 0.9 THEN 'returned' ELSE 'expired' END,
        CAST(:drawn_at AS date) + 1 + CAST(trunc({_u("day")} * 8) AS int), :due_on, t.rank, t.score, t.draw, 0.9, 'owner',
        :drawn_at, :matures_at, :closed_at,
        CASE WHEN {_u("fate")} < 0.86 THEN NULL WHEN {_u("fate")} < 0.9 THEN 'data_fault:moved' ELSE 'window_over' END
    FROM campaign_targets t JOIN customers c ON c.id = t.customer_id
    WHERE t.campaign_id = :campaign_id AND t.reason = 'dispatched'""",
    """INSERT INTO work_order_events
        (work_order_id, happened_at, event, from_state, to_state, from_staff_id, to_staff_id)
    SELECT w.id, w.scheduled_on + interval '5 hours', 'released', 'planned', 'open', w.staff_id, w.staff_id
    FROM work_orders w WHERE w.campaign_id = :campaign_id""",
    f"""INSERT INTO contact_feedback (id, work_order_id, customer_id, staff_id, grid_id, channel, outcome, objection, callback_at,
        reached, phone_started_at, contacted_at, clock_offset_seconds, clock_doubtful, received_at, month, content_hash)
    SELECT gen_random_uuid(), w.id, w.customer_id, w.staff_id, s.unit_id, 'call', x.outcome,
        CASE WHEN x.outcome = 'refused' THEN (ARRAY['no_need', 'too_expensive', 'too_expensive', 'competitor', 'under_contract'])
            [1 + CAST(trunc({_u("objection")} * 5) AS int)] END, NULL, NULL, x.at, x.at, 0, false, x.at,
        CAST(date_trunc('month', x.at) AS date), ''
    FROM work_orders w JOIN customers c ON c.id = w.customer_id JOIN staff s ON s.id = w.staff_id
        CROSS JOIN LATERAL (SELECT
            CASE WHEN {_u("outcome")} < 0.18 THEN 'not_reached' WHEN {_u("outcome")} < 0.2 THEN 'wrong_number'
                WHEN {_u("buys")} < w.score THEN CASE WHEN {_u("outcome")} < 0.6 THEN 'interested' ELSE 'bought' END
                WHEN {_u("outcome")} < 0.9 THEN 'refused' ELSE 'interested' END AS outcome,
            w.scheduled_on + interval '6 hours' + interval '30 hours' * power({_u("late")}, 3) AS at) x
    WHERE w.campaign_id = :campaign_id AND w.state = 'done'""",
    f"""INSERT INTO orders (order_no, customer_id, product_id, ordered_at, amount)
    SELECT 'L' || c.customer_no, c.id, :product_id,
        coalesce(w.scheduled_on + interval '8 hours', CAST(:drawn_at AS timestamptz)) + interval '40 hours' * {_u("ordered")}, 99
    FROM campaign_targets t JOIN customers c ON c.id = t.customer_id
        LEFT JOIN work_orders w ON w.customer_id = c.id AND w.campaign_id = t.campaign_id
    WHERE t.campaign_id = :campaign_id AND {_u("buys")} < t.score - :added
        + CASE WHEN w.state = 'done' THEN :added ELSE 0 END + CASE WHEN w.staff_id = :star THEN 0.1 ELSE 0 END""",
    f"""INSERT INTO calls (call_id, staff_id, customer_id, started_at, duration_seconds)
    SELECT 'L' || c.customer_no, :star, c.id, CAST(:drawn_at AS timestamptz) + interval '3 days', 60
    FROM campaign_targets t JOIN customers c ON c.id = t.customer_id
    WHERE t.campaign_id = :campaign_id AND t.reason = 'control' AND {_u("called")} < 0.07""",
)  # fmt: skip


def make_large_campaign(session: Session, code: str, *, customers: int, salt: str = "L", **more: Any) -> Campaign:
    """Closed and mature; `salt` begins the customers' numbers."""
    run = make_scores(session, ["C01"])
    share, status = Decimal(str(CONTROL)), CampaignStatus.CLOSED
    campaign = make_campaign(
        session, code=code, status=status, frozen_at=DRAWN, closed_at=NOW, control_share=share, scoring_run_id=run.id, **more
    )
    dispatch = DispatchRun(campaign_id=campaign.id, started_at=DRAWN, finished_at=DRAWN, target_count=customers, waterfall={})
    grids = [grid(session, name).id for name in ("G11", "G12", "G21")]
    people = [_manager(number, grids) for number in range(1, MANAGERS + 1)]
    session.add_all([dispatch, *people])
    session.flush()
    values = {
        "salt": salt, "grids": grids, "customers": customers, "campaign_id": campaign.id, "control": CONTROL, "drawn_at": DRAWN,
        "run_id": dispatch.id, "product_id": campaign.product_id, "family": campaign.product_family, "added": ADDED,
        "staff": [one.id for one in people], "managers": MANAGERS, "due_on": campaign.ends_on, "matures_at": MATURE,
        "closed_at": NOW + timedelta(days=9), "star": people[4].id,
    }  # fmt: skip
    for statement in STATEMENTS:
        session.execute(text(statement), values)
    return campaign


def _manager(number: int, grids: list[int]) -> Staff:
    return Staff(
        staff_no=f"L{number:02d}", name=f"经理{number:02d}", role=Role.TERMINAL_MANAGER, unit_id=grids[number % 3],
        daily_capacity=10, active_from=LONG_AGO,
    )  # fmt: skip
