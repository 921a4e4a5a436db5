"""Finding the Chinese of a refusal by its English, as a translator's catalogue is asked: the English is what the code says."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from app.api.chinese import (
    codes_of_pay,
    codes_of_people,
    codes_of_work,
    expected,
    expected_of_plans,
    rejected_rows,
    sentences,
)
from app.api.chinese.values import VALUES

CODES: Mapping[str, str] = codes_of_people.CODES | codes_of_work.CODES | codes_of_pay.CODES
PHRASES: Mapping[str, str] = expected.PHRASES | expected_of_plans.PHRASES | rejected_rows.PHRASES | sentences.PHRASES
_FIELD = re.compile(r"(?P<field>.{1,300}?): expected (?P<expected>.+)", re.DOTALL)
_HOLE = re.compile(r"\{(\d?)\}")
_PARTS = re.compile(r"(, | or | and a )")
_JOINTS = {", ": "、", " or ": "或", " and a ": "和"}
_LONGEST = 1_000  # nobody reads more, and nothing is looked for in it


def say_refusal(code: str, detail: str) -> str | None:
    """What an error of this code and English detail is in Chinese; of an unknown code only what its detail says."""
    return _of_field(detail) or say_phrase(detail) or CODES.get(code)


def say_failure(kept: str | None) -> str | None:
    """Of what a job or request keeps of an error, `code: detail`; None where that was no refusal of ours."""
    code, _, detail = (kept or "").partition(": ")
    return say_refusal(code, detail) if code in CODES else None


@lru_cache(maxsize=1_024)
def say_phrase(english: str) -> str | None:
    """A sentence, or what was expected, in Chinese; None where the catalogue does not have it."""
    if english in PHRASES:
        return PHRASES[english]
    if len(english) > _LONGEST:
        return None
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(english):
            return _filled(chinese, found.groups())
    return None


def _of_field(detail: str) -> str | None:
    found = _FIELD.fullmatch(detail)
    said = found and say_phrase(found["expected"])
    return f"{found['field']}：{said}" if found and said else None


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Of phrases with holes, those that say most first: `one of {}, got {}` before `one of {}`."""
    holed = [english for english in PHRASES if "{}" in english]
    holed.sort(key=lambda english: (-len(english.replace("{}", "")), english))
    return [(re.compile("(.*?)".join(map(re.escape, english.split("{}"))), re.DOTALL), PHRASES[english]) for english in holed]


def _filled(chinese: str, values: tuple[str, ...]) -> str:
    turns = iter(values)
    return _HOLE.sub(lambda hole: _value(values[int(hole[1])] if hole[1] else next(turns)), chinese)


def _value(english: str) -> str:
    """What is filled in: a word of ours, several of them, a phrase in itself, or a name or number as it is."""
    if said := VALUES.get(english.replace("_", " ")) or say_phrase(english):
        return said
    parts = _PARTS.split(english)
    return english if len(parts) == 1 else "".join(_JOINTS.get(part) or _value(part) for part in parts)
