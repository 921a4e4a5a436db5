"""An answer of the cube as a table for a spreadsheet."""

from app.centre.metrics import get_metric
from app.core.sheets import Cell, Sheet
from app.reports.analysis.cube import CubeAnswer
from app.reports.analysis.cube_terms import CubeQuestion, Dimension

_TITLES = {
    Dimension.DAY: ("日", "Day"),
    Dimension.WEEK: ("周", "Week"),
    Dimension.MONTH: ("月", "Month"),
    Dimension.BRANCH: ("分公司", "Branch"),
    Dimension.GRID: ("网格", "Grid"),
    Dimension.MANAGER: ("末端营销经理", "Manager"),
    Dimension.CAMPAIGN: ("营销活动", "Campaign"),
    Dimension.PRODUCT: ("产品", "Product"),
    Dimension.OBJECTIVE: ("目的", "Objective"),
    Dimension.CHANNEL: ("渠道", "Channel"),
    Dimension.OUTCOME: ("接触结果", "Outcome"),
}
_NAME = ("名称", "name")


def cube_sheet(question: CubeQuestion, answer: CubeAnswer, *, language: str) -> Sheet:
    """One line for each row of the answer: codes, their names beside them where they have some, and the measures."""
    say = 0 if language == "zh" else 1
    titles: list[str] = []
    for dimension in question.dimensions:
        titles.append(_TITLES[dimension][say])
        if dimension.value in answer.names:
            titles.append(f"{_TITLES[dimension][say]} {_NAME[say]}")
    metrics = [get_metric(code) for code in question.measures]
    titles += [(metric.name_zh, metric.name_en)[say] for metric in metrics]
    return Sheet(
        f"{answer.first_day} {answer.last_day}", titles, [_cells(question, answer, at) for at in range(len(answer.rows))]
    )


def _cells(question: CubeQuestion, answer: CubeAnswer, at: int) -> list[Cell]:
    row, cells = answer.rows[at], list[Cell]()
    for dimension, code in zip(question.dimensions, row.key, strict=True):
        cells.append(code)
        if dimension.value in answer.names:
            cells.append(answer.names[dimension.value].get(code, ""))
    return [*cells, *row.values]
