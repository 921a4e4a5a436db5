"""A client of a release as a file: its requests, and the shape of the answers that it understood.

A shape says what a client may rely on: the fields that were there, their types, and the words of stable codes. New fields,
and more words, are additions; anything else breaks a client that is out there.
"""

import json
import re
from typing import Any

CODES = frozenset({"status", "code", "reason", "because", "objection", "outcome", "state", "type", "gone", "full", "more"})
_NAMED = re.compile(r"\$\{(\w+)\}")


def shape_of(value: Any, name: str = "") -> Any:
    """What of a value a client relies on."""
    match value:
        case dict():
            return {key: shape_of(inner, key) for key, inner in value.items()}
        case list():
            distinct = {json.dumps(shape_of(inner, name), sort_keys=True) for inner in value}
            return [json.loads(text) for text in sorted(distinct)]
        case _ if name in CODES:
            return {"=": value}
        case bool():
            return "truth"
        case int() | float():
            return "number"
        case str():
            return "text"
    return "null"


def fits(shape: Any, value: Any, *, words: bool = True) -> bool:
    """Whether a client that understood the shape understands the value.

    In a list, every kind of element that was there is still there, and no element lacks what each of its kind had.
    """
    match shape:
        case {"=": word}:
            return bool(value == word) if words else shape_of(value) == shape_of(word)
        case dict():
            return isinstance(value, dict) and all(
                key in value and fits(one, value[key], words=words) for key, one in shape.items()
            )
        case list():
            known = isinstance(value, list) and all(any(fits(one, inner, words=False) for one in shape) for inner in value)
            return known and all(any(fits(one, inner, words=words) for inner in value) for one in shape) if shape else True
        case "null":
            return True
    return shape_of(value) == shape


def filled(part: Any, known: dict[str, Any]) -> Any:
    """A request with what earlier answers gave; "${name}" alone keeps its type."""
    match part:
        case dict():
            return {key: filled(inner, known) for key, inner in part.items()}
        case list():
            return [filled(inner, known) for inner in part]
        case str() if (whole := _NAMED.fullmatch(part)) is not None:
            return known[whole[1]]
        case str():
            return _NAMED.sub(lambda found: str(known[found[1]]), part)
    return part


def play(client: Any, step: dict[str, Any], known: dict[str, Any]) -> Any:
    """Send the request of one step; keeps what the step names of its answer."""
    token = filled(step.get("token", "${access}"), known)
    answer = client.request(
        step["method"],
        filled(step["path"], known),
        params=filled(step.get("query", {}), known),
        json=filled(step["body"], known) if "body" in step else None,
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )
    for name, path in step.get("keeps", {}).items():
        found = answer.json()
        for part in path:
            found = found[part]
        known[name] = found
    return answer
