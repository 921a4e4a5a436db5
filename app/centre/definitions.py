"""What is defined for the customer data centre, checked (pure): tags, words for features, talk tracks; read from files."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from app.centre.rules import check_rule
from app.core.errors import Invalid

CODE = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
LONGEST_NAME, LONGEST_LINE, MOST_ROWS = 200, 4_000, 10_000
T = TypeVar("T")


class WrongDefinitions(Invalid):
    """The file does not hold what it should."""

    code = "definitions.wrong"


@dataclass(frozen=True)
class TagOptions:
    """A tag as somebody defines it."""

    code: str
    name_zh: str
    name_en: str
    rule: dict[str, Any]
    owner: str

    def __post_init__(self) -> None:
        if not isinstance(self.code, str) or not CODE.fullmatch(self.code):
            raise WrongDefinitions("code", "1 to 64 letters, digits and _ . -")
        for name in ("name_zh", "name_en", "owner"):
            check_text(name, getattr(self, name), LONGEST_NAME)
        check_rule(self.rule)


@dataclass(frozen=True)
class FeatureWords:
    """What people call a feature; units may be left out."""

    feature: str
    name_zh: str
    name_en: str
    unit_zh: str | None = None
    unit_en: str | None = None

    def __post_init__(self) -> None:
        for name in ("feature", "name_zh", "name_en"):
            check_text(name, getattr(self, name), LONGEST_NAME)
        for name in ("unit_zh", "unit_en"):
            if getattr(self, name) is not None:
                check_text(name, getattr(self, name), LONGEST_NAME)


@dataclass(frozen=True)
class TalkTrackText:
    """What to say about a product to whom this feature speaks for it; without a feature, to everybody."""

    product_code: str
    feature: str | None
    text_zh: str
    text_en: str

    def __post_init__(self) -> None:
        check_text("product_code", self.product_code, LONGEST_NAME)
        if self.feature is not None:
            check_text("feature", self.feature, LONGEST_NAME)
        for name in ("text_zh", "text_en"):
            check_text(name, getattr(self, name), LONGEST_LINE)


def check_text(field: str, value: Any, longest: int) -> None:
    """Raise WrongDefinitions, which names the field."""
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise WrongDefinitions(field, f"a text of 1 to {longest} characters")
    if any((ord(character) < 32 and character not in "\t\n\r") or "\ud800" <= character <= "\udfff" for character in value):
        raise WrongDefinitions(field, "a text without control characters")


def tags_of_json(content: bytes, *, owner: str) -> list[TagOptions]:
    """Tags of a JSON file: a list of {code, name_zh, name_en, rule}, with owner if it is another. Raises WrongDefinitions."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise WrongDefinitions("file", "JSON text") from error
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_ROWS:
        raise WrongDefinitions("file", 'a list of tags: [{"code": ..., "name_zh": ..., "name_en": ..., "rule": {...}}]')
    return [_made(TagOptions, {"owner": owner} | entry, f"tag {i + 1}") for i, entry in enumerate(map(_object, found))]


def words_of_csv(content: bytes) -> list[FeatureWords]:
    """Words of a CSV file with the columns feature, name_zh, name_en, unit_zh, unit_en. Raises WrongDefinitions."""
    return _read_csv(content, FeatureWords, optional={"unit_zh", "unit_en"})


def lines_of_csv(content: bytes) -> list[TalkTrackText]:
    """Talk tracks of a CSV file with the columns product_code, feature, text_zh, text_en. Raises WrongDefinitions."""
    return _read_csv(content, TalkTrackText, optional={"feature"})


def _read_csv(content: bytes, kind: type[T], *, optional: Iterable[str]) -> list[T]:
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    rows = list(csv.DictReader(io.StringIO(_decoded(content)), strict=False))
    if not rows or len(rows) > MOST_ROWS:
        raise WrongDefinitions("file", f"1 to {MOST_ROWS} rows under the header {','.join(names)}")
    given = set(rows[0])
    if lacking := [name for name in names if name not in given and name not in set(optional)]:
        raise WrongDefinitions("file", f"the column {lacking[0]}; columns are {','.join(names)}")
    made = []
    for i, row in enumerate(rows):
        values = {name: (row.get(name) or "").strip() or (None if name in set(optional) else "") for name in names}
        made.append(_made(kind, values, f"row {i + 1}"))
    return made


def _made(kind: type[T], values: Mapping[str, Any], place: str) -> T:
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    for name in values:
        if name not in known:
            raise WrongDefinitions(f"{place}: {str(name)[:50]}", f"one of {', '.join(sorted(known))}")
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name not in values:
            raise WrongDefinitions(f"{place}: {field.name}", "a value")
    try:
        return kind(**values)
    except Invalid as error:
        raise WrongDefinitions(f"{place}: {error.field}", error.expected) from error


def _object(entry: Any) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise WrongDefinitions("file", "a list of objects, one for each tag")
    return entry


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise WrongDefinitions("file", "text in UTF-8 or GB18030")
