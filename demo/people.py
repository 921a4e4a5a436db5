"""The company of the synthetic town: units, staff, leave, the old points; and who is able and honest."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from demo.truth import CLAIMER, HONEST, NEVER_CALLS

COMPANY = "SYN"
# A point in the open sea: nobody lives there, and no map can mistake it for a real district.
CENTRE = (38.60, 119.00)
OLD, MIXED, NEW = 0, 1, 2
KIND_NAMES = ("老城区", "混合区", "新区")


@dataclass(frozen=True, eq=False)
class People:
    """Feeds about the company, and the hidden facts about its g grids and m terminal managers.

    `grid_kind` (g) is OLD (saturated), MIXED or NEW; `centre` (g, 2) latitude and longitude;
    `manager_grid` (m) the row of the manager's grid: manager j works in grid j modulo g.
    """

    org_units: pl.DataFrame
    staff: pl.DataFrame
    absences: pl.DataFrame
    base_points: pl.DataFrame
    grid_codes: NDArray[np.str_]
    grid_kind: NDArray[np.int64]
    centre: NDArray[np.float64]
    manager_nos: NDArray[np.str_]
    manager_grid: NDArray[np.int64]
    skill: NDArray[np.float64]
    honesty: NDArray[np.str_]


def make_people(rng: np.random.Generator, *, branches: int, grids: int, managers: int, month: np.datetime64) -> People:
    """Draw a company of the given sizes for the month (datetime64[M]) that will be played."""
    branch_of = np.arange(grids) * branches // grids
    grid_codes = _grid_codes(branch_of)
    grid_kind = rng.permutation(np.resize([OLD, MIXED, NEW, OLD, MIXED], grids))
    centre = np.array(CENTRE) + _spiral(grids) + rng.normal(0, 0.002, (grids, 2))
    manager_grid = np.arange(managers) % grids
    turn = np.arange(managers) // grids + 1
    manager_nos = np.array([f"{grid_codes[g]}M{t:02d}" for g, t in zip(manager_grid, turn, strict=True)])
    honesty = np.full(managers, HONEST, dtype="U11")
    honesty[rng.choice(managers, 2, replace=False)] = [CLAIMER, NEVER_CALLS]
    return People(
        org_units=_org_units(branches, grid_codes, branch_of, grid_kind, centre),
        staff=_staff(rng, branches, grid_codes, manager_nos, manager_grid, month),
        absences=_absences(rng, manager_nos, month),
        base_points=_base_points(rng, manager_nos, grid_kind[manager_grid], month),
        grid_codes=grid_codes,
        grid_kind=grid_kind,
        centre=centre,
        manager_nos=manager_nos,
        manager_grid=manager_grid,
        skill=np.clip(rng.lognormal(0, 0.3, managers), 0.5, 2.0),
        honesty=honesty,
    )


def _grid_codes(branch_of: NDArray[np.int64]) -> NDArray[np.str_]:
    within = np.arange(len(branch_of)) - np.searchsorted(branch_of, branch_of)
    return np.array([f"S{b + 1:02d}G{w + 1:02d}" for b, w in zip(branch_of, within, strict=True)])


def _spiral(grids: int) -> NDArray[np.float64]:
    """Grid centres about 2 km apart, as degrees around the town's centre (sunflower pattern)."""
    turn = np.arange(grids)
    radius, angle = 0.02 * np.sqrt(turn + 0.5), turn * np.pi * (3 - np.sqrt(5))
    return np.column_stack([radius * np.sin(angle), radius * np.cos(angle) / np.cos(np.radians(CENTRE[0]))])


