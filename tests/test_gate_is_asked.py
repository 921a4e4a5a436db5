"""Every place that makes a work order, or changes whose, when or whether it is, goes through the one gate or says why not."""

import ast
import re
from pathlib import Path

import pytest

from app.campaigns.eligibility import REASONS
from app.campaigns.gate_sets import GATE_REASONS
from app.campaigns.reasons import SETS
from app.dispatch.gating import ACTS
from app.dispatch.states import LIVE, STATES, Event, next_state

ROOT = Path(__file__).resolve().parents[1]
WRITES = re.compile(
    r"(INSERT INTO|COPY|MERGE INTO|UPDATE) work_orders\b|\b(update|insert)\(WorkOrder\b|[^a-z]WorkOrder\("
    r"|write_columns\([^)]*\bwork_orders"  # or a part of them
)
MOVED = {"state", "staff_id", "scheduled_on", "due_on"}
# File -> what it calls or is called through. `ends`: it only ever takes a live order out of life.
THROUGH = {
    "app/dispatch/run/order_rows.py": "a run: app.campaigns.reasons.SETS, the same sets for all customers of its lists",
    "app/dispatch/run/order_part.py": "what order_rows gives it",
    "app/dispatch/life.py": "check_gate(",
    "app/dispatch/moving.py": "asked before",
    "app/dispatch/reported.py": "a report is a fact",
    "app/dispatch/sweeps.py": "ends",
    "app/dispatch/preview/piloting.py": "selection_probability = ",  # which is no contact
}
# What moves work for which somebody else has asked: move_many(), and move_work_order(gate_asked=True). File -> who asks before.
ASKED_BEFORE = {
    "app/territory/applying.py": ("app/territory/applying.py",),
    "app/territory/feed_moves.py": ("app/territory/feed_moves.py",),
    "app/dispatch/days/release.py": ("app/dispatch/days/release.py",),
    "app/dispatch/by_hand/verbs.py": (
        "app/dispatch/by_hand/actions.py",
        "app/dispatch/by_hand/pool.py",
        "app/dispatch/by_hand/returning.py",
        "app/dispatch/sparing.py",
    ),
}
BRINGS_HOME = {"app/dispatch/by_hand/loans.py"}  # which is not asked for
# Events that leave an order live and are not asked for one by one: why.
UNASKED = {
    "released": "the wave asks for all of its orders at once",
    "rolled": "it is on the phone already, and stays",
    "postponed": "the wave asked, or it is on the phone already",
    "pooled": "nobody contacts what lies in a pool; who takes it asks",
    "started": "a report is a fact",
    "contacted": "a report is a fact",
    "brought_home": "it goes back to whom it was, and the sweeps watch over it",
}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _moves(path: Path) -> bool:
    """Assigns to a column of something called an order, or writes the table."""
    source = _text(path)
    if WRITES.search(source.replace("class WorkOrder(", "")):
        return True
    targets = [t for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assign) for t in node.targets]
    named = [t for t in targets if isinstance(t, ast.Attribute) and t.attr in MOVED]
    return any("order" in ast.unparse(t.value) for t in named)


def test_every_place_that_writes_work_orders_is_known():
    found = {path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "app").rglob("*.py")) if _moves(path)}
    assert found == set(THROUGH)


@pytest.mark.parametrize(("name", "how"), THROUGH.items(), ids=THROUGH)
def test_it_goes_through_the_gate(name, how):
    source = _text(ROOT / name)
    if how.endswith("("):
        assert how in source
    if how == "ends":
        assert "closed_at = :now" in source
        assert "SET state = :state" in source
        assert "staff_id =" not in source.split("INSERT INTO")[0]


def test_a_run_asks_everything_that_the_gate_asks():
    assert set(GATE_REASONS) <= set(SETS) <= set(REASONS)


def test_every_event_that_leaves_an_order_live_is_asked_or_says_why_not():
    leaves_live = {event.value for event in Event for state in STATES if next_state(state, event) in LIVE}
    assert leaves_live == set(ACTS) & {event.value for event in Event} | set(UNASKED)


def test_who_moves_work_without_asking_is_called_by_who_asks():
    moves = re.compile(r"(?<!def )move_many\(|gate_asked=True")
    found = {path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "app").rglob("*.py")) if moves.search(_text(path))}
    assert found == set(ASKED_BEFORE)
    for name, callers in ASKED_BEFORE.items():
        assert all("order_refusals(" in _text(ROOT / caller) for caller in callers), name
        module = name.removesuffix(".py").replace("/", ".")
        using = {p.relative_to(ROOT).as_posix() for p in (ROOT / "app").rglob("*.py") if f"from {module} import" in _text(p)}
        assert name in callers or using <= set(callers) | BRINGS_HOME, name
