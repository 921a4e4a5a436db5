"""Tables only, one file per aggregate. Importing this package registers them all."""

from app.models import (
    campaign,
    campaign_life,
    centre,
    customer,
    device,
    escalation,
    feedback,
    findings,
    notice,
    operations,
    organisation,
    points,
    policy,
    score,
    territory,
    work_order,
)

__all__ = [
    "campaign",
    "campaign_life",
    "centre",
    "customer",
    "device",
    "escalation",
    "feedback",
    "findings",
    "notice",
    "operations",
    "organisation",
    "points",
    "policy",
    "score",
    "territory",
    "work_order",
]
