"""The cube: measures by dimensions from the rollups, one statement, never from work orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import clock
from app.figures.measures import COUNTS
from app.figures.sums import Sums
from app.reports.analysis.cube_terms import (
    MOST_CELLS,
    OUTCOMES,
    CubeQuestion,
    Dimension,
    Source,
    TooManyCells,
    check_question,
    columns_of,
    days_of,
    source_of,
    values_of,
)

# Code and name of a member of each dimension, and what is joined to speak of it.
_CAMPAIGN = ("JOIN campaigns k ON k.id = f.campaign_id",)
_PRODUCT = (*_CAMPAIGN, "JOIN products p ON p.id = k.product_id")
_GRID = ("JOIN units g ON g.id = f.grid_id",)
_BRANCH = (*_GRID, "JOIN units b ON b.id = coalesce(g.parent_id, g.id)")
_STAFF = ("JOIN staff s ON s.id = f.staff_id",)
_OUTCOMES = ", ".join(f"('{name}', f.{name})" for name in OUTCOMES)
_OUTCOME = (f"CROSS JOIN LATERAL (VALUES {_OUTCOMES}) AS o (code, n)",)
_CODES: Mapping[Dimension, tuple[str, str, tuple[str, ...]]] = {
    Dimension.DAY: ("f.day::text", "NULL", ()),
    Dimension.WEEK: ("date_trunc('week', f.day)::date::text", "NULL", ()),
    Dimension.MONTH: ("to_char(f.day, 'YYYY-MM')", "NULL", ()),
    Dimension.BRANCH: ("b.code", "b.name", _BRANCH),
    Dimension.GRID: ("g.code", "g.name", _GRID),
    Dimension.MANAGER: ("s.staff_no", "s.name", _STAFF),
    Dimension.CAMPAIGN: ("k.code", "k.name", _CAMPAIGN),
    Dimension.PRODUCT: ("p.product_code", "p.name", _PRODUCT),
    Dimension.OBJECTIVE: ("coalesce(k.objective, p.kind)", "NULL", _PRODUCT),
    Dimension.CHANNEL: ("k.channel", "NULL", _CAMPAIGN),
    Dimension.OUTCOME: ("o.code", "NULL", _OUTCOME),
}
_KEYS: Mapping[Dimension, str] = {
    **dict.fromkeys((Dimension.DAY, Dimension.WEEK, Dimension.MONTH), "day"),
    **dict.fromkeys((Dimension.BRANCH, Dimension.GRID), "grid_id"),
    Dimension.MANAGER: "staff_id",
    **dict.fromkeys((Dimension.CAMPAIGN, Dimension.PRODUCT, Dimension.OBJECTIVE, Dimension.CHANNEL), "campaign_id"),
}
_MONTHS = frozenset(Source) - {Source.DAYS_OF_GRIDS, Source.DAYS}


@dataclass(frozen=True)
class CubeRow:
    """The codes of the question's dimensions in its order, and its measures in theirs."""

    key: tuple[str, ...]
    values: list[Decimal | None]


@dataclass(frozen=True)
class CubeAnswer:
    """`names`: by dimension, what its codes are called, where they have a name. `total`: the measures of all rows together."""

    first_day: date
    last_day: date
    source: Source
    rows: list[CubeRow]
    names: dict[str, dict[str, str]]
    total: list[Decimal | None]


def ask_cube(session: Session, *, question: CubeQuestion, grid_ids: Sequence[int], now: datetime) -> CubeAnswer:
    """The answer for these grids, those of the person who asks, ordered by key.

    Raises Invalid, TooWide where too many days of too many grids would be added up, TooManyCells.
    """
    check_question(question)
    first, last = days_of(question, clock.local_date(now))
    grid_ids = _asked_grids(session, grid_ids, question.filters)
    source = source_of(question, first, last, grids=len(grid_ids))
    columns = columns_of(question)
    most = MOST_CELLS // len(question.measures)
    filters = {f"only_{dimension}": list(codes) for dimension, codes in question.filters.items() if codes}
    values = {"grids": list(grid_ids), "first": first, "last": last, "most": most + 1, **filters}
    # What is right for a grid's day is not for a company's year.
    session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    found = session.execute(text(_statement(question, source, columns)), values).all()
    if len(found) > most:
        raise TooManyCells(
            "rows", f"at most {MOST_CELLS:,} cells; fewer or coarser dimensions, a filter or a shorter period will do"
        )
    return _answer(question, (first, last), source, columns, found)


