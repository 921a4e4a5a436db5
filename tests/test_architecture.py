"""The rules of the house, each held by a check. The allow-lists may only shrink."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import configure_mappers

import app.models  # noqa: F401  (registers the tables)
from app.core.db import Base

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app"
FILES = sorted(APP.rglob("*.py"))
MAX_FILE_LINES = 250
MAX_FUNCTION_LINES = 50
MAX_HANDLER_LINES = 12
LONG_FILES: set[str] = set()
LONG_FUNCTIONS: set[str] = set()
MAY_COMMIT = {"app/api/deps.py", "app/jobs/runner.py"}
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
STAGES = (
    "access",
    "notices",
    "devices",
    "disclosure",
    "ingest",
    "scoring",
    "centre",
    "offers",
    "campaigns",
    "dispatch",
    "territory",
    "feedback",
    "verification",
    "points",
    "figures",
    "evaluation",
)
KNOWS_DATABASE = re.compile(
    r"^(from|import) (sqlalchemy|psycopg|app\.models|app\.core\.(db|clock|hot)|app\.settings)", re.MULTILINE
)
READS_FILES = {
    "app.dispatch.run.keeping",
    "app.ingest.parquet",
    "app.ingest.reading",
    "app.ingest.scan",
    "app.ingest.spill",
    "app.notices.sealing",
    "app.scoring.assembling",
    "app.scoring.scaleout.parts",
    "app.scoring.scaleout.tasks",
}
REACHES_OTHERS = {
    "app.dispatch.splitting.beside",
    "app.notices.mailing",
    "app.notices.sending",
    "app.verification.sms_sending",
}
ROUTE_METHODS = {"get", "post", "put", "patch", "delete"}


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _handlers() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in sorted([*(APP / "api").rglob("*.py"), *(APP / "web").rglob("*.py")]):
        for function in _functions(path):
            for decorator in function.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                if isinstance(called, ast.Attribute) and called.attr in ROUTE_METHODS:
                    yield f"{_name(path)}:{function.name}", function


def _body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    statements = function.body
    return statements[1:] if ast.get_docstring(function) else statements


def test_imports_run_one_way_and_rules_are_pure():
    done = subprocess.run([sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
                          cwd=ROOT, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_pure_is_held_to_it():
    """Every file of a stage that knows no database stands in the contract, so that it cannot learn of one unnoticed."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    held = next(set(c["source_modules"]) for c in contracts if c["name"] == "rules are pure")
    pure = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for stage in STAGES
        for path in (APP / stage).rglob("*.py")
        if path.stem != "__init__" and not KNOWS_DATABASE.search(path.read_text(encoding="utf-8"))
    }
    unheld = {name for name in pure if not any(name == one or name.startswith(f"{one}.") for one in held)}
    assert unheld == READS_FILES | REACHES_OTHERS


def test_no_file_outgrows_its_purpose():
    long = {_name(path) for path in FILES if len(path.read_text(encoding="utf-8").splitlines()) > MAX_FILE_LINES}
    assert long == LONG_FILES


def test_no_function_is_longer_than_a_screen():
    long = {
        f"{_name(path)}:{function.name}"
        for path in FILES
        for function in _functions(path)
        if (function.end_lineno or 0) - function.lineno + 1 > MAX_FUNCTION_LINES
    }
    assert long == LONG_FUNCTIONS


def test_scipy_stats_is_imported_where_it_is_used():
    """A second, which every start would pay."""
    first = re.compile(r"^(from|import) scipy\.stats", re.MULTILINE)
    assert [_name(path) for path in FILES if first.search(path.read_text(encoding="utf-8"))] == []


def test_there_are_handlers_to_check():
    assert len(list(_handlers())) > 10


def test_a_handler_only_hands_over():
    wrong = []
    for name, function in _handlers():
        body = _body(function)
        nodes = [node for statement in body for node in ast.walk(statement)]
        lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
        decides = any(isinstance(node, ast.If | ast.Try | ast.For | ast.While) for node in nodes)
        calls = {node.func.attr for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
        if decides or lines > MAX_HANDLER_LINES or calls & {"commit", "execute", "scalar", "scalars"}:
            wrong.append(name)
    assert wrong == []


def test_only_the_edges_commit():
    committing = {
        _name(path)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    }
    assert committing <= MAY_COMMIT


def test_every_session_of_a_request_commits_before_the_answer():
    for path in sorted((APP / "api").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node).startswith("Depends(get_session"):
                assert "scope='function'" in ast.unparse(node), _name(path)


def test_a_service_is_a_plain_function_with_its_session_first():
    wrong = []
    for path in (APP / stage / "service.py" for stage in STAGES if (APP / stage / "service.py").exists()):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                arguments = [argument.arg for argument in node.args.args]
                if arguments != ["session"]:
                    wrong.append(f"{_name(path)}:{node.name}")
    assert wrong == []


def test_reads_say_whether_they_may_find_nothing():
    """`get_x` never returns None; what may return None is called `find_x` or `lock_x`."""
    wrong = []
    for path in APP.rglob("*queries.py"):
        for function in _functions(path):
            optional = isinstance(function.returns, ast.BinOp) and ast.unparse(function.returns.right) == "None"
            if optional and not function.name.startswith(("find_", "lock_", "_")):
                wrong.append(f"{_name(path)}:{function.name}")
    assert wrong == []


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_every_file_is_named_for_what_it_holds(path):
    assert path.stem not in NAMELESS


def test_every_public_function_and_class_says_what_it_is_for():
    wrong = []
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                wrong.append(f"{_name(path)}:{node.name}")
    assert wrong == []


def test_relationships_never_load_behind_ones_back():
    configure_mappers()

    mappers = list(Base.registry.mappers)
    assert mappers
    lazy = [f"{mapper.class_.__name__}.{r.key}" for mapper in mappers for r in mapper.relationships if r.lazy != "raise"]
    assert lazy == []


def test_every_constraint_has_a_name():
    nameless = [table.name for table in Base.metadata.tables.values() for constraint in table.constraints if not constraint.name]
    assert nameless == []


def test_points_and_money_are_never_floats():
    floats = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if any(word in column.name for word in ("points", "total", "amount", "price", "margin", "cost", "weight"))
        and column.type.python_type is float
        and table.name != "ties"  # the weight of a tie is an observation, not money
    ]
    assert floats == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_names_no_registry(name):
    lock = (ROOT / name).read_text(encoding="utf-8")
    assert "--hash=sha256:" in lock
    assert "://" not in lock


def test_the_lock_of_the_pages_names_no_registry_and_holds_a_hash_of_each_package():
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert len(packages) > 50
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []
