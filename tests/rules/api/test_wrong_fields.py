"""What is wrong with a field is said in both languages, whatever the framework finds."""

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

import app.api.router  # noqa: F401 - which knows every body
from app.api.errors import from_validation
from app.api.types import In
from tests.wrong_words import FILLED, wrong_words

BAD: tuple[Any, ...] = (
    *(None, True, -1, 0, 2**70, 1.5, 1e308, float("inf"), float("nan"), "", " ", "x", "\x00", "é" * 9_000, "\ud800"),
    *("12", "1.123456789012345678", "1e999", "2026-13-45", "2026-10-12", "1970-01-01"),
    *("2026-10-12T25:00:00", "2026-10-12T10:00:00", "2026-10-12T10:00:00+08:00", "1960-10-12T10:00:00+08:00"),
    *([], {}, [None], ["x"] * 1_001, [[]], {"x": 1}),
)


def below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in model.__subclasses__():
        yield one
        yield from below(one)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def bodies() -> set[type[BaseModel]]:
    """Every body that is sent to us, and every part of one."""
    found, left = set(), list(below(In))
    while left:
        model = left.pop()
        if model not in found:
            found.add(model)
            left += [part for field in model.model_fields.values() for part in models_in(field.annotation)]
    return found


@pytest.fixture(scope="module")
def said() -> list[dict[str, Any]]:
    """What the server answers to every field of every body with every kind of nonsense in it: one answer of each type."""
    found: dict[str, Any] = {}
    for model in bodies():
        for content in [*BAD, *({name: bad} for name in model.model_fields for bad in BAD)]:
            try:
                model.model_validate(content)
            except ValidationError as error:
                found |= {one["type"]: {**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)}
    answers = [from_validation(RequestValidationError([one])) for one in found.values()]
    return [wrong for answer in answers for wrong in json.loads(answer.body)["errors"]]


def test_there_is_much_to_say(said):
    assert len(bodies()) > 60
    assert {"missing", "extra_forbidden", "string_too_short", "too_long", "enum", "time_wrong"} <= {one["type"] for one in said}


def test_every_type_has_words_in_both_languages(said):
    words = wrong_words()
    assert {one["type"] for one in said} - words.keys() == set()
    assert [kind for kind, (zh, en) in words.items() if not re.search("[\u4e00-\u9fff]|JSON", zh) or not en.isascii()] == []


def test_what_is_filled_in_comes_with_the_answer(said):
    words = wrong_words()
    lacking = {
        (one["type"], name) for one in said for name in FILLED.findall("".join(words[one["type"]])) if name not in one["context"]
    }
    assert lacking == set()


def test_what_was_sent_is_not_repeated():
    sent = "a word that nobody else knows"
    wrong = {
        "type": "union_tag_invalid",
        "loc": ("body", "x"),
        "msg": "wrong",
        "ctx": {"tag": sent, "error": ValueError(sent), "le": 5},
    }
    body = from_validation(RequestValidationError([wrong])).body.decode()
    assert (sent in body, '"context":{"le":5}' in body) == (False, True)
