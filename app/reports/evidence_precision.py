"""How often people found each rule of evidence right."""

from typing import Any

from sqlalchemy.orm import Session

from app.verification.reviewing.precision import precision_of
from app.verification.reviewing.queries import rule_states


def rules_shown(session: Session) -> list[dict[str, Any]]:
    """Each rule on which somebody decided: its cases, its precision with the 95 % interval, and whether it is in use."""
    shown = []
    for state in rule_states(session):
        found = precision_of(state.decided, state.upheld)
        shown.append(
            {"rule": state.rule, "version": state.version, "floor": state.floor, "decided": found.decided}
            | {"upheld": found.upheld, "upheld_share": found.rate, "low": found.low, "high": found.high}
            | {"switched_off_at": state.switched_off_at, "because": state.because}
        )
    return shown
