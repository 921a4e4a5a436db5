"""Which pages there are: the console's, and the phone app."""

from fastapi import APIRouter

from app.web import centre, phone, rankers, reviews, sign_in


def page_routes() -> APIRouter:
    """Every page."""
    router = APIRouter()
    router.include_router(sign_in.router)
    router.include_router(centre.router)
    router.include_router(rankers.router)
    router.include_router(reviews.router)
    router.include_router(phone.router)
    return router
