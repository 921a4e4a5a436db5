"""Commands for planners: the customers that lists are counted on, the map of capacity, and stopping a dispatch."""

from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from app.access.service import find_person
from app.campaigns.sampling import drawing
from app.commands.context import run
from app.dispatch.preview.capacity_map import measure_capacity
from app.dispatch.run.progress import stop_request


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("draw-sample")(draw_sample)
    app.command("measure-capacity")(measure)
    app.command("stop-dispatch")(stop_dispatch)


def draw_sample() -> None:
    """Draw the customers that the console counts lists on; the worker does it after each ranking."""
    run("draw-sample", lambda session, now: drawing.draw_sample(session, now=now))


def measure() -> None:
    """Measure what all grids can take in the next weeks, for the console's picture; the worker does it after each change."""
    run("measure-capacity", lambda session, now: measure_capacity(session, now=now))


def stop_dispatch(
    number: Annotated[int, typer.Argument(metavar="REQUEST", help="number of the requested dispatch")],
    by: Annotated[str, typer.Option(metavar="LOGIN", help="who stops it: a person's login")],
) -> None:
    """Stop a dispatch that waits for the worker or is under way; nothing of it is kept."""

    def work(session: Session, now: datetime) -> dict[str, Any]:
        who = find_person(session, login=by, now=now)
        return {"request": number, "state": stop_request(session, request_id=number, by=who, now=now).state}

    run("stop-dispatch", work)
