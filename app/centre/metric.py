"""What is said of a metric (pure)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """`formula` is in words; `lineage` names feeds, tables and other metrics it comes from; `computed_by` is module:function.

    `code` is the name of the figure wherever it is answered or stored.
    """

    code: str
    name_zh: str
    name_en: str
    formula: str
    unit: str
    owner: str
    lineage: tuple[str, ...]
    computed_by: str


def define(code: str, zh: str, en: str, formula: str, unit: str, owner: str, lineage: str, computed_by: str) -> Metric:
    """A metric; `lineage` is separated by spaces, `computed_by` without `app.`."""
    return Metric(code, zh, en, formula, unit, owner, tuple(lineage.split()), f"app.{computed_by}")
