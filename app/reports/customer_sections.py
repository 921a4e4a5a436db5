"""What of a customer who may see: sections and their fields by role (pure). What is not named here leaves nothing.

Of a phone number the ends are shown, by the database's own masked_phone(); who has to call asks for it, and that is kept.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

Sections = dict[str, frozenset[str]]


class Audience(StrEnum):
    """For whom a customer is put together."""

    PHONE = "phone"  # a terminal manager, of customers he works on
    MANAGER = "manager"  # grid and branch managers, of their grids
    OFFICE = "office"  # planners and analysts: who the customer is does not concern them
    OPERATOR = "operator"  # administrators and the command line


# By role; who has none here sees nothing of a customer.
AUDIENCES: Mapping[str, Audience] = {
    "terminal_manager": Audience.PHONE,
    "grid_manager": Audience.MANAGER,
    "branch_manager": Audience.MANAGER,
    "planner": Audience.OFFICE,
    "analyst": Audience.OFFICE,
    "admin": Audience.OPERATOR,
}


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


_PERSON = "customer_no name phone address grid_code branch_code owner_staff_no segment lifecycle opened_on"
_REASON = _fields("feature value contribution zh en talk_track")
_MANAGER: Sections = {
    "customer": _fields(_PERSON),
    "preferences": _fields("scope status recorded_at until"),
    "holdings": _fields("product_code product_name family from_date to_date monthly_price"),
    "orders": _fields("order_no product_code product_name ordered_at cancelled_at channel amount"),
    "contacts": _fields("contacted_at product_code family channel outcome objection note staff_no campaign_code verdict"),
    "complaints": _fields("complaint_no opened_at topic"),
    "competitors": _fields("operator monthly_price ends_on found_at"),
    "tags": _fields("code name_zh name_en since"),
    "figures": _fields("feature value zh en"),
    "scores": _fields("product_code product_name as_of score rank ranked_customers reasons"),
    "work_orders": _fields("id campaign_code product_code staff_no state scheduled_on due_on close_reason"),
    "campaigns": _fields("campaign_code campaign_name product_code status rank draw reason decided_at starts_on"),
    "offers": _fields(
        "place product_code product_name kind family priority incremental basis value value_before_cap weight contact_cost"
        " score risk as_of"
    ),
}
ALLOWED: Mapping[Audience, Sections] = {
    Audience.MANAGER: _MANAGER,
    Audience.OPERATOR: _MANAGER,
    Audience.OFFICE: _MANAGER
    | {
        "customer": _fields("customer_no grid_code branch_code segment lifecycle opened_on"),
        "contacts": _MANAGER["contacts"] - {"note", "staff_no"},
        "work_orders": _MANAGER["work_orders"] - {"staff_no"},
    },
    Audience.PHONE: {
        "customer": _fields("customer_no name phone address segment opened_on"),
        "preferences": _fields("scope status until"),
        "holdings": _fields("product_code product_name family from_date to_date"),
        "orders": _fields("product_code product_name ordered_at cancelled_at"),
        "contacts": _fields("contacted_at family channel outcome objection"),
        "complaints": _fields("opened_at topic"),
        "competitors": _fields("operator monthly_price ends_on found_at"),
        "tags": _fields("code name_zh name_en since"),
        "figures": _fields("zh en"),
        "scores": _fields("product_code product_name as_of reasons"),
        "work_orders": _fields("id product_code state scheduled_on due_on"),
        "offers": _fields("place product_code product_name kind"),
    },
}


def allowed_view(view: Mapping[str, Any], audience: Audience) -> dict[str, Any]:
    """Of a whole view what this audience may see; a section that it may not see is absent."""
    sections = ALLOWED[audience]
    return {name: _only(view[name], fields) for name, fields in sections.items()}


def _only(section: Any, fields: frozenset[str]) -> Any:
    if isinstance(section, list):
        return [_only(entry, fields) for entry in section]
    return {name: _reasons(value) if name == "reasons" else value for name, value in section.items() if name in fields}


def _reasons(reasons: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    return [{name: value for name, value in reason.items() if name in _REASON} for reason in reasons or []]
