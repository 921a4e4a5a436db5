"""The next best products of one customer, with every factor."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path

from app.api.deps import SessionDep, Viewer
from app.api.types import Out, ShortText
from app.offers.queries import get_offers

router = APIRouter(prefix="/dashboard/v1/customers", tags=["dashboard"])


class OfferOut(Out):
    """priority = incremental x value x weight - contact_cost, in money a contact; `basis` says how incremental is known."""

    place: int
    product_code: str
    product_name: str
    kind: str
    family: str
    priority: float
    incremental: float
    basis: str
    value: float
    value_before_cap: float
    weight: float
    contact_cost: float
    score: float | None
    risk: float | None
    as_of: date


@router.get("/{customer_no}/offers")
def list_offers(customer_no: Annotated[ShortText, Path()], principal: Viewer, session: SessionDep) -> list[OfferOut]:
    """What a customer of my grids is best offered, best first; empty where nothing was chosen or nothing fits."""
    found = get_offers(session, customer_no=customer_no, grid_ids=principal.grid_ids)
    return [OfferOut.model_validate(offer) for offer in found]
