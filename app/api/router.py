"""Which routes there are: one API for each audience."""

from fastapi import APIRouter

from app.api import auth, health
from app.api.dashboard import feedback as dashboard_feedback
from app.api.mobile import feedback as mobile_feedback
from app.api.mobile import work_orders as mobile_work_orders


def all_routes() -> APIRouter:
    """Every route of the service."""
    router = APIRouter()
    router.include_router(auth.router)
    router.include_router(health.router)
    router.include_router(mobile_work_orders.router)
    router.include_router(mobile_feedback.router)
    router.include_router(dashboard_feedback.router)
    return router
