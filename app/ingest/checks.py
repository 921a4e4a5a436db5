"""One column of text into typed values, a whole chunk at a time, with what is wrong in which rows.

A check takes the trimmed text (blank is null) and returns the values (null where wrong) and its findings: masks of rows with
their problem. Only rows that a fast pattern does not take are looked at one by one.
"""

import polars as pl

from app.ingest.columns import Column, Kind
from app.ingest.findings import CONTROL, Finding, Problem, Result, given, kept, lost, patched
from app.ingest.phones import normalise_phone
from app.ingest.times import check_date, check_instant, check_month, check_until

MAX_CODES = 100
NOT_IN_TEXT = r"[\p{Cc}&&[^\t\r\n]]"

_NOT_IN_CODES = r"\p{C}"  # control, invisible, private, unassigned
_MOBILE = r"^1[3-9][0-9]{9}$"


def check_column(text: pl.Series, column: Column, zone: str) -> Result:
    """Typed values of one column. `zone` is where a local day ends. Only findings that hit a row are returned."""
    if column.default is not None:
        text = text.fill_null(column.default)
    values, findings = _typed(text, column, zone)
    if column.required:
        findings = [(text.is_null(), Problem("value_missing", "expected a value")), *findings]
    return values, [(mask, problem) for mask, problem in findings if mask.any()]


def _typed(text: pl.Series, column: Column, zone: str) -> Result:
    match column.kind:
        case Kind.CODE:
            return _code(text, column)
        case Kind.TEXT:
            return _text(text, column)
        case Kind.CHOICE:
            return _choice(text, column)
        case Kind.INTEGER:
            return _integer(text, column)
        case Kind.DECIMAL:
            return _decimal(text, column)
        case Kind.FLOAT:
            return _float(text, column)
        case Kind.DATE:
            return check_date(text)
        case Kind.INSTANT:
            return check_instant(text)
        case Kind.UNTIL:
            return check_until(text, zone)
        case Kind.MONTH:
            return check_month(text)
        case Kind.PHONE:
            return _phone(text)
        case Kind.CODES:
            return _codes(text, column)


def _clean(text: pl.Series, forbidden: str, max_length: int) -> list[Finding]:
    return [
        (
            given(text.str.contains(forbidden)),
            CONTROL,
        ),
        (
            given(text.str.len_chars() > max_length),
            Problem("too_long", f"expected at most {max_length} characters"),
        ),
    ]


def _code(text: pl.Series, column: Column) -> Result:
    return text, _clean(text, _NOT_IN_CODES, column.max_length)


def _text(text: pl.Series, column: Column) -> Result:
    return text, _clean(text, NOT_IN_TEXT, column.max_length)


def _choice(text: pl.Series, column: Column) -> Result:
    expected = Problem("not_a_choice", "expected one of " + ", ".join(column.choices))
    return text, [(given(~text.is_in(list(column.choices))), expected)]


def _in_range(values: pl.Series, column: Column) -> list[Finding]:
    low, high = column.low, column.high
    expected = Problem("out_of_range", f"expected a number from {low} to {high}")
    return [(given(~values.is_between(pl.lit(low), pl.lit(high))), expected)]


def _integer(text: pl.Series, column: Column) -> Result:
    shaped = text.str.contains(r"^[+-]?[0-9]{1,18}(?:\.0+)?$")
    values = kept(text, shaped).str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
    expected = Problem("not_a_whole_number", f"expected a whole number from {column.low} to {column.high}")
    return values, [(lost(text, values), expected), *_in_range(values, column)]


def _decimal(text: pl.Series, column: Column) -> Result:
    shaped = text.str.contains(rf"^[+-]?[0-9]{{1,12}}(?:\.[0-9]{{1,{column.scale}}}0*)?$")
    values = kept(text, shaped).cast(pl.Decimal(18, column.scale), strict=False)
    expected = Problem(
        "not_a_decimal",
        f"expected a number with at most {column.scale} decimals, such as 120.50",
    )
    return values, [(lost(text, values), expected), *_in_range(values, column)]


def _float(text: pl.Series, column: Column) -> Result:
    values = text.cast(pl.Float64, strict=False)
    finite = kept(values, values.is_finite())
    expected = Problem("not_a_number", f"expected a number from {column.low} to {column.high}")
    return finite, [(lost(text, finite), expected), *_in_range(finite, column)]


def _phone(text: pl.Series) -> Result:
    """Bare numbers. Noise alone (a dash, a zero-width mark) counts as no phone."""
    if text.str.contains(_MOBILE).all():
        return text, []
    # What most exports write needs no look at each number; `normalise_phone` would say the same of these.
    plain = text.str.replace_all(r"[ -]", "").str.replace(r"^(?:\+|00)86", "")
    values = kept(plain, plain.str.contains(_MOBILE))
    values = patched(text, values, lambda raw: normalise_phone(raw) or "")
    expected = Problem("not_a_phone", "expected a phone number such as 13912345678 or 022-12345678")
    return kept(values, values != ""), [(lost(text, values), expected)]


def _codes(text: pl.Series, column: Column) -> Result:
    """Lists of distinct codes in the order given; blank is null."""
    if text.null_count() == len(text):
        return text.cast(pl.List(pl.String)), []
    stripped = pl.element().str.strip_chars()
    values = text.str.split(";").list.eval(stripped.filter(stripped != "")).list.unique(maintain_order=True)
    longest = values.list.eval(pl.element().str.len_chars()).list.max()
    return values, [
        *_clean(text, _NOT_IN_CODES, (column.max_length + 1) * MAX_CODES),
        (
            given(longest > column.max_length),
            Problem("too_long", f"expected at most {column.max_length} characters in each code"),
        ),
        (given(values.list.len() > MAX_CODES), Problem("too_many", f"expected at most {MAX_CODES} codes")),
    ]
