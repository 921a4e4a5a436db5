"""A metric is defined once and means the same on every screen."""

import ast
import importlib
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from app.centre.metrics import BY_CODE, METRICS, UnknownMetric, get_metric
from app.main import create_app
from app.points.figures import ManagerFigures, lines_of
from app.points.formula import DEFAULT_PLAN, ONE
from app.scoring.learning.calibration import log_loss
from app.scoring.learning.evaluate import Evaluation, evaluate
from app.settings import Settings

APP = Path(__file__).resolve().parents[1] / "app"
SOURCES = {path: path.read_text(encoding="utf-8") for path in sorted(APP.rglob("*.py"))}
FEEDS = {
    "features", "contact_history", "orders", "holdings", "customers", "products", "ties",
}  # fmt: skip
TABLES = {
    "contact_feedback", "verifications", "back_checks", "work_orders", "campaign_targets", "tag_definitions", "customer_tags",
    "points_disputes", "points_entries",
}  # fmt: skip
# What by its name is a figure that somebody judges by; each must be in the library.
JUDGING = re.compile(
    r"(_rate|_index|_ratio|_error|_loss|accuracy|auc|brier|qini|autoc|psi|precision.*|lift.*|lifecycle_stage|monthly_value|value_change)$"
)
COUNTED = re.compile(r"\b(successes|matured|confirmed|contradicted|judged_weight|truthful_weight)\b|\.judged\b")
# Settings, limits and intervals that bear such a name without being a figure.
NOT_FIGURES = {"learning_rate", "sample_rate", "gate_calibration_error", "last_error", "minimum_success_rate"}


def resolved(metric):
    """What computes it."""
    module, _, name = metric.computed_by.partition(":")
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.code)
def test_each_is_computed_by_one_documented_function(metric):
    assert resolved(metric).__doc__
    assert metric.name_zh
    assert metric.name_en
    assert metric.formula
    assert set(metric.lineage) <= FEEDS | TABLES | set(BY_CODE)


def test_a_code_stands_for_one_metric():
    assert len(BY_CODE) == len(METRICS)
    assert get_metric("success_rate").name_zh == "目标客户营销成功率"
    with pytest.raises(UnknownMetric):
        get_metric("nothing")


def test_nobody_defines_a_metric_a_second_time():
    """No other function of the application bears the name of a metric or of the function that computes one."""
    names = {metric.code for metric in METRICS} | {metric.computed_by.rpartition(":")[2] for metric in METRICS}
    home = {tuple(metric.computed_by.split(":")) for metric in METRICS}
    second = []
    for path, source in SOURCES.items():
        module = ".".join(path.relative_to(APP.parent).with_suffix("").parts)
        for node in ast.parse(source).body:
            command = module.startswith("app.commands.")  # `gridwork evaluate` is a command's name
            if isinstance(node, ast.FunctionDef) and node.name in names and (module, node.name) not in home and not command:
                second.append(f"{module}:{node.name}")
    assert set(second) == {"app.scoring.learning.calibration:log_loss"}  # of log-odds; held to agree by the next test


def test_the_log_loss_of_log_odds_is_that_of_their_probabilities():
    log_odds = np.array([-3.0, -0.5, 0.0, 0.7, 2.5])
    labels = np.array([0, 1, 0, 1, 1], dtype=np.int8)
    assert log_loss(log_odds, labels) == pytest.approx(evaluate(labels, 1 / (1 + np.exp(-log_odds))).log_loss)


def test_no_rate_is_worked_out_beside_the_library():
    """Dividing successes, matured or judged work anywhere but in the functions of the library would be a second definition."""
    homes = {metric.computed_by.partition(":")[0] for metric in METRICS}
    wrong = []
    for path, source in SOURCES.items():
        module = ".".join(path.relative_to(APP.parent).with_suffix("").parts)
        if module not in homes and any(COUNTED.search(ast.unparse(node)) for node in _divisions(ast.parse(source))):
            wrong.append(module)
    assert wrong == []


def _divisions(tree):
    """Every division, by its sign or by `share`."""
    for node in ast.walk(tree):
        by_sign = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
        if by_sign or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "share"):
            yield node


def test_every_figure_that_is_answered_is_one_of_the_library(tmp_path):
    app = create_app(Settings(database_url="postgresql://nobody@localhost/none", home=tmp_path, log_level="ERROR"))
    schemas = app.openapi()["components"]["schemas"]
    app.state.engine.dispose()
    answered = {name for schema in schemas.values() for name in schema.get("properties", {})}
    figures = {name for name in answered if JUDGING.search(name)} - NOT_FIGURES
    assert {"success_rate", "success_index", "accuracy"} <= figures
    assert figures - set(BY_CODE) == set()


def test_the_figures_behind_points_and_rankers_bear_the_librarys_names():
    lines = lines_of(ManagerFigures(), DEFAULT_PLAN, ONE)
    behind_points = {name for line in lines for name in line.explanation["figures"]}
    of_rankers = {field.name for field in fields(Evaluation)}
    judging = {name for name in behind_points | of_rankers if JUDGING.search(name)}
    assert {"success_rate", "auc", "calibration_error"} <= judging
    assert judging - set(BY_CODE) == set()
