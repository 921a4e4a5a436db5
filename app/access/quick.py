"""Who acts, as one statement that also scopes its transaction: for the routes that every phone asks all day."""

from datetime import date

from app.access.acting import principal_of
from app.access.queries import ACTOR, Actor, actor_values
from app.core.hot import Rows, Statement, written
from app.core.security import AccessClaims, Principal
from app.models.organisation import Role

# Only for terminal managers, who see what is their own.
_SCOPED = f"""
WITH actor AS MATERIALIZED ({written(ACTOR)})
SELECT *, set_config('gridwork.scope', 'own', true), set_config('gridwork.grid_ids', CAST(grid_ids AS text), true),
    set_config('gridwork.staff_id', CAST(staff_id AS text), true)
FROM actor WHERE role = '{Role.TERMINAL_MANAGER.value}' AND cardinality(grid_ids) > 0 AND revoked_device_id IS NULL
"""  # noqa: S608 - made of constants of this file


def manager_statement(claims: AccessClaims, today: date, device_id: str | None) -> Statement:
    """Finds a terminal manager who may act today on this device, and scopes the transaction to what is theirs."""
    return _SCOPED, actor_values(claims.account_id, claims.family_id, today, device_id)


def find_manager(rows: Rows) -> Principal | None:
    """Who it found; None where this account may not act, on this device, is somebody else's, or has no grid."""
    return principal_of(Actor(*rows[0][:-3])) if rows else None
