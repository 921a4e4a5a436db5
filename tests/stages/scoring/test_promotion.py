"""Promotion through the gates by a person, and the way back."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.core.errors import Invalid
from app.core.storage import storage_of
from app.models.score import Ordering, RankerPromotion, RankerStatus, RankerTarget
from app.scoring.gates import GateFailed
from app.scoring.promotion import NothingToRevert, promote_ranker, revert_ranker, unblock_ranker
from app.scoring.queries import NoChampion
from tests.factories import NOW
from tests.stages.scoring.market import keep, keep_candidate, small_judged

GATES = ["bytes", "data", "leak", "auc", "calibration", "champion"]


def promote(session, number, **options):
    return promote_ranker(session, **({"product_code": "FTTH1", "number": number, "promoted_by": "lin", "now": NOW} | options))


def revert(session, **options):
    return revert_ranker(session, **({"product_code": "FTTH1", "reverted_by": "ada", "now": NOW} | options)).number


def promotions(session):
    return list(session.scalars(select(RankerPromotion).order_by(RankerPromotion.id)))


def test_a_promotion_retires_the_champion_and_keeps_who_answers_for_it_with_the_figures(session):
    versions = [keep_candidate(session, seed=seed) for seed in (1, 3)]
    for number in (1, 2, 2):
        assert promote(session, number).status == "champion"
    assert [version.status for version in versions] == ["retired", "champion"]
    first, second = promotions(session)
    assert (first.promoted_by, first.replaced_id, second.replaced_id) == ("lin", None, versions[0].id)
    assert [gate["name"] for gate in second.gates] == GATES
    assert all(gate["passed"] and gate["says"] and gate["says_zh"] for gate in second.gates)


def test_what_was_promoted_stays_written(session):
    keep_candidate(session)
    promote(session, 1)
    with pytest.raises(DBAPIError):
        session.execute(text("UPDATE ranker_promotions SET promoted_by = 'nobody'"))


def test_reverting_goes_back_step_by_step(session):
    for seed in (1, 3, 3):
        keep_candidate(session, seed=seed)
    for number in (1, 2, 3):
        promote(session, number)
    assert [revert(session), revert(session)] == [2, 1]
    with pytest.raises(NothingToRevert):
        revert(session)
    promote(session, 3)
    assert revert(session) == 1
    assert [row.is_revert for row in promotions(session)] == [False] * 3 + [True] * 2 + [False, True]


def test_a_champion_of_before_promotions_were_kept_can_be_gone_back_to(session):
    keep(session)
    keep_candidate(session, seed=3)
    promote(session, 2)
    assert revert(session) == 1


def test_every_target_has_a_champion_of_its_own(session):
    order, loss = keep_candidate(session), keep_candidate(session, target=RankerTarget.LOSS)
    for number in (1, 2):
        promote(session, number)
    assert [order.status, loss.status] == [RankerStatus.CHAMPION] * 2
    with pytest.raises(NoChampion):
        revert(session, target=RankerTarget.COMPLAINT)


def damage_bytes(session, version):
    version.artifact = version.artifact.replace(b"usage", b"usagf")


def lose_judged_rows(session, version):
    storage_of(session).delete(version.judged_path)


def garble_judged_rows(session, version):
    storage_of(session).write_bytes(version.judged_path, b"PAR1")


def few_examples(session, version):
    version.example_count = 199


def few_positives(session, version):
    version.positive_count = 29


def refused_column(session, version):
    version.report = {**version.report, "columns": {"refused": [{"name": "usage", "reason": "knows the outcome"}]}}


def judge(change):
    def rewrite(session, version):
        storage_of(session).write_table(version.judged_path, change(small_judged(3)).to_arrow())

    return rewrite


def shuffled(judged):
    return judged.with_columns(_score=judged["_score"].shuffle(seed=1))


def later_snapshots(judged):
    return judged.with_columns(snapshot_date="as_of")


def one_outcome(judged):
    return judged.with_columns(_label=judged["_label"] * 0)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (damage_bytes, "gate bytes: The stored bytes are damaged: checksum: expected"),
        (lose_judged_rows, "gate bytes: The stored bytes are damaged: storage: expected a readable Parquet file rankers/"),
        (garble_judged_rows, "gate bytes: The stored bytes are damaged: storage: expected a readable Parquet file rankers/"),
        (few_examples, "gate data (199, limit 200): It learned from 199 examples"),
        (few_positives, "gate data (29, limit 30): It learned from 300 examples, 29 of the rarer outcome"),
        (refused_column, "gate leak (1, limit 0): It uses usage, which was refused."),
        (judge(later_snapshots), "gate leak (600, limit 0): It saw 600 snapshots of later days."),
        (judge(shuffled), "gate auc ("),
        (judge(one_outcome), "gate auc: There are no judged rows of both outcomes."),
    ],
)
def test_a_ranker_that_a_gate_refuses_is_not_promoted_and_the_champion_stays(session, spoil, said):
    champion, other = keep(session), keep_candidate(session, seed=3)
    spoil(session, other)
    with pytest.raises(GateFailed) as refused:
        promote(session, 2)
    assert refused.value.detail.startswith(said)
    assert [gate["name"] for gate in refused.value.context["gates"]] == GATES
    assert (champion.status, other.status) == (RankerStatus.CHAMPION, RankerStatus.CANDIDATE)
    assert promotions(session) == []


def test_a_ranker_above_the_calibration_error_that_is_set_is_refused(session):
    keep_candidate(session)
    with pytest.raises(GateFailed, match=r"^gate calibration \(0\.0\d+, limit 0\.001\): Calibration error"):
        promote(session, 1, calibration_limit=0.001)


def test_a_ranker_that_is_shown_worse_on_the_rows_of_later_days_is_refused(session):
    champion = keep(session)
    champion.data_to = small_judged(3)["as_of"][0].replace(day=1)
    other = keep_candidate(session, seed=3)
    noisy = small_judged(3).with_columns(_score=small_judged(3)["_score"] * 0.3 + shuffled(small_judged(3))["_score"] * 0.7)
    storage_of(session).write_table(other.judged_path, noisy.to_arrow())
    with pytest.raises(GateFailed) as refused:
        promote(session, 2, calibration_limit=1)
    assert refused.value.detail.startswith("gate champion (-0.")
    assert "on 600 rows (later than all that the champion saw)" in refused.value.detail
    assert champion.status is RankerStatus.CHAMPION


def test_a_damaged_champion_is_no_hurdle_for_the_next(session):
    champion = keep(session)
    damage_bytes(session, champion)
    keep_candidate(session, seed=3)
    assert promote(session, 2).status == "champion"
    with pytest.raises(GateFailed, match="gate bytes"):
        revert(session)


def test_an_order_by_uplift_needs_its_own_interval(session):
    version = keep_candidate(session, ordering=Ordering.UPLIFT)
    with pytest.raises(GateFailed, match=r"^gate uplift"):
        promote(session, 1)
    interval = {"estimate": 0.6, "low": 0.1, "high": 1.1, "level": 0.95}
    found = {"chosen": "uplift", "orderings": [{"name": "uplift", "qini": interval, "qini_gain": interval}]}
    version.report = {**version.report, "uplift": found}
    assert promote(session, 1).status == "champion"


def test_a_person_lifts_a_block(session):
    champion, other = keep(session), keep_candidate(session, seed=3)
    for version in (champion, other):
        version.blocked_at, version.block_reason = NOW, "broken"
    assert unblock_ranker(session, product_code="FTTH1", number=1).blocked_at is None
    assert promote(session, 2).block_reason is None


@pytest.mark.parametrize("person", ["", "  ", "x" * 201, "a\x00b", "a\nb"])
def test_promoting_needs_a_name(session, person):
    keep_candidate(session)
    with pytest.raises(Invalid, match=r"^by: expected the name of the person"):
        promote(session, 1, promoted_by=person)
