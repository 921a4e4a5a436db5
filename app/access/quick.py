"""Who acts, as one statement that also scopes its transaction: for the routes that phones and live pages ask all day."""

from datetime import date

from app.access.acting import principal_of
from app.access.queries import ACTOR, Actor, actor_values
from app.core.hot import Rows, Statement, written
from app.core.security import AccessClaims, Principal
from app.models.organisation import Role


def _scoped(scope: str, *roles: Role) -> str:
    """For these roles alone, whose scope this is."""
    theirs = ", ".join(f"'{role.value}'" for role in roles)
    return f"""
WITH actor AS MATERIALIZED ({written(ACTOR)})
SELECT *, set_config('gridwork.scope', '{scope}', true), set_config('gridwork.grid_ids', CAST(grid_ids AS text), true),
    set_config('gridwork.staff_id', CAST(staff_id AS text), true)
FROM actor WHERE role IN ({theirs}) AND cardinality(grid_ids) > 0 AND revoked_device_id IS NULL
"""  # noqa: S608 - made of constants of this file


_OWN = _scoped("own", Role.TERMINAL_MANAGER)
_GRIDS = _scoped("grids", Role.GRID_MANAGER, Role.BRANCH_MANAGER)


def manager_statement(claims: AccessClaims, today: date, device_id: str | None) -> Statement:
    """Finds a terminal manager who may act today on this device, and scopes the transaction to what is theirs."""
    return _OWN, actor_values(claims.account_id, claims.family_id, today, device_id)


def leader_statement(claims: AccessClaims, today: date) -> Statement:
    """Finds a grid or branch manager who may act today, and scopes the transaction to their grids."""
    return _GRIDS, actor_values(claims.account_id, claims.family_id, today, None)


def find_asker(rows: Rows) -> Principal | None:
    """Who it found; None where this account may not act, on this device, is somebody else's, or has no grid."""
    return principal_of(Actor(*rows[0][:-3])) if rows else None
