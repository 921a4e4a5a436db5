"""Which pages the console has."""

from fastapi import APIRouter

from app.web import centre, rankers, sign_in


def console_routes() -> APIRouter:
    """Every page of the console."""
    router = APIRouter()
    router.include_router(sign_in.router)
    router.include_router(centre.router)
    router.include_router(rankers.router)
    return router
