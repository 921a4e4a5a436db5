"""Which columns of an extract cannot teach: identifiers, empty ones, the date in disguise, what was recorded later."""

import re

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.learning.encoding import to_numbers
from app.scoring.learning.features import CALENDAR_NAMES

FEWEST_FOR_IDENTIFIER = 50
NAMED = re.compile(  # id, customer_id, CustomerID, account number, 客户编号; not paid or valid
    r"(?:^|[\W_])(?i:id|uid|uuid|guid|msisdn)$|[a-z]I[Dd]$|(?:编号|号码|账号)$"
    r"|(?i:user|client|customer|cust|account|acct|member|subscriber|row|record)[\W_]*(?i:id|no|nr|num|number)$"
)
UNIQUE_FROM = 0.95  # share of rows with a value of their own; exact repeats of rows keep an identifier below 1


def why_left_out(values: pl.Series, times: NDArray[np.int64] | None, when: pl.Series | None) -> str | None:
    """Why a column cannot teach; None where it can."""
    kind = values.dtype
    filled = values.drop_nulls()
    if not len(filled):
        return "it is empty in every row"
    if kind.is_nested() or kind in (pl.Binary, pl.Object, pl.Time, pl.Duration):
        return f"it is no number, text or day but {kind}"
    if filled.n_unique() == 1 and len(filled) == len(values):
        return "it has the same value in every row"
    if _is_identifier(values, filled):
        return "it tells rows apart: an identifier"
    if times is None or when is None:
        return None
    if values.name.lower() in CALENDAR_NAMES or _never_turns(values):
        return "with --time: it is the date in disguise"
    if kind in (pl.Date, pl.Datetime) and when.dtype in (pl.Date, pl.Datetime):
        late = int((values.cast(pl.Date) > when.cast(pl.Date)).sum())
        return f"it lies after {when.name} in {late} rows: recorded later" if late else None
    return None


def _is_identifier(values: pl.Series, filled: pl.Series) -> bool:
    """Texts of which nearly every row has its own; whole numbers likewise, that are called so, count, never fall, or are long."""
    if len(filled) < FEWEST_FOR_IDENTIFIER:
        return False
    distinct = filled.n_unique()
    if values.dtype == pl.String:
        are_words = to_numbers(filled).n_unique() < 0.5 * len(filled)
        return (distinct > UNIQUE_FROM * len(filled) and are_words) or _is_numbering(filled)
    if distinct < UNIQUE_FROM * len(filled) or not _are_whole(filled):
        return False
    if NAMED.search(values.name):
        return True
    numbers = filled.cast(pl.Float64).to_numpy()
    span = numbers.max() - numbers.min() + 1
    return span <= 4 * len(filled) or filled.is_sorted() or filled.is_sorted(descending=True) or _long_digits(filled)


def _are_whole(numbers: pl.Series) -> bool:
    """Whole numbers, perhaps written as 1.0."""
    return numbers.dtype.is_integer() or (numbers.dtype.is_float() and bool((numbers % 1 == 0).all()))


def _is_numbering(texts: pl.Series) -> bool:
    """Texts of digits only, of one length, every row its own: a phone or account number."""
    lengths = texts.str.len_chars()
    return texts.n_unique() == len(texts) and bool(texts.str.contains(r"^[0-9]{5,}$").all()) and lengths.n_unique() == 1


def _long_digits(numbers: pl.Series) -> bool:
    """Whole numbers of one length of at least seven digits."""
    lengths = numbers.cast(pl.Int64).abs().cast(pl.String).str.len_chars()
    return lengths.n_unique() == 1 and int(lengths[0]) >= 7


def _never_turns(values: pl.Series) -> bool:
    """Numbers and days that only rise, or only fall, in the order of time."""
    if not (values.dtype.is_numeric() or values.dtype in (pl.Date, pl.Datetime)):
        return False
    filled = values.drop_nulls()
    return filled.n_unique() > 1 and (filled.is_sorted() or filled.is_sorted(descending=True))
