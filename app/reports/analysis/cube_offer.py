"""Which measures the cube offers: those of its sums that the metric library defines."""

from app.centre.metrics import BY_CODE
from app.reports.analysis.cube_terms import MEASURES


def measures_offered() -> list[str]:
    """Codes, in the library's order."""
    return [code for code in BY_CODE if code in MEASURES]
