"""What can be told to other systems: each kind with the fields that its payload may have. Codes, counts, ids; never a person."""

import json
from collections.abc import Mapping
from typing import Any

MAX_BYTES = 20_000  # Standard Webhooks: thin payloads, under 20 kB
MAX_TEXT = 200
DIGEST = "digest.daily"
TEST = "webhook.test"
NEW_WORK = "work.new"
MESSAGE = "message.sent"
QUOTA_REACHED = "reveals.quota_reached"
RULE_SWITCHED_OFF = "evidence_rule.switched_off"
KINDS: dict[str, frozenset[str]] = {
    "work_orders.escalated": frozenset({"level", "rule", "unit_code", "managers", "orders"}),
    "work_orders.escalation_resolved": frozenset({"level", "rule", "unit_code", "managers", "orders"}),
    "campaign.status_changed": frozenset({"campaign_code", "status"}),
    "disputes.overdue": frozenset({"level", "unit_code", "grid_code", "disputes"}),
    "month.closed": frozenset({"month", "sha256", "entries"}),
    "payroll.file_made": frozenset({"month", "version", "sha256", "entries"}),
    "handover.applied": frozenset({"handover_id", "kind", "unit_code", "to_unit_code", "moved", "orders", "withdrawn"}),
    "customer.correction_accepted": frozenset({"proposal_id", "field"}),
    "customer.refused_contact": frozenset({"refusal_id", "scope", "withdrawn"}),
    "customer.refusal_undone": frozenset({"refusal_id", "scope"}),
    "import.rejected": frozenset({"import_id", "feed", "rows", "rejected"}),
    RULE_SWITCHED_OFF: frozenset({"rule", "version", "decided", "upheld"}),
    QUOTA_REACHED: frozenset({"unit_code", "reveals"}),
    TEST: frozenset({"name"}),
    DIGEST: frozenset({"digest_id"}),
    NEW_WORK: frozenset({"orders"}),
    MESSAGE: frozenset(),
}
SUBSCRIBABLE = tuple(sorted(set(KINDS) - {DIGEST, MESSAGE, NEW_WORK, TEST}))


def check_payload(kind: str, payload: Mapping[str, Any]) -> None:
    """Raise ValueError for a kind or a field that is not in the table above, for long texts and for nested values.

    A field that is not listed is how a name or a phone would leave the house, so it is refused where it is put.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: expected one of {', '.join(sorted(KINDS))}, not {kind}")
    if unlisted := sorted(set(payload) - KINDS[kind]):
        raise ValueError(f"payload of {kind}: fields that are not listed: {', '.join(unlisted)}")
    for name, value in payload.items():
        if not isinstance(value, str | int | None) or (isinstance(value, str) and len(value) > MAX_TEXT):
            raise ValueError(f"payload of {kind}: {name}: expected a number, or text of at most {MAX_TEXT} characters")


def body_of(kind: str, happened_at: str, payload: Mapping[str, Any]) -> bytes:
    """What is sent and signed: `{"type", "timestamp", "data"}` of Standard Webhooks, the same bytes for the same event."""
    whole = {"type": kind, "timestamp": happened_at, "data": dict(payload)}
    body = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    if len(body) >= MAX_BYTES:
        raise ValueError(f"payload of {kind}: expected less than {MAX_BYTES} bytes")
    return body
