"""Commands about rankers: train, rank, promote, go back, list, report."""

from datetime import date, datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.commands.context import console, run, sessions, settings
from app.core.errors import Invalid
from app.jobs.runner import in_transaction
from app.models.score import RankerTarget, RankerVersion
from app.reports.ranker_list import RankerLine, list_lines
from app.reports.ranker_page import render_ranker
from app.scoring.promotion import promote_ranker, revert_ranker
from app.scoring.ranking import rank_customers
from app.scoring.training import NO_CONTROLS, train_ranker

Product = Annotated[str, typer.Option("--product", help="code of the product")]
Version = Annotated[int, typer.Option("--version", help="number of the ranker")]
Target = Annotated[RankerTarget, typer.Option("--target", help="what it foretells")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="who answers for it; default the login on this machine")]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="what was known before this day; default today")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for name, command in (
        ("train", train),
        ("rank", rank),
        ("promote", promote),
        ("revert", revert),
        ("report", report),
        ("rankers", rankers),
    ):
        app.command(name)(command)


def train(
    product: Product,
    target: Target = RankerTarget.ORDER,
    as_of: AsOf = None,
    label_window: Annotated[int, typer.Option(help="days after a contact in which an order counts")] = 30,
    seed: Annotated[int, typer.Option(help="the same seed on the same data gives the same ranker")] = 7,
    allow: Annotated[list[str] | None, typer.Option(help="a column to use though it looks like a leak; may be repeated")] = None,
    budget: Annotated[float | None, typer.Option(metavar="SECONDS", help="how long to look for better settings")] = None,
    promote_it: Annotated[bool, typer.Option("--promote", help="use it at once, if every gate lets it pass")] = False,
    by: By = None,
) -> None:
    """Train a ranker of a product from what is known. It is a candidate until it is promoted."""
    day = _day(as_of)
    trained: list[int] = []

    def work(session: Session, now: datetime) -> dict[str, Any]:
        version = train_ranker(
            session,
            product_code=product,
            target=target,
            as_of=day,
            label_window_days=label_window,
            seed=seed,
            allow=tuple(allow or ()),
            budget_seconds=budget,
            calibration_limit=settings().gate_calibration_error,
            now=now,
        )
        trained.append(version.number)
        return _summary(version)

    run("train", work)
    if promote_it:
        promote(product, trained[-1], by)


def rank(
    product: Product,
    as_of: AsOf = None,
    top: Annotated[int, typer.Option(help="of so many of the best the reasons are kept")] = 1000,
    target: Target = RankerTarget.ORDER,
    version: Annotated[int | None, typer.Option(help="number of a ranker; default the champion of the target")] = None,
) -> None:
    """Score every customer for a product."""
    day = _day(as_of)
    run(
        "rank",
        lambda session, now: rank_customers(
            session, product_code=product, target=target, as_of=day, top=top, version=version, now=now
        ),
    )


def promote(product: Product, version: Version, by: By = None) -> None:
    """Make a ranker the champion of its product, if every gate lets it pass."""
    limit, person = settings().gate_calibration_error, _person(by)

    def work(session: Session, now: datetime) -> dict[str, Any]:
        found = promote_ranker(
            session, product_code=product, number=version, promoted_by=person, calibration_limit=limit, now=now
        )
        return {"champion": found.number, "target": found.target.value, "by": person}

    run("promote", work)


def revert(product: Product, target: Target = RankerTarget.ORDER, by: By = None) -> None:
    """Put back the champion before the present one."""
    person = _person(by)

    def work(session: Session, now: datetime) -> dict[str, Any]:
        found = revert_ranker(session, product_code=product, target=target, reverted_by=person, now=now)
        return {"champion": found.number, "target": found.target.value, "by": person}

    run("revert", work)


def report(
    product: Product, version: Version, out: Annotated[Path, typer.Option("--out", help="file to write, such as report.html")]
) -> None:
    """Write the page of a ranker as one HTML file: pictures, gates, what it learned from and what was refused."""
    page = in_transaction(sessions(), lambda session: render_ranker(session, product_code=product, number=version))
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Invalid("out", f"a file that can be written, got {out}: {error.strerror}") from error
    console.print(f"{out}: {len(page.encode()):,} bytes")


def rankers() -> None:
    """List the rankers with what they found on contacts held out of their training, their gates and their last watch."""
    table = Table(title="rankers")
    for name in (
        "product",
        "version",
        "target",
        "status",
        "order",
        "as of",
        "examples",
        "successes",
        "AUC",
        "list",
        "plain list",
    ):
        table.add_column(name)
    for name in ("calibration", "gates", "alarms"):
        table.add_column(name)
    for row in in_transaction(sessions(), list_lines):
        table.add_row(*_cells(row))
    console.print(table)


def _cells(row: RankerLine) -> list[str]:
    figures = row.metrics
    plain = figures.get("plain", {})
    return [
        row.product_code,
        str(row.number),
        row.target.value,
        f"{row.status.value}, blocked" if row.blocked_at else row.status.value,
        row.ordering.value,
        str(row.as_of),
        str(row.example_count),
        str(row.positive_count),
        _figure(figures.get("auc")),
        _figure(figures.get("precision_at_list")),
        _figure(plain.get("precision_at_list")),
        _figure(figures.get("calibration_error")),
        "-" if row.refused_by is None else f"refused: {row.refused_by}" if row.refused_by else "passed",
        "-" if row.alarms is None else str(row.alarms),
    ]


def _summary(version: RankerVersion) -> dict[str, Any]:
    names = ("auc", "average_precision", "list_size", "precision_at_list", "lift_at_list", "calibration_error", "log_loss")
    figures = version.metrics
    told, used = version.report.get("columns", {}), version.parameters
    refused, dropped = ({each["name"]: each["reason"] for each in told.get(kind, [])} for kind in ("refused", "dropped"))
    return {
        "version": version.number,
        "target": version.target.value,
        "status": version.status.value,
        "order": version.ordering.value,
        "why": (version.report.get("uplift") or NO_CONTROLS)["reason"],
        "examples": version.example_count,
        "successes": version.positive_count,
        "days": f"{version.data_from} to {version.data_to}",
        "validation": figures["validation"],
        "held out": {name: _figure(figures[name]) for name in names},
        "plain LightGBM": {name: _figure(figures["plain"][name]) for name in names},
        "boosters": "; ".join(
            f"{m['rounds']} x {m['num_leaves']} leaves at {m['learning_rate']:.3g}" for m in used.get("mix", [])
        ),
        "settings tried": used.get("trials", 1),
        "calibrated by": used.get("calibration", "platt"),
        "columns used": ", ".join(used.get("columns", [])),
        "columns left out": dropped or "none",
        "columns refused": refused or "none",
        "gates": {gate["name"]: "passed" if gate["passed"] else gate["says"] for gate in version.report.get("gates", [])},
        "checksum": version.checksum,
    }


def _figure(value: float | None) -> str:
    return "-" if value is None else str(value) if isinstance(value, int) else f"{value:.4f}"


def _person(by: str | None) -> str:
    """Who answers for it."""
    if by is not None:
        return by
    try:
        return getuser()
    except (OSError, KeyError) as error:  # no login on this machine, such as in a container
        raise Invalid("by", "a name, as there is no login on this machine") from error


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a local day has no zone
    except ValueError as error:
        raise Invalid("as-of", "a day as YYYY-MM-DD, such as 2026-10-02") from error
