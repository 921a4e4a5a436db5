"""Which routes there are: one API for each audience."""

from fastapi import APIRouter

from app.api import auth, health


def all_routes() -> APIRouter:
    """Every route of the service."""
    router = APIRouter()
    router.include_router(auth.router)
    router.include_router(health.router)
    return router
