"""All rules there are, each family in its own file (pure)."""

from app.verification.rules import copies, devices, feeds, places, times

RULES = {rule.code: rule for rule in (*feeds.RULES, *places.RULES, *times.RULES, *copies.RULES, *devices.RULES)}
