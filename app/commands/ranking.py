"""Commands about rankers: train, rank, promote, list."""

from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.commands.context import console, run, sessions
from app.core.errors import Invalid
from app.jobs.runner import in_transaction
from app.models.score import RankerVersion
from app.scoring import queries
from app.scoring.promotion import promote_ranker
from app.scoring.ranking import rank_customers
from app.scoring.training import train_ranker

Product = Annotated[str, typer.Option("--product", help="code of the product")]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="what was known before this day; default today")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("train")(train)
    app.command("rank")(rank)
    app.command("promote")(promote)
    app.command("rankers")(rankers)


def train(
    product: Product,
    as_of: AsOf = None,
    label_window: Annotated[int, typer.Option(help="days after a contact in which an order counts")] = 30,
    seed: Annotated[int, typer.Option(help="the same seed on the same data gives the same ranker")] = 7,
) -> None:
    """Train a ranker of a product from past contacts. The first becomes the champion, later ones wait for `promote`."""
    day = _day(as_of)

    def work(session: Session, now: datetime) -> dict[str, Any]:
        version = train_ranker(session, product_code=product, as_of=day, label_window_days=label_window, seed=seed, now=now)
        return _summary(version)

    run("train", work)


def rank(
    product: Product,
    as_of: AsOf = None,
    top: Annotated[int, typer.Option(help="of so many of the best the reasons are kept")] = 1000,
    version: Annotated[int | None, typer.Option(help="number of a ranker; default the champion")] = None,
) -> None:
    """Score every customer for a product."""
    day = _day(as_of)
    run(
        "rank",
        lambda session, now: rank_customers(session, product_code=product, as_of=day, top=top, version=version, now=now),
    )


def promote(product: Product, version: Annotated[int, typer.Option(help="number of the ranker")]) -> None:
    """Make a ranker the champion of its product."""
    run(
        "promote",
        lambda session, _: {
            "champion": promote_ranker(session, product_code=product, number=version).number,
        },
    )


def rankers() -> None:
    """List the rankers with what they found on contacts held out of their training."""
    table = Table(title="rankers")
    for column in ("product", "version", "status", "as of", "contacts", "orders", "AUC", "list", "plain list", "calibration"):
        table.add_column(column)
    for row in in_transaction(sessions(), queries.all_rankers):
        figures = row.metrics
        table.add_row(
            row.product_code,
            str(row.number),
            row.status,
            str(row.as_of),
            str(row.example_count),
            str(row.positive_count),
            _figure(figures["auc"]),
            _figure(figures["precision_at_list"]),
            _figure(figures["plain"]["precision_at_list"]),
            _figure(figures["calibration_error"]),
        )
    console.print(table)


def _summary(version: RankerVersion) -> dict[str, Any]:
    names = ("auc", "average_precision", "list_size", "precision_at_list", "lift_at_list", "calibration_error", "log_loss")
    figures = version.metrics
    return {
        "version": version.number,
        "status": version.status.value,
        "contacts": version.example_count,
        "with an order": version.positive_count,
        "contacted": f"{version.data_from} to {version.data_to}",
        "validation": figures["validation"],
        "held out": {name: _figure(figures[name]) for name in names},
        "plain LightGBM": {name: _figure(figures["plain"][name]) for name in names},
        "checksum": version.checksum,
    }


def _figure(value: float | None) -> str:
    return "-" if value is None else str(value) if isinstance(value, int) else f"{value:.4f}"


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a local day has no zone
    except ValueError as error:
        raise Invalid("as-of", "a day as YYYY-MM-DD, such as 2026-10-02") from error
