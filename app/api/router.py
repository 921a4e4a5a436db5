"""Which routes there are: one API for each audience."""

from typing import Any

from fastapi import APIRouter, FastAPI

from app.api import auth, documentation, health
from app.api.dashboard import attachments as dashboard_attachments
from app.api.dashboard import bulk as dashboard_bulk
from app.api.dashboard import campaign_life as dashboard_campaign_life
from app.api.dashboard import campaigns as dashboard_campaigns
from app.api.dashboard import contact_policy as dashboard_contact_policy
from app.api.dashboard import customers as dashboard_customers
from app.api.dashboard import devices as dashboard_devices
from app.api.dashboard import dictionary as dashboard_dictionary
from app.api.dashboard import disclosures as dashboard_disclosures
from app.api.dashboard import disputes as dashboard_disputes
from app.api.dashboard import do_not_disturb as dashboard_do_not_disturb
from app.api.dashboard import feedback as dashboard_feedback
from app.api.dashboard import handovers as dashboard_handovers
from app.api.dashboard import metrics as dashboard_metrics
from app.api.dashboard import notices as dashboard_notices
from app.api.dashboard import offers as dashboard_offers
from app.api.dashboard import order_feedback as dashboard_order_feedback
from app.api.dashboard import owners as dashboard_owners
from app.api.dashboard import points as dashboard_points
from app.api.dashboard import programmes as dashboard_programmes
from app.api.dashboard import proposals as dashboard_proposals
from app.api.dashboard import returns as dashboard_returns
from app.api.dashboard import runs as dashboard_runs
from app.api.dashboard import tags as dashboard_tags
from app.api.dashboard import verification as dashboard_verification
from app.api.dashboard import work_orders as dashboard_work_orders
from app.api.mobile import attachments as mobile_attachments
from app.api.mobile import customers as mobile_customers
from app.api.mobile import day as mobile_day
from app.api.mobile import device_key as mobile_device_key
from app.api.mobile import devices as mobile_devices
from app.api.mobile import disputes as mobile_disputes
from app.api.mobile import do_not_disturb as mobile_do_not_disturb
from app.api.mobile import feedback as mobile_feedback
from app.api.mobile import outcomes as mobile_outcomes
from app.api.mobile import points as mobile_points
from app.api.mobile import returns as mobile_returns
from app.api.mobile import work_orders as mobile_work_orders
from app.api.operations import corrections as operations_corrections
from app.api.operations import escalation as operations_escalation
from app.api.operations import imports as operations_imports
from app.api.operations import jobs as operations_jobs
from app.api.operations import months as operations_months
from app.api.operations import rankers as operations_rankers
from app.api.operations import webhooks as operations_webhooks
from app.api.payroll import months as payroll_months


def all_routes() -> APIRouter:
    """Every route of the service."""
    router = APIRouter()
    router.include_router(mobile_work_orders.router)  # routes are looked through in this order
    router.include_router(mobile_feedback.sending)
    router.include_router(auth.router)
    router.include_router(health.router)
    router.include_router(documentation.router)
    router.include_router(mobile_feedback.router)
    _add_field_routes(router)
    router.include_router(mobile_day.router)
    router.include_router(mobile_device_key.router)
    router.include_router(mobile_returns.router)
    router.include_router(mobile_customers.router)
    router.include_router(mobile_devices.router)
    router.include_router(dashboard_devices.router)
    router.include_router(dashboard_disclosures.router)
    router.include_router(mobile_disputes.router)
    router.include_router(dashboard_disputes.router)
    router.include_router(dashboard_feedback.router)
    router.include_router(mobile_points.router)
    router.include_router(dashboard_points.router)
    router.include_router(dashboard_verification.router)
    router.include_router(operations_months.router)
    router.include_router(payroll_months.router)
    router.include_router(operations_imports.router)
    router.include_router(operations_jobs.router)
    router.include_router(operations_rankers.router)
    router.include_router(operations_webhooks.router)
    router.include_router(operations_escalation.router)
    router.include_router(dashboard_notices.router)
    router.include_router(dashboard_campaigns.router)
    router.include_router(dashboard_campaign_life.router)
    router.include_router(dashboard_programmes.router)
    router.include_router(dashboard_runs.router)
    router.include_router(dashboard_contact_policy.router)
    router.include_router(dashboard_bulk.router)
    router.include_router(dashboard_work_orders.router)
    router.include_router(dashboard_returns.router)
    router.include_router(dashboard_customers.router)
    router.include_router(dashboard_owners.router)
    router.include_router(dashboard_handovers.router)
    router.include_router(dashboard_offers.router)
    router.include_router(dashboard_tags.router)
    router.include_router(dashboard_metrics.router)
    router.include_router(dashboard_dictionary.router)
    return router


def _add_field_routes(router: APIRouter) -> None:
    """What managers tell from the field beside their reports, and what becomes of it."""
    router.include_router(mobile_outcomes.router)
    router.include_router(mobile_do_not_disturb.router)
    router.include_router(mobile_attachments.router)
    router.include_router(dashboard_do_not_disturb.router)
    router.include_router(dashboard_attachments.router)
    router.include_router(dashboard_proposals.router)
    router.include_router(dashboard_order_feedback.router)
    router.include_router(operations_corrections.router)


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document of these routes, without a service and its database: for generators of clients."""
    app = FastAPI(title="Gridwork", version="1")
    app.include_router(all_routes())
    return app.openapi()
