"""A reason in a sentence that a manager reads in the street, in Chinese and English (pure)."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from app.scoring.dictionary import NEVER, NOT_KNOWN, Word, word_of
from app.scoring.learning.ranker import TrainedRanker
from app.scoring.learning.reasons import Reason, Standing, bounds_of, explain

Value = float | int | bool | str | None

STRONG, SLIGHT = math.log(2), math.log(1.2)  # twice the odds; less than a fifth more
NEVER_DAYS = frozenset({-999, -99, -1, 999, 9999, 99999})
NO_VALUE = frozenset({-9999, -999, 99999, 999999, 9999999})
YEARS_FROM_DAYS = 730

_STANDINGS = {
    Standing.LOW: ("，低于多数客户", ", less than most customers"),
    Standing.HIGH: ("，高于多数客户", ", more than most customers"),
}
_YES_NO = {"yes": ("是", "yes"), "no": ("否", "no"), "true": ("是", "yes"), "false": ("否", "no")}
_STAGES = {
    "new": ("新客户", "new"),
    "growing": ("成长期", "growing"),
    "mature": ("成熟期", "mature"),
    "declining": ("衰退期", "declining"),
    "lost": ("已流失", "lost"),
}


@dataclass(frozen=True)
class Line:
    """What to say to a customer, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Vocabulary:
    """The operator's words by feature, and what to say about a product by the feature that speaks for it."""

    own: Mapping[str, Word]
    talk_tracks: Mapping[str, Line]


def reasons_as_json(ranker: TrainedRanker, head: pl.DataFrame, *, sample: pl.DataFrame, vocabulary: Vocabulary) -> list[str]:
    """JSON text of the reasons of each row of `head`, in its order. `sample`: rows of `sample_rows` over all customers."""
    found = explain(ranker, head, range(head.height), bounds=bounds_of(sample))
    return [json.dumps(say_reasons(reasons, vocabulary), ensure_ascii=False) for reasons in found]


def say_reasons(reasons: tuple[Reason, ...], vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """As they are stored: feature, value, contribution, zh, en; `talk_track` {zh, en} where there is one for the feature.

    Only a feature that speaks for the product leads to what to say.
    """
    said = []
    for reason in reasons:
        entry: dict[str, Any] = {
            "feature": reason.feature,
            "value": reason.value,
            "contribution": reason.contribution,
            **_sentences(reason, word_of(reason.feature, vocabulary.own)),
        }
        if reason.raises and (line := vocabulary.talk_tracks.get(reason.feature)):
            entry["talk_track"] = {"zh": line.zh, "en": line.en}
        said.append(entry)
    return said


def say_figure(feature: str, value: Value, own: Mapping[str, Word]) -> dict[str, str]:
    """{zh, en} of a figure as it is, without a judgement: `月费：128元`, `Monthly fee: 128 yuan`."""
    word = word_of(feature, own)
    zh, en = say_value(feature, value, word)
    return {"zh": f"{word.zh}：{zh}", "en": f"{word.en}: {en}"}


def say_value(feature: str, value: Value, word: Word) -> tuple[str, str]:
    """The value with its unit in both languages; a missing one or a sentinel in words."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return word.missing
    if isinstance(value, bool):
        return _YES_NO[str(value).lower()]
    if isinstance(value, str):
        return _say_text(value, word)
    if value in NEVER_DAYS if counts_days(feature, word) else value in NO_VALUE:
        return word.missing if word.missing != NOT_KNOWN else NEVER if counts_days(feature, word) else NOT_KNOWN
    if word.is_share:
        return _with_unit(round(value * 100, 1), word)
    if word.unit_en == "days" and abs(value) >= YEARS_FROM_DAYS:
        years = short(round(value / 365, 1))
        return f"{years}年", f"{years} years"
    return _with_unit(value, word)


def counts_days(feature: str, word: Word) -> bool:
    """Is it a number of days, of which 999 and -1 stand for never?"""
    return word.unit_en == "days" or "days" in feature.lower()


def short(value: float) -> str:
    """A number as people write it: three figures at most behind which nobody looks, thousands apart, no tail."""
    if value == int(value):
        return f"{int(value):,}"
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else min(6, 1 - math.floor(math.log10(size)))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _sentences(reason: Reason, word: Word) -> dict[str, str]:
    zh, en = say_value(reason.feature, reason.value, word)
    known = zh not in {word.missing[0], NEVER[0], NOT_KNOWN[0]}
    more_zh, more_en = _STANDINGS.get(reason.standing, ("", "")) if known and reason.standing else ("", "")
    for_zh, for_en = _how_strongly(reason.contribution)
    return {"zh": f"{word.zh}：{zh}{more_zh}（{for_zh}）", "en": f"{word.en}: {en}{more_en} ({for_en})"}


def _how_strongly(contribution: float) -> tuple[str, str]:
    zh, en = ("有利", "for") if contribution > 0 else ("不利", "against")
    size = abs(contribution)
    if size >= STRONG:
        return f"明显{zh}", f"speaks strongly {en} it"
    return (zh, f"speaks {en} it") if size >= SLIGHT else (f"略{zh}", f"speaks slightly {en} it")


def _say_text(value: str, word: Word) -> tuple[str, str]:
    plain = " ".join(value.split())[:80]
    if not plain:
        return word.missing
    return _YES_NO.get(plain.lower()) or _STAGES.get(plain.lower(), (plain, plain))


def _with_unit(value: float, word: Word) -> tuple[str, str]:
    number = short(value)
    latin = word.unit_zh[:1].isascii() and word.unit_zh not in ("", "%")
    zh = f"{number}{' ' if latin else ''}{word.unit_zh}"
    unit = word.unit_en.removesuffix("s") if number == "1" and word.unit_en.endswith("s") else word.unit_en
    return zh, number + (unit if unit in ("", "%") else f" {unit}")
