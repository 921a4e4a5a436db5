"""Which routes there are: one API for each audience."""

from typing import Any

from fastapi import FastAPI

from app.api import auth, documentation, health
from app.api.dashboard import alarms as dashboard_alarms
from app.api.dashboard import attachments as dashboard_attachments
from app.api.dashboard import bulk as dashboard_bulk
from app.api.dashboard import campaign_life as dashboard_campaign_life
from app.api.dashboard import campaigns as dashboard_campaigns
from app.api.dashboard import comparing as dashboard_comparing
from app.api.dashboard import contact_policy as dashboard_contact_policy
from app.api.dashboard import cube as dashboard_cube
from app.api.dashboard import customers as dashboard_customers
from app.api.dashboard import devices as dashboard_devices
from app.api.dashboard import dictionary as dashboard_dictionary
from app.api.dashboard import disclosures as dashboard_disclosures
from app.api.dashboard import dispatch_requests as dashboard_dispatch_requests
from app.api.dashboard import disputes as dashboard_disputes
from app.api.dashboard import do_not_disturb as dashboard_do_not_disturb
from app.api.dashboard import evaluations as dashboard_evaluations
from app.api.dashboard import events as dashboard_events
from app.api.dashboard import evidence as dashboard_evidence
from app.api.dashboard import feedback as dashboard_feedback
from app.api.dashboard import handovers as dashboard_handovers
from app.api.dashboard import live as dashboard_live
from app.api.dashboard import messages as dashboard_messages
from app.api.dashboard import metrics as dashboard_metrics
from app.api.dashboard import months as dashboard_months
from app.api.dashboard import notices as dashboard_notices
from app.api.dashboard import offers as dashboard_offers
from app.api.dashboard import order_feedback as dashboard_order_feedback
from app.api.dashboard import owners as dashboard_owners
from app.api.dashboard import payroll_console as dashboard_payroll_console
from app.api.dashboard import personnel as dashboard_personnel
from app.api.dashboard import planning as dashboard_planning
from app.api.dashboard import points as dashboard_points
from app.api.dashboard import points_plans as dashboard_points_plans
from app.api.dashboard import programmes as dashboard_programmes
from app.api.dashboard import proposals as dashboard_proposals
from app.api.dashboard import quick as dashboard_quick
from app.api.dashboard import returns as dashboard_returns
from app.api.dashboard import reviews as dashboard_reviews
from app.api.dashboard import runs as dashboard_runs
from app.api.dashboard import saved_views as dashboard_saved_views
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
from app.api.mobile import messages as mobile_messages
from app.api.mobile import outcomes as mobile_outcomes
from app.api.mobile import points as mobile_points
from app.api.mobile import quick as mobile_quick
from app.api.mobile import returns as mobile_returns
from app.api.mobile import work_orders as mobile_work_orders
from app.api.operations import corrections as operations_corrections
from app.api.operations import escalation as operations_escalation
from app.api.operations import evidence_rules as operations_evidence_rules
from app.api.operations import feeds as operations_feeds
from app.api.operations import imports as operations_imports
from app.api.operations import jobs as operations_jobs
from app.api.operations import months as operations_months
from app.api.operations import people as operations_people
from app.api.operations import permissions as operations_permissions
from app.api.operations import ranker_analysis as operations_ranker_analysis
from app.api.operations import rankers as operations_rankers
from app.api.operations import sms as operations_sms
from app.api.operations import system as operations_system
from app.api.operations import webhooks as operations_webhooks
from app.api.payroll import files as payroll_files
from app.api.payroll import months as payroll_months
from app.api.quick import ShortWay

SHORT_WAYS = (
    ShortWay("GET", "/mobile/v1/work-orders", mobile_quick.prepare, mobile_quick.pull),
    ShortWay("POST", "/mobile/v1/feedback", mobile_quick.prepare, mobile_quick.send),
    ShortWay("GET", "/dashboard/v1/live", dashboard_quick.prepare, dashboard_quick.today),
    ShortWay("GET", "/dashboard/v1/live/stuck", dashboard_quick.prepare, dashboard_quick.stuck),
)


