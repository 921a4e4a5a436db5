"""The console's pages of the customer data centre: one customer whole, the tag library, the metric library."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse

from app.api.deps import Now, SessionDep
from app.api.types import ShortText
from app.centre.metrics import METRICS
from app.centre.queries import tags_in_use
from app.reports.customer_360 import view_customer
from app.web.access import AnyReader, ConsoleRoute, PlanningReader
from app.web.rendering import show

router = APIRouter(prefix="/console", include_in_schema=False, route_class=ConsoleRoute)


@router.get("/customers")
def find_customer(reader: AnyReader) -> HTMLResponse:
    """A form for a customer's number."""
    return show("customer.html.j2", reader, view=None)


@router.get("/customers/find")
def go_to_customer(customer_no: Annotated[ShortText, Query()], _: AnyReader) -> RedirectResponse:
    """From the form to the customer."""
    return RedirectResponse(customer_path(customer_no), status_code=303)


@router.get("/customers/{customer_no}")
def show_customer(customer_no: Annotated[ShortText, Path()], reader: AnyReader, session: SessionDep, now: Now) -> HTMLResponse:
    """A customer of my grids."""
    view = view_customer(session, customer_no=customer_no, principal=reader, now=now)
    return show("customer.html.j2", reader, view=view)


@router.get("/tags")
def show_tags(reader: PlanningReader, session: SessionDep) -> HTMLResponse:
    """The tags in use."""
    return show("tags.html.j2", reader, tags=tags_in_use(session))


@router.get("/metrics")
def show_metrics(reader: AnyReader) -> HTMLResponse:
    """What every figure means."""
    return show("metrics.html.j2", reader, metrics=METRICS)


def customer_path(customer_no: str) -> str:
    """Where a customer's page is."""
    return f"/console/customers/{quote(customer_no.strip(), safe='')}"
