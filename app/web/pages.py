"""The pages of the console, as its menu lists them. Whoever adds a page adds a row here and its router to `router.py`."""

from dataclasses import dataclass

from app.models.organisation import Role

ANALYSTS = (Role.ANALYST, Role.ADMIN)
PLANNING = (Role.PLANNER, *ANALYSTS)
READERS = (Role.GRID_MANAGER, Role.BRANCH_MANAGER, *PLANNING)


@dataclass(frozen=True)
class Entry:
    """One line of the menu: where it leads, what it is called, and whose roles see it."""

    path: str
    title_zh: str
    title_en: str
    roles: tuple[Role, ...]


MENU = (
    Entry("/console/customers", "客户", "Customers", READERS),
    Entry("/console/tags", "标签", "Tags", PLANNING),
    Entry("/console/metrics", "指标", "Metrics", READERS),
    Entry("/console/rankers", "排序器", "Rankers", ANALYSTS),
)


def menu_of(role: str) -> tuple[Entry, ...]:
    """The lines that a person of this role sees."""
    return tuple(entry for entry in MENU if role in entry.roles)