def add_routes(app: FastAPI) -> None:
    """Every route of the service, without a router in between: that would be looked through twice for each request."""
    documentation.document_with_examples(app)
    app.include_router(mobile_work_orders.router)  # routes are looked through in this order
    app.include_router(mobile_feedback.router)
    app.include_router(auth.router)
    app.include_router(health.router)
    app.include_router(documentation.router)
    _add_field_routes(app)
    app.include_router(mobile_day.router)
    app.include_router(mobile_device_key.router)
    app.include_router(mobile_returns.router)
    app.include_router(mobile_customers.router)
    app.include_router(mobile_devices.router)
    app.include_router(dashboard_devices.router)
    app.include_router(dashboard_disclosures.router)
    app.include_router(mobile_disputes.router)
    app.include_router(dashboard_disputes.router)
    app.include_router(dashboard_feedback.router)
    app.include_router(mobile_points.router)
    app.include_router(dashboard_points.router)
    _add_truth_and_pay(app)
    _add_administration(app)
    _add_evaluation(app)
    app.include_router(operations_imports.router)
    app.include_router(operations_jobs.router)
    app.include_router(operations_rankers.router)
    app.include_router(operations_webhooks.router)
    app.include_router(operations_escalation.router)
    app.include_router(dashboard_notices.router)
    app.include_router(dashboard_campaigns.router)
    app.include_router(dashboard_campaign_life.router)
    app.include_router(dashboard_programmes.router)
    app.include_router(dashboard_runs.router)
    app.include_router(dashboard_contact_policy.router)
    app.include_router(dashboard_bulk.router)
    app.include_router(dashboard_work_orders.router)
    app.include_router(dashboard_returns.router)
    app.include_router(dashboard_customers.router)
    app.include_router(dashboard_owners.router)
    app.include_router(dashboard_handovers.router)
    app.include_router(dashboard_offers.router)
    app.include_router(dashboard_tags.router)
    app.include_router(dashboard_metrics.router)
    app.include_router(dashboard_dictionary.router)
    _add_analysis(app)


def _add_analysis(app: FastAPI) -> None:
    """What analysts look into."""
    app.include_router(operations_ranker_analysis.router)
    app.include_router(dashboard_cube.router)
    app.include_router(dashboard_saved_views.router)
    _add_planning(app)


def _add_planning(app: FastAPI) -> None:
    """The planner's console."""
    app.include_router(dashboard_planning.router)
    app.include_router(dashboard_dispatch_requests.router)
    _add_comparing(app)


def _add_evaluation(app: FastAPI) -> None:
    """What campaigns brought."""
    app.include_router(dashboard_evaluations.router)
    _add_live(app)


def _add_live(app: FastAPI) -> None:
    """What grid managers see as it happens."""
    app.include_router(dashboard_events.router)
    app.include_router(dashboard_live.router)
    app.include_router(dashboard_messages.router)
    app.include_router(mobile_messages.router)


def _add_truth_and_pay(app: FastAPI) -> None:
    """Whether reports are true, plans and months of points, and what payroll pulls."""
    app.include_router(dashboard_months.router)
    app.include_router(dashboard_points_plans.router)
    app.include_router(dashboard_verification.router)
    app.include_router(dashboard_evidence.router)
    app.include_router(dashboard_reviews.router)
    app.include_router(operations_months.router)
    app.include_router(payroll_months.router)
    app.include_router(payroll_files.router)
    app.include_router(operations_evidence_rules.router)
    app.include_router(operations_sms.router)


def _add_administration(app: FastAPI) -> None:
    """People, accounts and permissions, feeds, settings, health, and who did what."""
    app.include_router(operations_people.router)
    app.include_router(operations_permissions.router)
    app.include_router(operations_feeds.router)
    app.include_router(operations_system.router)
    app.include_router(dashboard_payroll_console.router)
    app.include_router(dashboard_personnel.router)


def _add_field_routes(app: FastAPI) -> None:
    """What managers tell from the field beside their reports, and what becomes of it."""
    app.include_router(mobile_outcomes.router)
    app.include_router(mobile_do_not_disturb.router)
    app.include_router(mobile_attachments.router)
    app.include_router(dashboard_do_not_disturb.router)
    app.include_router(dashboard_attachments.router)
    app.include_router(dashboard_proposals.router)
    app.include_router(dashboard_order_feedback.router)
    app.include_router(operations_corrections.router)


def _add_comparing(app: FastAPI) -> None:
    """Units side by side, and alarms on their figures."""
    app.include_router(dashboard_comparing.router)
    app.include_router(dashboard_alarms.router)


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document of these routes, without a service and its database: for generators of clients."""
    app = FastAPI(title="Gridwork", version="1")
    add_routes(app)
    return app.openapi()
