"""The command `preview`: what a campaign is expected to bring, before anybody approves it."""

from typing import Annotated, Any

import typer
from rich.table import Table

from app.commands.context import console, sessions
from app.core import clock
from app.dispatch.preview.preview import preview_campaign
from app.jobs.runner import in_transaction

_COLUMNS = {
    "short": ("grid", "wanted", "free"),
    "load": ("grid", "week", "contacts", "free"),
    "overlap": ("campaign", "family", "status", "customers"),
    "displaced": ("campaign", "contacts", "value"),
    "moved": ("days", "first_day", "last_day", "contacts", "free", "successes", "value", "displaced"),
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("preview")(preview)


def preview(code: Annotated[str, typer.Argument(help="code of the campaign")]) -> None:
    """What the run of a campaign would give now: reach, successes and value with intervals, load, overlap, what it displaces."""
    found = in_transaction(sessions(), lambda session: preview_campaign(session, campaign_code=code, now=clock.now()).figures)
    _show_pairs(f"{code}, version {found['version']}: reach", found["reach"])
    _show_pairs("expected", {name: found[name] for name in ("contacts", "successes", "gross", "cost", "value", "return_on_cost")})
    _show_pairs("promises", {name: found[name] for name in ("budget", "minimum_volume", "fit", "fits")})
    for title, columns in _COLUMNS.items():
        _show_rows(title, columns, found[title])


def _show_pairs(title: str, values: dict[str, Any]) -> None:
    table = Table(title=title, show_header=False)
    for name, value in values.items():
        table.add_row(name.replace("_", " "), _said(value))
    console.print(table)


def _show_rows(title: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    table = Table(title=title)
    for column in columns:
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(_said(row[column]) for column in columns))
    console.print(table)


def _said(value: Any) -> str:
    """An expectation as its figure and the interval that holds it with 90 %."""
    if isinstance(value, dict) and "expected" in value:
        return f"{value['expected']} ({value['low']} to {value['high']})"
    if isinstance(value, list):
        return "; ".join(f"{row['campaign']} {row['contacts']}" for row in value) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{name} {part}" for name, part in value.items())
    return "-" if value is None else str(value)
