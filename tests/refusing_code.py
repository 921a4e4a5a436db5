"""What the code says where it refuses, read from the code itself: templates with {} where something is filled in."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

from app.core.errors import AppError, Invalid

APP = Path(__file__).resolve().parents[1] / "app"
ONLY_TYPED = ("commands/", "cli.py")  # what is said to who types a command stays English
FAULT_FINDERS = {
    *("find_fault", "find_return_fault", "check_threshold", "problem_of", "_missing_text", "_objection_fault", "_callback_fault")
}
SAYS = {"Fault": 1, "_fault": 1, "Unclean": 0, "_checked": 3, "Problem": 1}  # which argument says what was expected
FIELD_ERRORS = ("core/clock.py", "notices/quiet.py", "feedback/")  # whose ValueErrors become an Invalid, or a report's detail
OWN_WORDS = ("scoring/",)  # whose own kinds of errors say all in the sentence of their code: they are met at the command line
Scope = dict[str, list[ast.expr]]


def kinds(kind: type[AppError] = AppError) -> Iterator[type[AppError]]:
    """Every kind of error, the first ones first."""
    yield kind
    for one in kind.__subclasses__():
        yield from kinds(one)


@cache
def expected_things() -> dict[str, set[str]]:
    """What was expected of a field, and in which files."""
    own = {kind.__name__ for kind in kinds(Invalid)}
    found: dict[str, set[str]] = {}
    for place, tree in _trees():
        for call, scope in _calls(tree):
            name = _name(call.func)
            if name in own and place.startswith(OWN_WORDS) and name != "Invalid":
                continue
            said = _said_by(place, name, call, own)
            for text in _texts(said, scope) if said is not None else []:
                found.setdefault(text.rpartition("expected ")[2] if name == "ValueError" else text, set()).add(place)
        for function, scope in _functions(tree):
            if function.name in FAULT_FINDERS:
                for text in _returned(function, scope):
                    found.setdefault(text, set()).add(place)
    return found


@cache
def written() -> frozenset[str]:
    """Every text of the code."""
    nodes = (node for _, tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.Constant | ast.JoinedStr))
    return frozenset(text for node in nodes for text in _texts(node, {}))


@cache
def said_by_statements() -> frozenset[str]:
    """Why the database puts a row of a feed's file aside, %s being what is filled in."""
    place = APP / "ingest" / "references.py"
    texts = [node.value for node in ast.walk(ast.parse(place.read_text(encoding="utf-8"))) if _is_text(node)]
    found = [re.match(r"(?:format\()?'((?:expected|there is) [^']+)'", text) for text in texts]
    return frozenset(one[1].replace("%s", "{}") for one in found if one)


@cache
def sentences() -> dict[str, set[str]]:
    """Sentences that an error has instead of its kind's own, and in which files."""
    own = {kind.__name__ for kind in kinds()} - {kind.__name__ for kind in kinds(Invalid)}
    found: dict[str, set[str]] = {}
    for place, tree in _trees():
        for call, scope in _calls(tree):
            at = 0 if _name(call.func) in own else {"Refusal": 1, "Decision": 2}.get(_name(call.func))
            if at is not None and len(call.args) > at:
                for text in _texts(call.args[at], scope):
                    found.setdefault(text, set()).add(place)
    return found


@cache
def _trees() -> list[tuple[str, ast.Module]]:
    places = {path.relative_to(APP).as_posix(): path for path in sorted(APP.rglob("*.py"))}
    read = {place: path for place, path in places.items() if not place.startswith(ONLY_TYPED)}
    return [(place, ast.parse(path.read_text(encoding="utf-8"))) for place, path in read.items()]


def _functions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, Scope]]:
    outer = _assigned(tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node, outer | _assigned(list(ast.walk(node)))


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, Scope]]:
    outer = _assigned(tree.body)
    inner = {id(call): scope for function, scope in _functions(tree) for call in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, inner.get(id(node), outer)


def _assigned(nodes: list[ast.stmt] | list[ast.AST]) -> Scope:
    """What names are set to; for the items of a table each of its values."""
    found: Scope = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Tuple) and isinstance(node.iter, ast.Call):
            table = node.iter.func.value if isinstance(node.iter.func, ast.Attribute) else None
            if isinstance(table, ast.Name) and isinstance(node.target.elts[-1], ast.Name):
                found.setdefault(node.target.elts[-1].id, []).append(ast.Subscript(table, ast.Slice()))
    return found


def _returned(function: ast.FunctionDef, scope: Scope) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            parts = [node.value.elts[-1]] if isinstance(node.value, ast.Tuple) else [node.value]
            for part in parts:
                yield from (text for text in _texts(part, scope) if text not in ("{}", "None"))


def _said_by(place: str, name: str, call: ast.Call, own: set[str]) -> ast.expr | None:
    """The argument of a call that says what was expected, if one does."""
    if name in own and call.args:
        return call.args[min(len(call.args), 2) - 1] if name != "Invalid" or len(call.args) > 1 else None
    if name in SAYS and len(call.args) > SAYS[name] and place.startswith("ingest/") == (name == "Problem"):
        return call.args[SAYS[name]]
    fits = place.startswith(FIELD_ERRORS) and name == "ValueError" and call.args
    return call.args[0] if fits and "expected " in ast.unparse(call.args[0]) else None


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _name(function: ast.expr) -> str:
    return getattr(function, "id", getattr(function, "attr", ""))


def _texts(node: ast.expr, scope: Scope) -> list[str]:
    """Every text that an expression can be, as far as the file itself says."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr():
            return ["".join(parts) for parts in product(*(_texts(part, scope) for part in node.values))]
        case ast.FormattedValue(value=ast.Name() as inner):
            return _texts(inner, scope)
        case ast.BinOp(op=ast.Add()):
            both = [a + b for a, b in product(_texts(node.left, scope), _texts(node.right, scope))]
            return [text if text.strip("{}") else "{}" for text in both]
        case ast.IfExp():
            return _texts(node.body, scope) + _texts(node.orelse, scope)
        case ast.Subscript(value=ast.Name(id=name)) if isinstance(table := (scope.get(name) or [None])[0], ast.Dict):
            return [text for value in table.values for text in _texts(value, scope)]
        case ast.Subscript(slice=ast.Slice()):
            return _texts(node.value, scope)
        case ast.Name(id=name) if name in scope:
            inner_scope = {key: value for key, value in scope.items() if key != name}
            found = [text for value in scope[name] for text in _texts(value, inner_scope)]
            return found or ["{}"]
    return ["{}"]
