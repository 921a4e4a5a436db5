"""The console's menu leads nobody to what they may not see: each page's first requests are answered to all of its roles."""

import re
from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parents[3] / "web" / "console" / "pages.ts"
DASHBOARD, OPERATIONS = "/dashboard/v1", "/operations/v1"
ASKED = {
    "live": ("live", "live/stuck", "returns", "reviews", "do-not-disturb-undos", "correction-proposals", "notices", "messages"),
    "map": ("live/map",),
    "cases": ("reviews",),
    "disputes": ("disputes", "disputes/rates"),
    "comparing": ("comparing", "metrics", "alarms"),
    "campaigns": ("campaigns", "campaigns/OCT"),
    "programmes": ("programmes", "campaigns"),
    "capacity": ("planning/capacity", "planning/choices", "campaigns"),
    "conflicts": ("planning/conflicts",),
    "rankers": (f"{OPERATIONS}/rankers/overview",),
    "cube": ("cube/terms", "metrics", "saved-views"),
    "customers": ("customers/C01",),
    "tags": ("tags", "customer-figures"),
    "metrics": ("metrics",),
    "evaluations": ("evaluations",),
    "months": ("payroll/months",),
    "personnel": ("personnel?unit=G11",),
    "plans": ("points-plans", "disputes/rates", "planning/choices"),
    "people": (f"{OPERATIONS}/people",),
    "permissions": (f"{OPERATIONS}/permissions",),
    "units": (f"{OPERATIONS}/units",),
    "devices": ("devices",),
    "feeds": (f"{OPERATIONS}/feeds", f"{OPERATIONS}/feeds/calendar"),
    "jobs": (f"{OPERATIONS}/jobs/timetable", f"{OPERATIONS}/jobs"),
    "rules": (f"{OPERATIONS}/escalation-rules", f"{OPERATIONS}/evidence-rules"),
    "settings": (f"{OPERATIONS}/settings", "contact-policy"),
    "audit": (f"{OPERATIONS}/audit",),
    "health": (f"{OPERATIONS}/health",),
    "first-day": (),
}  # fmt: skip
WHO = {"grid_manager": "chen", "branch_manager": "bea", "planner": "pia", "analyst": "lin", "admin": "ada"}
_NAMED = re.compile(r"^const (\w+): readonly Role\[\] = \[(.*)\];$", re.MULTILINE)
_ROW = re.compile(
    r'^  \{ path: "([\w-]+)",.* roles: (\w+),(?: needs: \{ permission: "(\w+)", unless: \[(.*?)\] \},)?', re.MULTILINE
)


def rows():
    """(path, roles that need nothing more, permission that the others need) of each page."""
    text = PAGES.read_text(encoding="utf-8")
    named = {name: re.findall(r"\w+", roles) for name, roles in _NAMED.findall(text)}
    for path, roles, permission, unless in _ROW.findall(text):
        yield path, re.findall(r"\w+", unless) if permission else named[roles], permission


def test_every_page_is_known_here():
    found = [path for path, *_ in rows()]
    assert (found, len(found)) == (list(ASKED), PAGES.read_text(encoding="utf-8").count("{ path: "))
    assert {permission for *_, permission in rows()} == {"", "personnel", "payroll_console"}


@pytest.mark.parametrize(("role", "login"), WHO.items())
def test_what_is_in_the_menu_is_answered(client_as, role, login):
    client = client_as(login)
    refused = [
        (path, asked)
        for path, roles, _ in rows()
        for asked in ASKED[path]
        if role in roles and client.get(asked if asked.startswith("/") else f"{DASHBOARD}/{asked}").status_code in {401, 403}
    ]
    assert refused == []
