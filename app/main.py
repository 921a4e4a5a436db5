"""The HTTP service: `create_app()` for uvicorn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.api import errors
from app.api.limits import BodyLimit
from app.api.observe import Observe
from app.api.router import all_routes
from app.core import clock
from app.core.database import app_engine
from app.core.db import make_sessions
from app.core.logs import configure_logs
from app.core.security import signing_secret
from app.settings import Settings, read_settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application with its own engine; the settings come from the environment unless given."""
    settings = settings or read_settings()
    configure_logs(settings.log_level)
    clock.use_zone(settings.zone)
    engine = app_engine(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        engine.dispose()

    app = FastAPI(
        title="Gridwork",
        summary="Grid-based dispatch of field sales work",
        description="Errors are problem+json (RFC 9457); `code` is stable, `detail` is for people.",
        version="1",
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.engine = engine
    app.state.sessions = make_sessions(engine)
    app.state.secret = signing_secret(settings.secret, settings.home)
    errors.install(app)
    app.include_router(all_routes())
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, max_upload_bytes=settings.max_upload_bytes)
    app.add_middleware(Observe)
    return app
