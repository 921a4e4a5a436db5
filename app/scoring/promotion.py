"""Which version of a product is in use: promotion by a person through the gates, and the way back."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl
from sqlalchemy.orm import Session

from app.core.errors import Conflict, Invalid
from app.core.storage import StoredFileMissing
from app.models.score import Ordering, RankerPromotion, RankerStatus, RankerTarget, RankerVersion
from app.scoring import queries
from app.scoring.findings import gates_as_json
from app.scoring.gates import (
    Gate,
    auc_gate,
    bytes_gate,
    calibration_gate,
    champion_gate,
    check_passed,
    damaged_champion_gate,
    data_gate,
    leak_gate,
    uplift_gate,
)
from app.scoring.judged import Comparison, column, compare, labels_of
from app.scoring.learning.artifact import RankerCorrupt
from app.scoring.learning.evaluate import calibration_error
from app.scoring.learning.intervals import auc_interval
from app.scoring.learning.ranker import TrainedRanker
from app.scoring.queries import RankerRow
from app.scoring.store import load_ranker, read_judged

CALIBRATION_LIMIT = 0.05
LONGEST_NAME = 200


class NothingToRevert(Conflict):
    """No champion was there before the present one."""

    code = "ranker.nothing_to_revert"


def promote_ranker(
    session: Session,
    *,
    product_code: str,
    number: int,
    promoted_by: str,
    calibration_limit: float = CALIBRATION_LIMIT,
    now: datetime,
) -> RankerRow:
    """Let this ranker be the champion of its target; the one before retires. One that is champion stays it.

    `promoted_by` is the person who answers for it, kept with the gates' figures. A block on it is lifted. Raises
    UnknownProduct, UnknownRanker, Invalid, and GateFailed, then the champion stays.
    """
    _check_person(promoted_by)
    product = queries.get_product(session, product_code)
    queries.lock_rankers(session, product.id)
    chosen = queries.get_version(session, product, number)
    champion = queries.find_champion(session, product.id, chosen.target)
    if chosen is not champion:
        gates = check_gates(session, chosen, champion, calibration_limit=calibration_limit)
        check_passed(gates)
        _enthrone(session, chosen, champion, gates=gates, person=promoted_by, is_revert=False, now=now)
    _lift_block(session, chosen)
    return queries.get_ranker(session, product_code=product_code, number=number)


def revert_ranker(
    session: Session, *, product_code: str, target: RankerTarget = RankerTarget.ORDER, reverted_by: str, now: datetime
) -> RankerRow:
    """Put back the champion before the present one, and again the one before that; only its bytes are looked at.

    Raises UnknownProduct, NoChampion, NothingToRevert, Invalid, and GateFailed where its bytes are damaged.
    """
    _check_person(reverted_by)
    product = queries.get_product(session, product_code)
    queries.lock_rankers(session, product.id)
    champion = queries.get_champion(session, product, target)
    before = champion_before(queries.list_promotions(session, product.id, target), champion.id)
    if before is None:
        raise NothingToRevert(f"product: expected one that had another champion before, {product_code} had none")
    chosen = queries.get_version_by_id(session, before)
    gate, _ = _read_bytes(chosen)
    check_passed([gate])
    _enthrone(session, chosen, champion, gates=[gate], person=reverted_by, is_revert=True, now=now)
    return queries.get_ranker(session, product_code=product_code, number=chosen.number)


def unblock_ranker(session: Session, *, product_code: str, number: int) -> RankerRow:
    """Let a blocked ranker score again. Raises UnknownProduct, UnknownRanker."""
    product = queries.get_product(session, product_code)
    _lift_block(session, queries.get_version(session, product, number))
    return queries.get_ranker(session, product_code=product_code, number=number)


def check_gates(
    session: Session, version: RankerVersion, champion: RankerVersion | None, *, calibration_limit: float
) -> list[Gate]:
    """Every gate of a version as it is now, the gravest first."""
    intact, ranker = _read_bytes(version)
    judged: pl.DataFrame | None = None
    try:
        judged = read_judged(session, version)
    except StoredFileMissing as error:
        intact = bytes_gate(error.detail)
    refused = [each["name"] for each in version.report.get("columns", {}).get("refused", [])]
    gates = [
        intact,
        data_gate(version.example_count, version.positive_count),
        leak_gate(version.parameters.get("columns", []), refused, late_rows=_late_rows(judged)),
        *_quality(judged, calibration_limit),
        _against(version, ranker, judged, champion),
    ]
    if version.ordering is Ordering.UPLIFT:
        gates.append(uplift_gate(version.report.get("uplift")))
    return gates


def _read_bytes(version: RankerVersion) -> tuple[Gate, TrainedRanker | None]:
    try:
        return bytes_gate(None), load_ranker(version)
    except RankerCorrupt as error:
        return bytes_gate(error.detail), None


def _late_rows(judged: pl.DataFrame | None) -> int:
    if judged is None or "snapshot_date" not in judged.columns:
        return 0
    return judged.filter(pl.col("snapshot_date") >= pl.col("as_of")).height


def _quality(judged: pl.DataFrame | None, calibration_limit: float) -> list[Gate]:
    if judged is None or judged["_label"].n_unique() < 2:
        return [auc_gate(None), calibration_gate(None, calibration_limit)]
    labels, scores, weights = labels_of(judged), column(judged, "_score"), column(judged, "_weight")
    error = calibration_error(labels, scores, weights=weights)
    return [auc_gate(auc_interval(labels, scores, weights=weights)), calibration_gate(error, calibration_limit)]


def _against(
    version: RankerVersion, ranker: TrainedRanker | None, judged: pl.DataFrame | None, champion: RankerVersion | None
) -> Gate:
    if champion is None or champion.id == version.id:
        return champion_gate(None, champion=None, rows=0, how="")
    _, theirs = _read_bytes(champion)
    if theirs is None:
        return damaged_champion_gate(champion.number)
    if ranker is None or judged is None:
        found = Comparison(None, 0, "it kept no judged rows")
    else:
        found = compare(judged, ranker, theirs, champion_saw_until=champion.data_to, label_window=version.label_window_days)
    return champion_gate(found.difference, champion=champion.number, rows=found.rows, how=found.how)


def _enthrone(
    session: Session,
    chosen: RankerVersion,
    champion: RankerVersion | None,
    *,
    gates: Sequence[Gate],
    person: str,
    is_revert: bool,
    now: datetime,
) -> None:
    if champion is not None:
        champion.status = RankerStatus.RETIRED
        session.flush()  # at no moment two champions
    chosen.status = RankerStatus.CHAMPION
    session.add(
        RankerPromotion(
            product_id=chosen.product_id,
            target=chosen.target,
            ranker_version_id=chosen.id,
            replaced_id=champion.id if champion else None,
            is_revert=is_revert,
            gates=gates_as_json(gates),
            promoted_by=person,
            promoted_at=now,
        )
    )
    session.flush()


def champion_before(promotions: Sequence[RankerPromotion], champion_id: int) -> int | None:
    """The champion before: each promotion lays a version on the pile, each revert takes one off. Oldest promotion first."""
    pile: list[int] = []
    for each in promotions:
        if not pile and each.replaced_id is not None:
            pile.append(each.replaced_id)
        if each.is_revert:
            pile.pop()
        else:
            pile.append(each.ranker_version_id)
    return pile[-2] if len(pile) > 1 and pile[-1] == champion_id else None


def _lift_block(session: Session, version: RankerVersion) -> None:
    version.blocked_at, version.block_reason = None, None
    session.flush()


def _check_person(person: str) -> None:
    if not person.strip() or len(person) > LONGEST_NAME or not person.isprintable():
        raise Invalid("by", f"the name of the person who answers for it, at most {LONGEST_NAME} characters")
