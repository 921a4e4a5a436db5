"""Which jobs people may ask for in between: those that take up what is there, change nothing that was done and are soon over."""

MAY_ASK = frozenset(
    {
        "adjust-closed-months",
        "apply-handovers",
        "ask-contact-policy",
        "choose-offers",
        "compute-tags",
        "escalate",
        "escalate-disputes",
        "expire-overdue",
        "fill-draw-keys",
        "follow-feed",
        "purge",
        "scan-evidence",
        "seal-ledger",
        "send-mail",
        "send-sms",
        "send-webhooks",
        "sweep-files",
        "take-waiting-feedback",
        "verify-feedback",
        "verify-ledger",
        "withdraw-refused",
        "work-on-plans",
    }
)