def _org_units(
    branches: int,
    grid_codes: NDArray[np.str_],
    branch_of: NDArray[np.int64],
    grid_kind: NDArray[np.int64],
    centre: NDArray[np.float64],
) -> pl.DataFrame:
    rows: list[tuple[str, str | None, str, str, float | None, float | None]] = [
        (COMPANY, None, "company", "示例镇(合成数据) Synthetic Town", None, None)
    ]
    for branch in range(1, branches + 1):
        rows.append((f"S{branch:02d}", COMPANY, "branch", f"示例第{branch}分公司", None, None))
    for grid, code in enumerate(grid_codes):
        name = f"示例网格{code}({KIND_NAMES[grid_kind[grid]]})"
        latitude, longitude = (round(float(degree), 5) for degree in centre[grid])
        rows.append((str(code), f"S{branch_of[grid] + 1:02d}", "grid", name, latitude, longitude))
    columns = ["code", "parent_code", "kind", "name", "latitude", "longitude"]
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)


def _staff(
    rng: np.random.Generator,
    branches: int,
    grid_codes: NDArray[np.str_],
    manager_nos: NDArray[np.str_],
    manager_grid: NDArray[np.int64],
    month: np.datetime64,
) -> pl.DataFrame:
    rows: list[tuple[str, str, str, str, int | None]] = [
        ("SYN-ADMIN", "示例管理员", "admin", COMPANY, None),
        ("SYN-PLAN", "示例策划", "planner", COMPANY, None),
        ("SYN-DATA", "示例分析", "analyst", COMPANY, None),
    ]
    for branch in range(1, branches + 1):
        rows.append((f"S{branch:02d}BM", f"示例分公司经理{branch}", "branch_manager", f"S{branch:02d}", None))
    rows += [(f"{code}GM", f"示例网格经理{code}", "grid_manager", str(code), None) for code in grid_codes]
    capacity = rng.integers(8, 21, len(manager_nos))
    for row, number in enumerate(manager_nos):
        unit = str(grid_codes[manager_grid[row]])
        rows.append((str(number), f"示例末端经理{number}", "terminal_manager", unit, int(capacity[row])))
    columns = ["staff_no", "name", "role", "unit_code", "daily_capacity"]
    frame = pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)
    return frame.select(
        "staff_no",
        "name",
        "role",
        "unit_code",
        pl.format("1549{}", pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(7)).alias("phone"),
        "daily_capacity",
        pl.lit(_day(month - 24, 0)).alias("active_from"),
        pl.lit(None, dtype=pl.Date).alias("active_to"),
    )


def _absences(rng: np.random.Generator, manager_nos: NDArray[np.str_], month: np.datetime64) -> pl.DataFrame:
    """One manager in eight is away for 1 to 7 days within the first three weeks of the played month."""
    away = np.sort(rng.choice(len(manager_nos), max(1, len(manager_nos) // 8), replace=False))
    first = rng.integers(0, 14, len(away))
    last = first + rng.integers(0, 7, len(away))
    kinds = rng.choice(["annual", "sick", "training"], len(away))
    return pl.DataFrame(
        {
            "staff_no": manager_nos[away],
            "from_date": [_day(month, int(day)) for day in first],
            "to_date": [_day(month, int(day)) for day in last],
            "kind": kinds,
        }
    )


def _base_points(
    rng: np.random.Generator, manager_nos: NDArray[np.str_], kind: NDArray[np.int64], month: np.datetime64
) -> pl.DataFrame:
    """The old scheme looks at growth only, so it pays new districts more, whoever works there."""
    fair = np.array([48.0, 60.0, 74.0])[kind]
    periods = [str(month - 1), str(month)]
    points = np.clip(fair + rng.normal(0, 9, (len(periods), len(manager_nos))), 5, 100).round(1)
    return pl.DataFrame(
        {
            "period": np.repeat(periods, len(manager_nos)),
            "staff_no": np.tile(manager_nos, len(periods)),
            "component": "existing_scheme",
            "points": points.ravel(),
        }
    )


def _day(month: np.datetime64, offset: int) -> date:
    """The date `offset` days after the first of a month."""
    day: date = (month.astype("datetime64[D]") + offset).item()
    return day
