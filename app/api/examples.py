"""A body for each route that works as it stands: what /docs offers to try, with the codes of the demo's town.

Days are so many after today, so that what must lie ahead does. A body's form is said by its model; here stands what one would
really send. Routes that are not there are passed over, so that a table for all audiences can stand in one place.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

AHEAD = "today+"
PRODUCT, MANAGER, COLLEAGUE, CUSTOMER, GRID = "BB500", "S01G01M01", "S01G01M02", "K0000001", "S01G01"
ID = "0190c2a4-7b1e-7c3a-9d2f-3f6a1b2c3d4e"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
REASON, COMMENT = {"reason": "seen by the grid manager"}, {"comment": "fits the month's target"}
DECISION = {"decision": "accepted", "reason": "the photo shows it"}
PLAN = {
    "name": "Faster broadband in October",
    "product_code": PRODUCT,
    "starts_on": "today+7",
    "ends_on": "today+28",
    "list_size": 1000,
    "channel": "call",
    "talk_track": "Twice the speed for the price of today.",
}
_MOBILE: dict[str, Any] = {
    "post /mobile/v1/feedback": {
        "sent_at": "2026-10-12T10:05:00+08:00",
        "items": [
            {
                "id": ID,
                "work_order_id": 1,
                "channel": "call",
                "outcome": "interested",
                "callback_at": "2026-10-13T19:00:00+08:00",
                "started_at": "2026-10-12T10:00:00+08:00",
                "reached": True,
            }
        ],
    },
    "post /mobile/v1/work-orders/{work_order_id}/do-not-disturb": {"id": ID, "scope": "all"},
    "post /mobile/v1/do-not-disturb/{refusal_id}/undo": {"reason": "wrong customer"},
    "post /mobile/v1/attachments": {
        "id": ID,
        "work_order_id": 1,
        "content_type": "image/jpeg",
        "size_bytes": 120000,
        "sha256": SHA256,
    },
    "post /mobile/v1/pool/take": {"count": 3},
    "put /mobile/v1/work-orders/{work_order_id}/return": {"reason": "wrong_number", "note": "somebody else answers"},
    "post /mobile/v1/customers/{customer_no}/reveal": {"purpose": "call"},
    "post /mobile/v1/customers/{customer_no}/call": {"work_order_id": 1},
    "post /mobile/v1/customers/{customer_no}/break-glass": {"reason": "the line of the house is on fire"},
    "put /mobile/v1/push-settings": {"quiet_hours": "20-9"},
    "put /mobile/v1/devices/{device_id}": {"name": "Redmi 9A", "app_version": "1.4.2"},
    "post /mobile/v1/devices/{device_id}/report": {"queue_length": 0, "app_version": "1.4.2"},
    "post /mobile/v1/points/disputes": {
        "id": ID,
        "month": "2026-10",
        "component": "success",
        "work_order_id": 1,
        "expected": "success",
        "reason": "the customer ordered at the counter",
    },
}
_WORK: dict[str, Any] = {
    "post /dashboard/v1/do-not-disturb-undos/{undo_id}/decision": DECISION,
    "post /dashboard/v1/correction-proposals/{proposal_id}/decision": {"decision": "accepted"},
    "post /dashboard/v1/devices/{device_number}/revoke": {"reason": "lost"},
    "post /dashboard/v1/customers/{customer_no}/reveal": {"purpose": "back_check"},
    "post /dashboard/v1/disputes/{dispute_id}/preview": {"points": "2.5"},
    "post /dashboard/v1/disputes/{dispute_id}/decision": DECISION,
    "post /dashboard/v1/feedback/set-aside/replay": {"code": "feedback.unknown_order"},
    "post /dashboard/v1/months/carried-over": {"kind": "dispute", "ref": ID, "reason": "the customer is away until November"},
    "post /dashboard/v1/back-checks/{feedback_id}/answer": {"reached": True, "answers": {"contacted": "yes", "bought": "no"}},
    "post /dashboard/v1/reviews/{case_id}/decision": {"decision": "dismissed", "reason": "the calls feed has the call"},
    "post /dashboard/v1/reviews/{case_id}/second": {"agrees": True, "reason": "so do I see it"},
    "post /dashboard/v1/work-orders/bulk": {
        "action": {"verb": "reassign", "reason": "ill", "to_staff_nos": [COLLEAGUE]},
        "filter": {"staff_no": MANAGER, "states": ["planned", "open"]},
        "dry_run": True,
    },
    "post /dashboard/v1/work-orders/{work_order_id}/reassign": {"to_staff_no": COLLEAGUE, "reason": "ill"},
    "put /dashboard/v1/returns/{return_id}/decision": {"decision": "accepted", "note": "the number is not theirs"},
    "post /dashboard/v1/handovers": {
        "kind": "leave",
        "effective_on": "today+5",
        "return_on": "today+12",
        "reason": "leave of a week",
        "staff_no": MANAGER,
    },
}
_PLANS: dict[str, Any] = {
    "post /dashboard/v1/campaigns": {"code": "OCT-TRY", **PLAN},
    "put /dashboard/v1/campaigns/{code}": {**PLAN, "comment": "a week longer"},
    "post /dashboard/v1/runs/{run_id}/replay": {"capacity": "0.8", "without": []},
    "post /dashboard/v1/contact-policy": {
        "rules": [
            {"kind": "sliding_window", "most": 2, "days": 30},
            {"kind": "rest_after_refusal", "days": 90, "family": "same"},
        ],
        "note": "as agreed with complaints",
    },
    "put /dashboard/v1/feature-words": {
        "items": [{"feature": "data_gb", "name_zh": "月流量", "name_en": "Data a month", "unit_zh": "GB", "unit_en": "GB"}]
    },
    "put /dashboard/v1/talk-tracks": {
        "items": [
            {"product_code": PRODUCT, "feature": "data_gb", "text_zh": "流量翻倍，价格不变。", "text_en": "Twice the data."}
        ]
    },
}
ALARM = {"unit_code": "S01", "metric": "success_rate", "side": "below", "threshold": "0.08", "days": 28, "certain": True}
_PAGES: dict[str, Any] = {
    "put /dashboard/v1/comparing/targets/{month}/{metric}": {"values": {GRID: "0.12"}},
    "post /dashboard/v1/alarms": ALARM,
    "put /dashboard/v1/alarms/{alarm_id}": ALARM,
    "post /dashboard/v1/list-counts": {
        "product_code": PRODUCT,
        "list_size": 1000,
        "list_rule": {"monthly_value": {"at_least": 100}},
    },
    "post /dashboard/v1/messages": {"staff_nos": [MANAGER], "body": "Callbacks first today, please."},
    "post /dashboard/v1/returns/decisions": {"ids": [1], "decision": "accepted", "dry_run": True},
    "post /dashboard/v1/returns/decisions/undo": {"ids": [1]},
    "post /dashboard/v1/campaigns/{code}/evaluations": COMMENT,
}
_ACCOUNTS: dict[str, Any] = {
    "post /auth/password": {"login": MANAGER, "password": "the temporary password", "new_password": "a long one of their own"},
    "post /operations/v1/accounts": {"login": COLLEAGUE, "staff_no": COLLEAGUE, "reason": "new in the team"},
    "post /operations/v1/feeds/{feed}/complete": {"first": "2026-10-01", "last": "2026-10-07"},
    "post /operations/v1/permissions": {
        "staff_no": MANAGER,
        "permission": "personnel",
        "reason": "covers for the branch manager",
        "until": "today+30",
    },
    **{
        f"post /operations/v1/{path}": {"reason": "left the company"}
        for path in (*(f"accounts/{{login}}/{verb}" for verb in ("disable", "enable", "password")), "permissions/{grant_id}/end")
    },
}
_COMMENTED = {
    f"post /dashboard/v1/{path}": COMMENT
    for path in (
        *(f"campaigns/{{code}}/{verb}" for verb in ("submit", "approve", "send-back", "revise", "evaluate")),
        *(f"programmes/{{name}}/{verb}" for verb in ("submit", "approve", "send-back", "revise")),
        *(f"points-plans/{{number}}/{verb}" for verb in ("submit", "approve", "send-back")),
    )
}
_SYSTEMS: dict[str, Any] = {
    "post /auth/login": {"login": MANAGER, "password": "the password of the demo"},
    "post /operations/v1/months/{month}/close": {},
    "post /payroll/v1/months/{month}/acknowledgement": {"sha256": SHA256, "row_count": 180},
    "post /payroll/v1/months/{month}/files/{version}/acknowledgement": {"sha256": SHA256, "row_count": 180},
    "post /operations/v1/evidence-rules/{rule}/{version}/on": {"because": "looked at again with the branch"},
    "post /operations/v1/sms-replies": {"reference": "R1", "answer": "1"},
    "post /operations/v1/rankers/{product_code}/revert": {"target": "order"},
    "post /operations/v1/webhooks": {"name": "crm", "url": "https://crm.example/gridwork", "kinds": ["month.closed"]},
    "post /operations/v1/webhooks/{name}/rotate": {"overlap_hours": 24},
    "put /operations/v1/escalation-rules/{rule}": {"after_days": 3, "branch_after_days": 2, "enabled": True},
}
EXAMPLES: Mapping[str, Any] = {**_MOBILE, **_WORK, **_PLANS, **_PAGES, **_ACCOUNTS, **_COMMENTED, **_SYSTEMS}
# What goes into a path, by its name; before it what stands for one path alone.
PARAMETERS: Mapping[str, Any] = {
    "product_code": PRODUCT,
    "customer_no": CUSTOMER,
    "staff_no": MANAGER,
    "device_id": "desk-1",
    "rule": "speed",
    "/operations/v1/escalation-rules/{rule}": "stuck",
    "feed": "orders",
    "metric": "success_rate",
}


def add_examples(document: dict[str, Any], *, today: date) -> None:
    """Put the examples into an OpenAPI document, beside the bodies and parameters that they are of."""
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            _add_body(operation, EXAMPLES.get(f"{verb} {path}"), today)
            for parameter in operation.get("parameters", []):
                _add_parameter(parameter, path)


def _add_body(operation: dict[str, Any], example: Any, today: date) -> None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is not None and example is not None:
        content["example"] = _on(example, today)


def _add_parameter(parameter: dict[str, Any], path: str) -> None:
    found = PARAMETERS.get(path, PARAMETERS.get(parameter["name"]))
    if found is not None and parameter["in"] == "path":
        parameter.setdefault("example", found)


def _on(value: Any, today: date) -> Any:
    """With `today+7` as the day that is seven after today."""
    if isinstance(value, dict):
        return {name: _on(each, today) for name, each in value.items()}
    if isinstance(value, list):
        return [_on(each, today) for each in value]
    if isinstance(value, str) and value.startswith(AHEAD):
        return (today + timedelta(days=int(value.removeprefix(AHEAD)))).isoformat()
    return value
