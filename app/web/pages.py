"""The pages of the console, as its menu lists them. Whoever adds a page adds a row here and its router to `router.py`."""

from dataclasses import dataclass

from app.models.organisation import Role

ANALYSTS = (Role.ANALYST, Role.ADMIN)
PLANNING = (Role.PLANNER, *ANALYSTS)
REVIEWERS = (Role.GRID_MANAGER, Role.BRANCH_MANAGER, Role.ADMIN)
READERS = (Role.GRID_MANAGER, Role.BRANCH_MANAGER, *PLANNING)


@dataclass(frozen=True)
class Entry:
    """One line of the menu: where it leads, what it is called, and whose roles see it."""

    path: str
    title_zh: str
    title_en: str
    roles: tuple[Role, ...]


MENU = (Entry("/console/reviews", "核查案件", "Cases", REVIEWERS),)


def menu_of(role: str) -> tuple[Entry, ...]:
    """The lines that a person of this role sees."""
    return tuple(entry for entry in MENU if role in entry.roles)
