"""Metrics of what campaigns were found to have brought (pure)."""

from app.centre.business_metrics import PLANNER
from app.centre.metric import define

BROUGHT = (
    define(
        "incremental_sales",
        "活动增量单数",
        "Sales that a campaign added",
        "targets to be contacted x (their share who bought - the share of controls who bought), whatever became of either",
        "sales, with a 95 % interval",
        PLANNER,
        "campaign_targets orders",
        "evaluation.effect:effect_of",
    ),
    define(
        "gross_return",
        "毛回报率",
        "Gross return",
        "(margin of the successes - cost of the contacts) / cost of the contacts",
        "share, 1 is 100 %",
        PLANNER,
        "successes products contact_feedback",
        "evaluation.money:count_money",
    ),
    define(
        "incremental_return",
        "增量回报率",
        "Incremental return",
        "(incremental_sales x mean margin of a success - cost of the contacts) / cost of the contacts",
        "share, 1 is 100 %",
        PLANNER,
        "incremental_sales successes products contact_feedback",
        "evaluation.money:count_money",
    ),
    define(
        "promise_ratio",
        "兑现率",
        "Promise kept",
        "successes / expected, of the matured work orders of a campaign",
        "ratio, 1 is as promised",
        PLANNER,
        "successes expected",
        "evaluation.promises:promise_ratio",
    ),
)
