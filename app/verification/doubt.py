"""How doubtful a manager's month is, as one probability of several (pure): of the feeds, of the mean over all rules, of reports
at which several kinds of traces agree, and of each other family for a little."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.verification.chance import Counts, Numbers, among_the_many, beta_binomial, combine, fit, tail
from app.verification.rules.rule import FEEDS, TALKS, Rule
from app.verification.usual import DOUBTED, Weighed, chance_of_family

WHOLE = 2.0  # what the feeds count, and the mean
AGREEMENT = 1.0  # what the reports count at which two families agree
OTHERS = 0.5  # what all other families count together
TRACES = {TALKS: FEEDS}  # families that see one trace of a report: the call
AGREEING_SHARE, AGREEING_ALIKE = 0.001, 0.005  # the least taken to be usual of honest reports, as of a rule


def overall(
    weighed: Mapping[str, Weighed], rules: Mapping[str, Rule], telling: pl.DataFrame, whose: Counts, people: int
) -> Numbers:
    """One probability for each manager. `telling`: row and family of the findings that tell; `whose` report a row is."""
    counting = {code: one for code, one in weighed.items() if rules[code].counts}
    families = sorted({rules[code].family for code in counting})
    if not families:
        return np.ones(people)
    chances = [chance_of_family([one for code, one in counting.items() if rules[code].family == of]) for of in families]
    mean = _of_mean(list(counting.values()))
    agreement = _of_agreement(telling, whose, mean >= DOUBTED)
    weights = [WHOLE if family == FEEDS else OTHERS / len(families) for family in families]
    return combine(np.stack([*chances, mean, agreement]), np.array([*weights, WHOLE, AGREEMENT])[:, None])


def _of_mean(rules: list[Weighed]) -> Numbers:
    """How likely a mean of standardised surprises so large is among honest managers, as the many show."""
    asked = np.stack([one.asked > 0 for one in rules])
    some = asked.sum(axis=0) > 0
    surprise, usual = (
        (np.stack(each) * asked).sum(axis=0) for each in zip(*((one.surprise, one.usual) for one in rules), strict=True)
    )
    deviation = np.sqrt((np.stack([one.deviation for one in rules]) ** 2 * asked).sum(axis=0))
    chances = np.ones(asked.shape[1])
    chances[some] = among_the_many(surprise[some], usual[some], np.maximum(deviation[some], 1e-6))
    return chances


def _of_agreement(telling: pl.DataFrame, whose: Counts, trusted: NDArray[np.bool_]) -> Numbers:
    """How likely so many reports are at which rules of two families found something, beside those of managers who are trusted.

    Of honest reports hardly any; what is made up leaves more than one trace.
    """
    traces = telling.with_columns(pl.col("family").replace(TRACES))
    both = traces.group_by("row").agg(families=pl.col("family").n_unique()).filter(pl.col("families") > 1)["row"].to_numpy()
    asked, found = (np.bincount(rows, minlength=len(trusted)) for rows in (whose, whose[both]))
    share, likeness = fit(found[trusted], asked[trusted], expected=AGREEING_SHARE, alike=AGREEING_ALIKE)
    return tail(found, beta_binomial(asked, share, likeness))
