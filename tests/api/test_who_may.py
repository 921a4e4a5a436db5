"""Who may ask for what, of every operation: as `who_may.txt` says, so that no route is opened or shut without anybody seeing it.

What is new is written down by `python -m tests.api.test_who_may > tests/api/who_may.txt`, and looked at.
"""

import sys
from pathlib import Path

from fastapi import FastAPI

from app.api.deps import Allow, Permit, get_principal
from app.api.router import add_routes

WRITTEN = Path(__file__).with_name("who_may.txt")


def asked(dependant):
    """What an operation depends on, and what that does."""
    for one in dependant.dependencies:
        yield one.call
        yield from asked(one)


def who(dependant):
    """Roles, and permissions with a star; `everybody` who is logged in; `anybody` at all."""
    calls = list(asked(dependant))
    checks = [one for one in calls if isinstance(one, Allow | Permit)]
    if not checks:
        return "everybody" if get_principal in calls else "anybody"
    allowed = [one.roles | ({f"*{one.permission.value}"} if isinstance(one, Permit) else set()) for one in checks]
    return " ".join(sorted(frozenset.intersection(*map(frozenset, allowed))))


def everything():
    """One line for each operation."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    add_routes(app)
    routes = [route for included in app.routes for route in included.original_router.routes if route.include_in_schema]
    return sorted(f"{route.path} {method}: {who(route.dependant)}" for route in routes for method in route.methods)


def test_every_operation_is_for_whom_it_is_meant():
    assert everything() == WRITTEN.read_text(encoding="ascii").splitlines()


if __name__ == "__main__":
    sys.stdout.write("\n".join(everything()) + "\n")
