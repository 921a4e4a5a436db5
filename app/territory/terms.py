"""What may be asked of a handover, and whose word it takes (pure)."""

from dataclasses import dataclass
from datetime import date, timedelta

from app.core.errors import Invalid

LEAVE, EXIT, TRANSFER, NEW_MANAGER = "leave", "exit", "transfer", "new_manager"
GRID_SPLIT, GRID_MERGE = "grid_split", "grid_merge"
KINDS = (LEAVE, EXIT, TRANSFER, NEW_MANAGER, GRID_SPLIT, GRID_MERGE)
OF_A_PERSON = frozenset({LEAVE, EXIT, TRANSFER, NEW_MANAGER})
BETWEEN_GRIDS = frozenset({TRANSFER, GRID_SPLIT, GRID_MERGE})
MAY_KEEP_PROMISES = frozenset({LEAVE, TRANSFER, NEW_MANAGER})  # who leaves the company can keep none
LONGEST = timedelta(days=366)
MOST_OTHERS = 200


@dataclass(frozen=True)
class Terms:
    """A handover as asked for.

    `staff_no`: who goes, or comes (new_manager). `others`: who receives (leave, exit, transfer) or gives (new_manager), none
    named: all colleagues; who goes along (grid_split). `grid_code`: whose customers; left out, those of the grid of `staff_no`.
    `orders_only`: of a leave, the customers stay whose they are. `keep_promised`: work in progress in which a call was
    promised stays with who promised it.
    """

    kind: str
    effective_on: date
    reason: str
    return_on: date | None = None
    staff_no: str | None = None
    grid_code: str | None = None
    to_grid_code: str | None = None
    others: tuple[str, ...] = ()
    orders_only: bool = False
    keep_promised: bool = False


def check_terms(terms: Terms, *, today: date) -> None:
    """Raise Invalid, which names the first field that is wrong and what was expected."""
    kind = terms.kind
    if kind not in KINDS:
        raise Invalid("kind", "one of " + ", ".join(KINDS))
    if not today <= terms.effective_on <= today + LONGEST:
        raise Invalid("effective_on", f"a day from today, {today}, and within a year")
    _check_return(terms)
    _check_presence("staff_no", terms.staff_no, kind in OF_A_PERSON, kind)
    if kind not in OF_A_PERSON:
        _check_presence("grid_code", terms.grid_code, True, kind)
    _check_presence("to_grid_code", terms.to_grid_code, kind in BETWEEN_GRIDS, kind)
    if kind == GRID_SPLIT and not terms.others:
        raise Invalid("others", "the staff numbers of the managers who go to the new grid with their customers")
    if kind == GRID_MERGE and terms.others:
        raise Invalid("others", "nobody: in a grid_merge all go along")
    if len(terms.others) > MOST_OTHERS or (terms.staff_no is not None and terms.staff_no in terms.others):
        raise Invalid("others", f"at most {MOST_OTHERS} staff numbers, without that of staff_no")
    if terms.orders_only and kind != LEAVE:
        raise Invalid("orders_only", "false: only in a leave do the customers stay whose they are")
    if terms.keep_promised and kind not in MAY_KEEP_PROMISES:
        raise Invalid("keep_promised", "false for " + kind)
    if not terms.reason.strip():
        raise Invalid("reason", "why, in a few words")


def is_between_grids(kind: str) -> bool:
    """Whether it takes the word of a manager of more than the grid."""
    return kind in BETWEEN_GRIDS


def _check_return(terms: Terms) -> None:
    if terms.kind != LEAVE:
        if terms.return_on is not None:
            raise Invalid("return_on", "no day: only a leave has one")
    elif terms.return_on is None or not terms.effective_on < terms.return_on <= terms.effective_on + LONGEST:
        raise Invalid("return_on", "the first day back, after effective_on and within a year of it")


def _check_presence(field: str, value: str | None, wanted: bool, kind: str) -> None:
    if wanted and not value:
        what = "a staff number" if field == "staff_no" else "the code of a grid"
        raise Invalid(field, f"{what} for {kind}")
    if not wanted and value is not None:
        raise Invalid(field, f"nothing for {kind}")
