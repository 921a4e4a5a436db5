"""Metrics of a grid as it is now (pure)."""

from app.centre.metric import define

GRID, TODAY = "grid manager", "reports.live.today:today_of"
ORDERS, REPORTS = "work_orders", "contact_feedback"

LIVE = (
    define("open_orders", "在手工单", "Open work", "work orders on the manager's phone now", "work orders", GRID, ORDERS, TODAY),
    define(
        "contacted_today",
        "今日联系",
        "Contacted today",
        "work orders on which something was reported today; corrected reports do not count",
        "work orders",
        GRID,
        REPORTS,
        TODAY,
    ),
    define(
        "won_as_reported",
        "报成交",
        "Won, as reported",
        "work orders reported as bought today; whether it is true, billing says later (success_rate)",
        "work orders",
        GRID,
        REPORTS,
        TODAY,
    ),
    define(
        "overdue_orders",
        "逾期工单",
        "Overdue work",
        "open work orders whose day has passed",
        "work orders",
        GRID,
        ORDERS,
        TODAY,
    ),
    define(
        "stuck_orders",
        "停滞工单",
        "Stuck work",
        "work orders that a rule of escalation found and that are not resolved",
        "work orders",
        GRID,
        ORDERS,
        "reports.live.stuck:stuck_work",
    ),
    define(
        "week_pace",
        "本周进度",
        "Pace of the week",
        "work orders contacted since Monday, beside the contacts that campaigns booked of the grids this week, or without any"
        " what the managers can take; due: the plan x working days so far / working days of the week",
        "work orders",
        GRID,
        f"{ORDERS} {REPORTS}",
        TODAY,
    ),
)
