"""What is added up (pure): the names of the columns of `app.models.figures.Measures`, and how reports are told apart."""

COUNTS = (
    "dispatched",
    "released",
    "reports",
    "contacted",
    "reached",
    "claimed",
    "refused",
    "pending",
    "unreached",
    "impossible",
    "confirmed",
    "contradicted",
    "unverifiable",
    "done",
    "returned",
    "expired",
    "withdrawn",
    "done_seconds",
    "due",
    "due_met",
)
SUMS = (
    "promised",
    "cost",
    "truthful_weight",
    "judged_weight",
    "truthful_squares",
    "judged_squares",
    "sold",
    "matured",
    "successes",
    "left_out",
    "expected",
    "value",
    "revenue",
)
MEASURES = (*COUNTS, *SUMS)

# Outcomes of a report by what they mean for the funnel; each outcome is in one, which a test holds.
CLASSES = {
    "claimed": ("bought",),
    "refused": ("refused",),
    "pending": ("interested", "callback"),
    "unreached": ("not_reached", "not_home"),
    "impossible": ("wrong_number", "moved", "unsafe"),
}

# Each table of sums with its keys; `month` is that of the day.
KEYS = {
    "daily_figures": ("grid_id", "day", "staff_id", "campaign_id"),
    "grid_day_figures": ("day", "grid_id"),
    "grid_month_figures": ("month", "grid_id"),
    "monthly_figures": ("month", "grid_id", "staff_id"),
    "campaign_month_figures": ("month", "grid_id", "campaign_id"),
}
