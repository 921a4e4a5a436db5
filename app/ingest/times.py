"""Dates, instants and months in columns of text."""

from datetime import UTC, date, datetime

import polars as pl

from app.ingest.findings import Finding, Problem, Result, given, kept, lost, patched

FIRST_DAY, LAST_DAY = date(1971, 1, 1), date(2098, 12, 31)
FIRST_INSTANT, AFTER_LAST_INSTANT = datetime(1971, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)

_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_LOCAL_TIME = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_CLOCK}$"
_INSTANT = _LOCAL_TIME[:-1] + r"(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)$"
_TIME_EXPECTED = "expected an ISO 8601 time with offset such as 2026-10-01T09:30:00+08:00"


def check_date(text: pl.Series) -> Result:
    """Days written YYYY-MM-DD, from 1971 to 2098."""
    values = _days(text)
    return values, [
        (lost(text, values), Problem("not_a_date", "expected a date such as 2026-10-01")),
        (
            given(~values.is_between(FIRST_DAY, LAST_DAY)),
            Problem("date_out_of_range", f"expected a date from {FIRST_DAY} to {LAST_DAY}"),
        ),
    ]


def _days(text: pl.Series) -> pl.Series:
    shaped = kept(text, text.str.contains(_DAY))
    return shaped.str.to_date("%Y-%m-%d", strict=False)


def check_instant(text: pl.Series) -> Result:
    """Times with offset, as UTC to the microsecond."""
    values = _instants(text)
    return values, _instant_findings(text, values)


def _instants(text: pl.Series) -> pl.Series:
    shaped = kept(text, text.str.contains(_INSTANT))
    values = shaped.str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_unit="us", strict=False)
    return patched(shaped, values, lambda raw: datetime.fromisoformat(raw).astimezone(UTC))


def check_until(text: pl.Series, zone: str) -> Result:
    """An instant; of a bare day the instant at which that local day is over."""
    next_day = _days(text).dt.offset_by("1d")
    ends = next_day.cast(pl.Datetime("us")).dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    is_day = ends.is_not_null()
    instants = _instants(kept(text, ~is_day))
    values = ends.dt.convert_time_zone("UTC").zip_with(is_day, instants)
    return values, _instant_findings(text, values)


def check_month(text: pl.Series) -> Result:
    """Months written YYYY-MM, kept as text."""
    shaped = text.str.contains(r"^[0-9]{4}-(?:0[1-9]|1[0-2])$")
    return text, [
        (given(~shaped), Problem("not_a_month", "expected a month as YYYY-MM, such as 2026-10")),
        (
            given((text < "1971-01") | (text > "2098-12")),
            Problem("month_out_of_range", "expected a month from 1971-01 to 2098-12"),
        ),
    ]


def _instant_findings(text: pl.Series, values: pl.Series) -> list[Finding]:
    wrong = lost(text, values)
    if not wrong.any():
        return [_instant_range(values)]
    no_offset = wrong & given(text.str.contains(_LOCAL_TIME))
    return [
        (no_offset, Problem("time_without_offset", _TIME_EXPECTED)),
        (wrong, Problem("not_a_time", _TIME_EXPECTED)),
        _instant_range(values),
    ]


def _instant_range(values: pl.Series) -> Finding:
    outside = given((values < FIRST_INSTANT) | (values >= AFTER_LAST_INSTANT))
    return outside, Problem("time_out_of_range", "expected a time from 1971 to 2098")
