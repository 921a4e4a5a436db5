"""The metric library: what every figure means, and where it comes from."""

from fastapi import APIRouter

from app.api.deps import Viewer
from app.api.types import CodePath, Out
from app.centre.metrics import METRICS, get_metric

router = APIRouter(prefix="/dashboard/v1/metrics", tags=["dashboard"])


class MetricOut(Out):
    """A metric. `code` is the name of the figure wherever it is answered; `lineage`: feeds, tables and metrics it comes from."""

    code: str
    name_zh: str
    name_en: str
    formula: str
    unit: str
    owner: str
    lineage: list[str]
    computed_by: str


class MetricsOut(Out):
    """In the order in which the work flows."""

    items: list[MetricOut]


@router.get("")
def list_metrics(_: Viewer) -> MetricsOut:
    """Every metric."""
    return MetricsOut.model_validate({"items": list(METRICS)})


@router.get("/{code}")
def show_metric(code: CodePath, _: Viewer) -> MetricOut:
    """One metric."""
    return MetricOut.model_validate(get_metric(code))
