"""The pages of the dashboard and console: what each asks the server for when it is opened, and as whom.

Whoever builds a page adds its row. In a path `{branch}`, `{grid}`, `{manager}`, `{campaign}`, `{product}`, `{customer}`, `{order}`
and `{month}` (the last whole one) stand for codes and ids of the bench's world, `{first}` and `{last}` for that month's days and
`{today}` for today.
"""

from dataclasses import dataclass

ADMIN, ANALYST, PLANNER, BRANCH, GRID = "admin", "analyst", "planner", "branch_manager", "grid_manager"
COMPARING = "/dashboard/v1/comparing"


@dataclass(frozen=True)
class PageRequests:
    """A page, the role that opens it, and the GET requests that it makes."""

    page: str
    role: str
    paths: tuple[str, ...]


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
    # work
    PageRequests("work orders of a grid", GRID, ("/dashboard/v1/work-orders?state=open",)),
    PageRequests("notices", GRID, ("/dashboard/v1/notices",)),
    PageRequests("returns", GRID, ("/dashboard/v1/returns",)),
    PageRequests("campaigns", PLANNER, ("/dashboard/v1/campaigns",)),
)
