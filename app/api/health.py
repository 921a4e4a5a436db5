"""Liveness, readiness and metrics."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.core.readiness import check_readiness

router = APIRouter(tags=["health"], include_in_schema=False)


@router.get("/health/live")
def live() -> dict[str, str]:
    """This process answers."""
    return {"status": "alive"}


@router.get("/health/ready")
def ready(request: Request) -> dict[str, str]:
    """The database answers and has this code's schema; 503 otherwise."""
    return check_readiness(request.app.state.engine)


@router.get("/metrics")
def metrics() -> Response:
    """Prometheus metrics of this process."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
