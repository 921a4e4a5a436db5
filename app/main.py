"""The HTTP service: `create_app()`, and `create_process()` for a process of `gridwork serve`."""

import asyncio
import gc
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

from app.api import errors
from app.api.documentation import mount_files
from app.api.limits import BodyLimit, InFlightLimit
from app.api.observe import Observe
from app.api.quick import QuickRoutes
from app.api.router import SHORT_WAYS, add_routes
from app.core import clock
from app.core.database import app_engine, app_listener, app_pool
from app.core.db import make_sessions
from app.core.logs import configure_logs
from app.core.payroll_keys import PayrollSigner, payroll_key
from app.core.push_keys import public_push_key, push_key
from app.core.security import signing_secret
from app.core.storage import Storage
from app.disclosure.relays import relay_of
from app.notices.sealing import seal_of
from app.reports.live.following import Live
from app.settings import Settings, read_settings
from app.web.files import read_pages
from app.web.router import page_routes

IN_FLIGHT_PER_CONNECTION = 4  # requests that may wait, each at most `pool_wait_seconds`, for one database connection
PROBE_TIMEOUT_MS = 2_000
LAST_SECONDS = 1.0


def create_process() -> FastAPI:
    """The application as a process of its own, which ends in time though a handler should not."""
    app = create_app()
    app.state.ends_process = True
    gc.freeze()  # what is there by now stays: it need not be looked through again and again
    return app


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application with its own engine; the settings come from the environment unless given."""
    settings = settings or read_settings()
    configure_logs(settings.log_level)
    clock.use_zone(settings.zone)
    engine = app_engine(settings)
    probe = app_engine(settings.model_copy(update={"pool_size": 1}), statement_timeout_ms=PROBE_TIMEOUT_MS)
    max_in_flight = IN_FLIGHT_PER_CONNECTION * settings.pool_size

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        current_default_thread_limiter().total_tokens = max_in_flight + 4  # health and metrics too
        if app.state.ends_process:
            _end_streams_first(app.state.live)
        async with app_pool(settings) as hot:
            yield {"hot": hot, "noted": {}}
        app.state.live.stop()
        if app.state.ends_process:  # the requests had `shutdown_seconds`; a thread cannot be cancelled
            last = threading.Timer(LAST_SECONDS, os._exit, (1,))
            last.daemon = True
            last.start()
        engine.dispose()
        probe.dispose()

    app = FastAPI(
        title="Gridwork",
        summary="Grid-based dispatch of field sales work",
        description="Errors are problem+json (RFC 9457); `code` is stable, `detail` is for people, `detail_zh` in Chinese.",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # Observe counts; asked for at every request otherwise
    )
    app.state.settings = settings
    app.state.ends_process = False
    app.state.engine = engine
    app.state.probe = probe
    app.state.sessions = make_sessions(engine, Storage(settings.storage_url))
    app.state.live = Live(app_listener(settings), most_streams=settings.most_streams)
    app.state.pages = read_pages()
    _read_keys(app, settings)
    errors.install(app)
    add_routes(app)
    app.include_router(page_routes())
    mount_files(app)
    _add_middleware(app, settings, max_in_flight)
    return app


def _add_middleware(app: FastAPI, settings: Settings, max_in_flight: int) -> None:
    """What a request passes on its way to the routes, the last of these first."""
    app.add_middleware(QuickRoutes, ways=SHORT_WAYS)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, max_upload_bytes=settings.max_upload_bytes)
    app.add_middleware(InFlightLimit, max_in_flight=max_in_flight)
    app.add_middleware(Observe)


def _read_keys(app: FastAPI, settings: Settings) -> None:
    """What signs and seals here, and puts calls through."""
    app.state.secret = signing_secret(settings.secret, settings.home)
    app.state.call_relay = relay_of(settings.call_relay)
    app.state.seal = seal_of(settings.webhook_key, settings.home)
    app.state.push_key = public_push_key(push_key(settings.push_key, settings.home))
    app.state.payroll_signer = PayrollSigner(payroll_key(settings.payroll_key, settings.home))


def _end_streams_first(live: Live) -> None:
    """At the signal that ends the process, end its streams: the server waits for them as for requests, and they wait for ever."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        server_does = signal.getsignal(number)

        def end(received: int, frame: FrameType | None, then: Any = server_does) -> None:
            loop.call_soon_threadsafe(live.stop)
            if callable(then):
                then(received, frame)

        signal.signal(number, end)
