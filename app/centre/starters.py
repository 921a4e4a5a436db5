"""Tags to begin with, as definitions like any other: an operator loads them and then changes them (pure)."""

from typing import Any

STARTER_TAGS: tuple[dict[str, Any], ...] = (
    {
        "code": "high-value",
        "name_zh": "高价值客户",
        "name_en": "High value",
        "rule": {"monthly_value": {"at_least": 200}},
    },
    {
        "code": "new-customer",
        "name_zh": "新客户",
        "name_en": "New customer",
        "rule": {"lifecycle_stage": "new"},
    },
    {
        "code": "long-standing",
        "name_zh": "老客户",
        "name_en": "Long-standing customer",
        "rule": {"all": [{"tenure_days": {"at_least": 1825}}, {"not": {"lifecycle_stage": "lost"}}]},
    },
    {
        "code": "lost-customer",
        "name_zh": "流失客户",
        "name_en": "Lost customer",
        "rule": {"lifecycle_stage": "lost"},
    },
    {
        "code": "lost-recently",
        "name_zh": "近90天退订",
        "name_en": "Gave something up in 90 days",
        "rule": {"lost_within_days": 90},
    },
    {
        "code": "at-risk",
        "name_zh": "流失风险",
        "name_en": "At risk",
        "rule": {"any": [{"lifecycle_stage": "declining"}, {"feature": "days_since_complaint", "at_least": 0, "below": 60}]},
    },
    {
        "code": "contract-ending",
        "name_zh": "合约即将到期",
        "name_en": "Contract ending",
        "rule": {"feature": "months_to_contract_end", "at_least": 0, "at_most": 3},
    },
    {
        "code": "heavy-data",
        "name_zh": "流量大户",
        "name_en": "Heavy data",
        "rule": {"feature": "data_gb", "at_least": 50},
    },
    {
        "code": "silent",
        "name_zh": "沉默客户",
        "name_en": "Silent",
        "rule": {"all": [{"feature": "data_gb", "at_most": 0.1}, {"not": {"lifecycle_stage": "lost"}}]},
    },
)
