import json

import numpy as np
import polars as pl
import pytest

from app.scoring.learning.encoding import (
    Encoding,
    NoFeatures,
    SnapshotColumnsChanged,
    encode,
    fit_encode,
    fit_encoding,
    keep_columns,
)

FRAME = pl.DataFrame(
    {
        "customer_id": range(40),
        "job": ["services"] * 10 + ["admin"] * 15 + ["rare"] * 5 + [None] * 10,
        "pdays": [999.0] * 20 + [3.0] * 19 + [None],
        "active": [True, False] * 20,
        "fixed": [7] * 40,
        "nothing": [None] * 40,
    }
)


def codes(encoding: Encoding, **columns: object) -> list[float]:
    frame = FRAME.head(1).with_columns(**{name: pl.lit(value) for name, value in columns.items()})
    return encode(frame, encoding)[0].tolist()


def test_texts_are_coded_by_frequency_and_the_rare_and_the_unseen_share_the_last_code() -> None:
    encoding = fit_encoding(FRAME)
    assert [codes(encoding, job=job)[0] for job in ("admin", "services", "rare", "never seen")] == [0, 1, 2, 2]


def test_missing_stays_missing_and_a_sentinel_stays_a_number() -> None:
    encoding = fit_encoding(FRAME)
    assert np.isnan(codes(encoding, job=None)[0])
    assert [codes(encoding, pdays=value)[1] for value in (999.0, 3.0)] == [999.0, 3.0]
    assert all(np.isnan(codes(encoding, pdays=value)[1]) for value in (None, float("nan"), float("inf"), 1e300))


def test_columns_without_two_values_and_exact_repeats_are_dropped() -> None:
    encoding = fit_encoding(FRAME.with_columns(job_again=pl.col("job"), pdays_again=pl.col("pdays")))
    assert encoding.names == ["job", "pdays", "active"]
    assert encoding.text_positions == [0]


def test_columns_learned_two_at_a_time_are_those_learned_one_by_one() -> None:
    frame = FRAME.select("fixed", "job", "nothing", "pdays", job_again="job", late=pl.int_range(pl.len()))
    (one, first), (two, second) = fit_encode(frame), fit_encode(frame, at_once=2)
    assert one == two
    assert one.names == ["job", "pdays", "late"]
    assert np.array_equal(first, encode(frame, one), equal_nan=True)
    assert np.array_equal(first, second, equal_nan=True)


def test_columns_that_are_kept_move_together_in_the_same_memory() -> None:
    matrix = np.asfortranarray(np.arange(12, dtype=np.float32).reshape(3, 4))
    expected = matrix[:, [1, 3]].copy()
    kept = keep_columns(matrix, [1, 3])
    assert np.array_equal(kept, expected)
    assert np.shares_memory(kept, matrix)
    assert kept.flags.f_contiguous


def test_the_matrix_is_float32_and_column_major() -> None:
    matrix = encode(FRAME, fit_encoding(FRAME))
    assert matrix.dtype == np.float32
    assert matrix.flags.f_contiguous
    assert matrix.shape == (40, 3)


def test_an_encoding_survives_json() -> None:
    encoding = fit_encoding(FRAME)
    assert Encoding.from_dict(json.loads(json.dumps(encoding.to_dict()))) == encoding


def test_a_frame_without_a_trained_column_is_refused_by_its_name() -> None:
    with pytest.raises(SnapshotColumnsChanged, match="pdays: expected a column of the features") as caught:
        encode(FRAME.drop("pdays"), fit_encoding(FRAME))
    assert caught.value.field == "pdays"


def test_a_column_that_changed_its_kind_is_refused_and_one_that_is_all_missing_is_not() -> None:
    encoding = fit_encoding(FRAME)
    with pytest.raises(SnapshotColumnsChanged, match="pdays: expected a number column"):
        encode(FRAME.with_columns(pdays=pl.lit("3")), encoding)
    assert np.isnan(codes(encoding, pdays=None, job=None)[:2]).all()


def test_more_columns_than_were_trained_change_nothing() -> None:
    encoding = fit_encoding(FRAME)
    assert np.array_equal(encode(FRAME.with_columns(extra=1), encoding), encode(FRAME, encoding), equal_nan=True)


def test_no_usable_column_is_an_error() -> None:
    with pytest.raises(NoFeatures, match="at least one column with two different values"):
        fit_encoding(FRAME.select("customer_id", "fixed"))


def test_texts_that_are_nearly_all_numbers_are_numbers_and_blanks_are_missing() -> None:
    texts = pl.Series([str(i) for i in range(37)] + [" ", "1,024.5", "7 %"])
    encoding = fit_encoding(FRAME.select("customer_id", charges=texts))
    assert encoding.columns[0].kind == "digits"
    found = encode(pl.DataFrame({"charges": [" ", "1,024.5", "7 %", "n/a"]}), encoding)[:, 0]
    assert np.isnan(found[[0, 3]]).all()
    assert found[1:3].tolist() == [1024.5, 7.0]
    assert encode(pl.DataFrame({"charges": [3]}), encoding)[0, 0] == 3.0


def test_days_in_text_are_days_since_1970() -> None:
    texts = [f"2026-03-{day:02d}" for day in range(1, 20)] + ["1970/01/02", "1970-01-03 07:30:00"] + ["unknown"]
    encoding = fit_encoding(pl.DataFrame({"contract_ends": texts}))
    assert encoding.columns[0].kind == "digits"
    assert encode(pl.DataFrame({"contract_ends": texts[-3:-1]}), encoding)[:, 0].tolist() == [1.0, 2.0]


def test_spaces_around_a_text_make_no_other_text() -> None:
    encoding = fit_encoding(FRAME)
    assert codes(encoding, job=" admin ")[0] == codes(encoding, job="admin")[0]
    assert np.isnan(codes(encoding, job="  ")[0])
