"""The metric library: what every figure on a screen is called, what it means, and the one function that computes it (pure).

A metric is named here by the function's path, not by the function: the library stands below the stages that compute. Nothing
else may compute a metric again under its name; tests/test_metrics.py holds that.
"""

from app.centre.business_metrics import CUSTOMERS, LISTS, PAY
from app.centre.live_metrics import LIVE
from app.centre.metric import Metric
from app.centre.ranker_metrics import RANKERS
from app.core.errors import NotFound


class UnknownMetric(NotFound):
    """There is no metric with this code."""

    code = "metric.unknown"


METRICS: tuple[Metric, ...] = (*PAY, *LISTS, *RANKERS, *CUSTOMERS, *LIVE)
BY_CODE: dict[str, Metric] = {metric.code: metric for metric in METRICS}


def get_metric(code: str) -> Metric:
    """The metric with this code; raises UnknownMetric."""
    if code not in BY_CODE:
        raise UnknownMetric(f"code: there is no metric {code[:64]}")
    return BY_CODE[code]
