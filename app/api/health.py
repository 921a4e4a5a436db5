"""Liveness, readiness and metrics. They wait for no request and no connection of others."""

import os

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from app.core.readiness import check_readiness

router = APIRouter(tags=["health"], include_in_schema=False)


@router.get("/health/live")
async def live() -> dict[str, str]:
    """This process answers."""
    return {"status": "alive"}


@router.get("/health/ready")
def ready(request: Request) -> dict[str, str]:
    """The database answers and has this code's schema; 503 otherwise."""
    return check_readiness(request.app.state.probe)


@router.get("/metrics")
def metrics() -> Response:
    """Prometheus metrics of this process, or of all processes of `gridwork serve` together."""
    return Response(generate_latest(_registry()), media_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # the library is not typed here
    return together