def _asked_grids(session: Session, grid_ids: Sequence[int], filters: Mapping[Dimension, Sequence[str]]) -> list[int]:
    """Of these grids those that the filters leave: others need not be read."""
    where = [f"{_CODES[each][0]} = ANY(:only_{each})" for each in (Dimension.GRID, Dimension.BRANCH) if filters.get(each)]
    if not where:
        return list(grid_ids)
    source = "units g JOIN units b ON b.id = coalesce(g.parent_id, g.id)"
    statement = f"SELECT g.id FROM {source} WHERE g.id = ANY(:grids) AND {' AND '.join(where)} ORDER BY 1"  # noqa: S608 - our own words
    only = {f"only_{each}": list(codes) for each, codes in filters.items() if each in {Dimension.GRID, Dimension.BRANCH}}
    return list(session.scalars(text(statement), {"grids": list(grid_ids), **only}))


def _statement(question: CubeQuestion, source: Source, columns: Sequence[str]) -> str:
    used = sorted({*question.dimensions, *(dimension for dimension, codes in question.filters.items() if codes)})
    joins = dict.fromkeys(part for dimension in used for part in _CODES[dimension][2])
    keys = [_CODES[dimension][0] for dimension in question.dimensions]
    names = [_CODES[dimension][1] for dimension in question.dimensions]
    split = Dimension.OUTCOME in question.dimensions
    sums = ["sum(o.n)" if split else f"sum(f.{name})" for name in columns]
    shown = [f"{key} AS k{i}" for i, key in enumerate(keys)]
    shown += [f"{'NULL' if name == 'NULL' else f'max({name})'} AS n{i}" for i, name in enumerate(names)]
    shown += [f"{total}::numeric AS s{i}" for i, total in enumerate(sums)]
    where = [f"{_CODES[each][0]} = ANY(CAST(:only_{each} AS text[]))" for each, codes in question.filters.items() if codes]
    numbers = ", ".join(str(i + 1) for i in range(len(keys)))
    added = _added(used, source, OUTCOMES if split else columns)
    return (
        f"SELECT {', '.join(shown)} FROM ({added}) f {' '.join(joins)} {'WHERE' if where else ''} {' AND '.join(where)}"  # noqa: S608 - our own words
        f" GROUP BY {numbers} ORDER BY {numbers} LIMIT :most"
    )


def _added(used: Sequence[Dimension], source: Source, columns: Sequence[str]) -> str:
    """The rollup added up by the numbers of its keys, which is cheaper than by what they are called."""
    day = "month" if source in _MONTHS else "day"
    kept = dict.fromkeys(_KEYS[dimension] for dimension in used if dimension in _KEYS)
    keys = [f"{day} AS day" if key == "day" else key for key in kept]
    sums = [f"sum({name}) AS {name}" for name in columns]
    grouped = f" GROUP BY {', '.join(str(i + 1) for i in range(len(keys)))}" if keys else ""
    where = f"grid_id = ANY(CAST(:grids AS int[])) AND {day} BETWEEN :first AND :last"
    return f"SELECT {', '.join([*keys, *sums])} FROM {source} WHERE {where}{grouped}"  # noqa: S608 - our own words


def _answer(
    question: CubeQuestion, days: tuple[date, date], source: Source, columns: Sequence[str], found: Sequence[Any]
) -> CubeAnswer:
    width = len(question.dimensions)
    rows = []
    names: dict[str, dict[str, str]] = {dimension.value: {} for dimension in question.dimensions}
    totals = dict.fromkeys(columns, Decimal(0))
    for row in found:
        key, called, sums = row[:width], row[width : 2 * width], dict(zip(columns, row[2 * width :], strict=True))
        rows.append(CubeRow(tuple(key), values_of(question, _sums(sums))))
        for dimension, code, name in zip(question.dimensions, key, called, strict=True):
            if name is not None:
                names[dimension.value][code] = name
        for column, value in sums.items():
            totals[column] += value
    return CubeAnswer(
        *days, source, rows, {name: found for name, found in names.items() if found}, values_of(question, _sums(totals))
    )


def _sums(found: Mapping[str, Decimal]) -> Sums:
    """What the library's functions compute from. A question by outcome has one sum, whatever its column is called."""
    values: dict[str, Any] = {name: int(value) if name in COUNTS else value for name, value in found.items()}
    return Sums(**values)
