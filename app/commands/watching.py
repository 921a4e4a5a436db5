"""Commands about the watch over rankers: look now, list what was seen, let a blocked one score again."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.commands.context import console, run, sessions, settings
from app.jobs.runner import in_transaction
from app.scoring.promotion import unblock_ranker
from app.scoring.watching.queries import MOST_LISTED, WatchRow, list_watches
from app.scoring.watching.service import watch_rankers

SHOWN = 3  # alarms and columns in a line; the page of the ranker and the API have all
OfProduct = Annotated[str | None, typer.Option("--product", help="code of the product; default all")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("watch")(watch)
    app.command("watches")(watches)
    app.command("unblock")(unblock)


def watch(product: OfProduct = None) -> None:
    """Look at the rankers in use now, as every night, and draw the consequences."""
    limit = settings().gate_calibration_error
    run("watch-rankers", lambda session, now: watch_rankers(session, product_code=product, calibration_limit=limit, now=now))


def watches(
    product: OfProduct = None, limit: Annotated[int, typer.Option(min=1, max=MOST_LISTED, help="rows at most")] = 50
) -> None:
    """List what the watch saw, newest first, with what was done."""
    table = Table(title="watches")
    for name in ("product", "version", "target", "day", "customers", "columns moved", "score PSI", "latest rate", "consequence"):
        table.add_column(name)
    table.add_column("alarms", overflow="fold")
    for row in in_transaction(sessions(), lambda session: list_watches(session, product_code=product, limit=limit)):
        table.add_row(*_cells(row))
    console.print(table)


def unblock(
    product: Annotated[str, typer.Option("--product", help="code of the product")],
    version: Annotated[int, typer.Option("--version", help="number of the ranker")],
) -> None:
    """Let a ranker that the watch blocked score again."""

    def work(session: Session, _: datetime) -> dict[str, Any]:
        return {"unblocked": unblock_ranker(session, product_code=product, number=version).number}

    run("unblock", work)


def _cells(row: WatchRow) -> list[str]:
    figures = row.figures
    moved = [each["feature"] for each in figures["drift"] if each["state"] in {"moved", "alarm", "broken"}]
    scores, labels = figures.get("scores"), figures.get("labels")
    return [
        row.product_code,
        str(row.number),
        row.target.value,
        str(row.as_of),
        str(figures["rows"]),
        _first(moved, between=", ") or "-",
        "-" if not scores or scores["psi"] is None else f"{scores['psi']:.3f}",
        "-" if not labels or labels["rate"] is None else f"{labels['rate']:.3f} (expected {labels['expected_rate']:.3f})",
        _consequence(row),
        _first([alarm["says"] for alarm in row.alarms]) or "-",
    ]


def _consequence(row: WatchRow) -> str:
    """What was done, with the number of the candidate that was trained for it, now or before."""
    trained, waits = row.figures.get("candidate"), row.figures.get("waiting_candidate")
    if trained is not None:
        return f"{row.consequence.value}: candidate {trained}"
    return row.consequence.value if waits is None else f"{row.consequence.value}: candidate {waits} waits"


def _first(said: list[str], *, between: str = " ") -> str:
    """The first of them, and how many more there are."""
    more = f"{between}and {len(said) - SHOWN} more" if len(said) > SHOWN else ""
    return between.join(said[:SHOWN]) + more
