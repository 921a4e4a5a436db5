"""Commands about the next best product: choose, show."""

from typing import Annotated

import typer
from rich.table import Table

from app.commands.context import console, run, sessions
from app.jobs.runner import in_transaction
from app.offers import queries
from app.offers.priority import OfferSettings
from app.offers.service import choose_offers

_DEFAULT = OfferSettings()
NO_CAP = 0.0


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("choose-offers")(choose)
    app.command("next-best")(next_best)


def choose(
    value_cap: Annotated[
        float, typer.Option(help="cap on the value of a product, in multiples of the median value; 0 for none")
    ] = _DEFAULT.value_cap or NO_CAP,
    months_kept: Annotated[int, typer.Option(help="months that a product without a margin is taken to be kept")] = (
        _DEFAULT.months_kept
    ),
) -> None:
    """Choose the next best products of every customer by the newest rankings."""
    settings = OfferSettings(value_cap=None if value_cap == NO_CAP else value_cap, months_kept=months_kept)
    run("choose-offers", lambda session, now: choose_offers(session, settings=settings, now=now))


def next_best(
    customer_no: Annotated[str | None, typer.Argument(help="number of a customer; without it, counts by product")] = None,
) -> None:
    """The next best products of a customer with every factor, or for how many customers each product is the best."""
    if customer_no is None:
        _show_counts()
    else:
        _show_offers(customer_no)


def _show_offers(customer_no: str) -> None:
    offers = in_transaction(sessions(), lambda session: queries.get_offers(session, customer_no=customer_no, grid_ids=None))
    if not offers:
        console.print(f"{customer_no}: nothing is offered: not chosen yet, nothing fits, or all costs more than it brings")
        return
    table = Table(title=f"next best products of {customer_no}", caption="priority = incremental x value x weight - cost")
    for column in (
        "place",
        "product",
        "kind",
        "priority",
        "incremental",
        "by",
        "value",
        "before cap",
        "weight",
        "cost",
        "score",
        "risk",
    ):
        table.add_column(column, justify="left" if column in ("product", "kind", "by") else "right")
    for offer in offers:
        table.add_row(
            str(offer.place),
            f"{offer.product_code} {offer.product_name}",
            offer.kind,
            f"{offer.priority:.4f}",
            f"{offer.incremental:.4f}",
            offer.basis,
            f"{offer.value:.2f}",
            f"{offer.value_before_cap:.2f}",
            f"{offer.weight:g}",
            f"{offer.contact_cost:.2f}",
            "-" if offer.score is None else f"{offer.score:.4f}",
            "-" if offer.risk is None else f"{offer.risk:.4f}",
        )
    console.print(table)


def _show_counts() -> None:
    found = in_transaction(sessions(), queries.get_latest_run)
    places = [str(place) for place in range(1, found.settings["places"] + 1)]
    table = Table(title=f"next best products as of {found.as_of}: {found.customer_count:,} customers with an offer")
    table.add_column("product")
    for place in places:
        table.add_column(f"place {place}", justify="right")
    for product_code, counts in sorted(found.settings["products"].items()):
        table.add_row(product_code, *(f"{counts.get(place, 0):,}" for place in places))
    console.print(table)
