"""Champion and challenger side by side, on rows that neither was fitted to."""

from dataclasses import dataclass

import polars as pl
from sqlalchemy.orm import Session

from app.core.storage import StoredFileMissing
from app.models.score import RankerVersion
from app.scoring import queries
from app.scoring.judged import column, labels_of, with_columns_of
from app.scoring.learning.artifact import RankerCorrupt
from app.scoring.learning.ranker import score
from app.scoring.pairing import Pair, SharedRows, are_enough, pair_figures, shared_rows
from app.scoring.store import load_ranker, read_judged


@dataclass(frozen=True)
class RankerComparison:
    """`champion_number` None: there is none, or it is this version. `how`: later_than_champion, judged_by_both, or why there
    are no `figures`: no_champion, no_shared_rows, damaged."""

    number: int
    champion_number: int | None
    how: str
    rows: int
    positives: int
    figures: list[Pair]


SEED = 7
MOST_KEPT = 64
# Of two versions, whose rows and bytes never change, the comparison is found once by each process: it takes a second.
_kept: dict[tuple[object, ...], RankerComparison] = {}


def compare_with_champion(session: Session, *, product_code: str, number: int) -> RankerComparison:
    """A version against the champion of its target: the same figures on the same rows.

    On rows later than all that the champion saw, where there are enough, by scoring them; else on the rows that both were
    judged on. Where there are neither, promotion fits both recipes anew, which takes minutes. Raises UnknownProduct,
    UnknownRanker.
    """
    product = queries.get_product(session, product_code)
    version = queries.get_version(session, product, number)
    champion = queries.find_champion(session, product.id, version.target)
    if champion is None or champion.id == version.id:
        return RankerComparison(number, None, "no_champion", 0, 0, [])
    try:
        return _remembered(session, version, champion)
    except (StoredFileMissing, RankerCorrupt):
        return RankerComparison(number, champion.number, "damaged", 0, 0, [])


def _remembered(session: Session, version: RankerVersion, champion: RankerVersion) -> RankerComparison:
    key = (version.number, version.judged_path, champion.number, champion.judged_path, champion.checksum, champion.data_to)
    if key not in _kept:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = _compare(session, version, champion)
    return _kept[key]


def _compare(session: Session, version: RankerVersion, champion: RankerVersion) -> RankerComparison:
    found = _shared(session, version, champion)
    if found is None:
        return RankerComparison(version.number, champion.number, "no_shared_rows", 0, 0, [])
    figures = pair_figures(found, seed=SEED)
    return RankerComparison(version.number, champion.number, found.how, found.labels.size, int(found.labels.sum()), figures)


def _shared(session: Session, version: RankerVersion, champion: RankerVersion) -> SharedRows | None:
    judged = read_judged(session, version)
    if judged is None:
        return None
    later = judged.filter(pl.col("as_of") > champion.data_to)
    if are_enough(labels_of(later)):
        ranker = load_ranker(champion)
        theirs = score(ranker, with_columns_of(later, ranker.encoding))
        return SharedRows(labels_of(later), column(later, "_weight"), column(later, "_score"), theirs, "later_than_champion")
    of_champion = read_judged(session, champion)
    return None if of_champion is None else shared_rows(judged, of_champion)
