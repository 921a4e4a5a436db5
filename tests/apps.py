"""The application, made for one test after the other in the same process."""

from fastapi import FastAPI
from starlette.routing import BaseRoute

from app.main import create_app
from app.settings import Settings

_first: dict[int, BaseRoute] = {}


def make_app(settings: Settings) -> FastAPI:
    """As `create_app`, but what FastAPI works out of the routes at a first request is worked out once, not for each test.

    It is the same for all of them, and takes a third of a second: which application is asked comes with each request.
    """
    app = create_app(settings)
    for place, route in enumerate(app.router.routes):
        first = _first.setdefault(place, route)
        router = getattr(route, "original_router", None)  # of what `include_router` took in
        if router is not None and getattr(first, "original_router", None) is router:
            app.router.routes[place] = first
    return app
