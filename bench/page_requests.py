"""The pages of the dashboard and console: what each asks the server for when it is opened, and as whom.

Whoever builds a page adds its row. In a path `{branch}`, `{grid}`, `{manager}`, `{campaign}`, `{product}`, `{customer}`, `{order}`
and `{month}` (the last whole one) stand for codes and ids of the bench's world, `{first}` and `{last}` for that month's days and
`{today}` for today.
"""

from collections.abc import Mapping
from dataclasses import dataclass

ADMIN, ANALYST, PLANNER, BRANCH, GRID = "admin", "analyst", "planner", "branch_manager", "grid_manager"
COMPARING = "/dashboard/v1/comparing"
CUBE = ("/dashboard/v1/cube",)


@dataclass(frozen=True)
class PageRequests:
    """A page, the role that opens it, and the requests that it makes: GET, or with a body POST."""

    page: str
    role: str
    paths: tuple[str, ...]
    body: Mapping[str, object] | None = None


ASKED = {"measures": ["successes", "matured", "success_rate"], "period": "last_12_months"}

PAGES: tuple[PageRequests, ...] = (
    # comparing
    PageRequests("company, a month", ADMIN, (COMPARING + "?first={first}&last={last}", "/dashboard/v1/alarms")),
    PageRequests("company, this month by day", ADMIN, (COMPARING,)),
    PageRequests("company, a year", ADMIN, (COMPARING + "?first={year}&last={last}&against=year",)),
    PageRequests("branch, a month", BRANCH, (COMPARING + "?first={first}&last={last}", "/dashboard/v1/alarms")),
    PageRequests("branch, a year, as a file", BRANCH, (COMPARING + "/file?first={year}&last={last}&format=xlsx",)),
    PageRequests("grid, a month", GRID, (COMPARING + "?first={first}&last={last}",)),
    PageRequests("grid, this month by day", GRID, (COMPARING,)),
    PageRequests("manager's work orders", GRID, (COMPARING + "/managers/{manager}/orders?first={first}&last={last}",)),
    PageRequests("manager's overdue", BRANCH, (COMPARING + "/managers/{manager}/orders?first={year}&last={last}&which=overdue",)),
    # learn
    PageRequests("metric library", ANALYST, ("/dashboard/v1/metrics",)),
    PageRequests("rankers", ANALYST, ("/operations/v1/rankers/overview",)),
    PageRequests("tag library", ANALYST, ("/dashboard/v1/tags", "/dashboard/v1/customer-figures")),
    PageRequests(
        "tag, its customers counted", ANALYST, ("/dashboard/v1/tags/preview",), {"rule": {"tenure_days": {"at_least": 365}}}
    ),
    PageRequests("customer", GRID, ("/dashboard/v1/customers/{customer}", "/dashboard/v1/customers/{customer}/explanation")),
    PageRequests("cube, a year of branches", ANALYST, CUBE, {**ASKED, "rows": ["branch"], "column": "month"}),
    PageRequests("cube, a year of campaigns", ANALYST, CUBE, {**ASKED, "rows": ["campaign"]}),
    PageRequests("cube, a year of managers", ANALYST, CUBE, {**ASKED, "rows": ["manager"]}),
    PageRequests("cube, a year of grids by week", ANALYST, CUBE, {**ASKED, "rows": ["branch", "week"]}),
    PageRequests(
        "cube, a month of a branch's managers and products",
        ANALYST,
        CUBE,
        {**ASKED, "period": "last_month", "rows": ["manager", "product"], "filters": {"branch": ["B1"]}},
    ),
    PageRequests("evaluations", ANALYST, ("/dashboard/v1/evaluations",)),
    # plan
    PageRequests("what a plan may choose from", PLANNER, ("/dashboard/v1/planning/choices",)),
    PageRequests("conflicts", PLANNER, ("/dashboard/v1/planning/conflicts",)),
    PageRequests(
        "a campaign's results", PLANNER, ("/dashboard/v1/campaigns/{campaign}", "/dashboard/v1/campaigns/{campaign}/results")
    ),
    PageRequests("dispatches", PLANNER, ("/dashboard/v1/runs",)),
    # live
    PageRequests("today in a grid", GRID, ("/dashboard/v1/live", "/dashboard/v1/live/stuck", "/dashboard/v1/messages")),
    PageRequests("today in a branch", BRANCH, ("/dashboard/v1/live", "/dashboard/v1/live/stuck")),
    PageRequests("map of a grid", GRID, ("/dashboard/v1/live/map",)),
    PageRequests("a manager today", GRID, ("/dashboard/v1/live/managers/{manager}/work-orders",)),
    PageRequests("cases", GRID, ("/dashboard/v1/reviews",)),
    PageRequests("disputes", GRID, ("/dashboard/v1/disputes", "/dashboard/v1/disputes/rates?month={month}")),
    # system
    PageRequests("people", ADMIN, ("/operations/v1/people", "/operations/v1/people?text=T000")),
    PageRequests("units", ADMIN, ("/operations/v1/units",)),
    PageRequests("phones", ADMIN, ("/dashboard/v1/devices",)),
    PageRequests("feeds", ADMIN, ("/operations/v1/feeds", "/operations/v1/feeds/calendar")),
    PageRequests("jobs", ADMIN, ("/operations/v1/jobs/timetable", "/operations/v1/jobs")),
    PageRequests("rules", ADMIN, ("/operations/v1/escalation-rules", "/operations/v1/evidence-rules")),
    PageRequests("settings", ADMIN, ("/operations/v1/settings",)),
    PageRequests("audit", ADMIN, ("/operations/v1/audit",)),
    PageRequests("health", ADMIN, ("/operations/v1/health",)),
    # pay
    PageRequests("months", ADMIN, ("/dashboard/v1/payroll/months",)),
    PageRequests("close checks", ADMIN, ("/dashboard/v1/months/{month}/close-checks",)),
    PageRequests("personnel of a unit", ADMIN, ("/dashboard/v1/personnel?unit={branch}&months=12",)),
    PageRequests("personnel, one manager", ADMIN, ("/dashboard/v1/personnel/{manager}?months=12",)),
    PageRequests("points plans", PLANNER, ("/dashboard/v1/points-plans", "/dashboard/v1/disputes/rates?month={month}")),
    # work
    PageRequests("work orders of a grid", GRID, ("/dashboard/v1/work-orders?state=open",)),
    PageRequests("notices", GRID, ("/dashboard/v1/notices",)),
    PageRequests("returns", GRID, ("/dashboard/v1/returns",)),
    PageRequests("campaigns", PLANNER, ("/dashboard/v1/campaigns",)),
)
