"""Which pages there are: the console's, and the phone app."""

from fastapi import APIRouter

from app.web import centre, console, phone, rankers, reviews, session


def page_routes() -> APIRouter:
    """Every page."""
    router = APIRouter()
    router.include_router(session.router)
    router.include_router(centre.router)
    router.include_router(rankers.router)
    router.include_router(reviews.router)
    router.include_router(console.router)
    router.include_router(phone.router)
    return router
