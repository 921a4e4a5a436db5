"""Who somebody acts as."""

from app.access.queries import Actor
from app.core.security import Principal
from app.models.organisation import Role

_SCOPES = {Role.TERMINAL_MANAGER: "own", Role.GRID_MANAGER: "grids", Role.BRANCH_MANAGER: "grids", Role.PAYROLL: "none"}


def principal_of(actor: Actor) -> Principal:
    """Who they act as."""
    return Principal(
        account_id=actor.account_id,
        login=actor.login,
        role=actor.role,
        scope=_SCOPES.get(Role(actor.role), "all"),
        unit_id=actor.unit_id,
        grid_ids=tuple(actor.grid_ids),
        staff_id=actor.staff_id,
    )
