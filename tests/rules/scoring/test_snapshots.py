"""Figures as columns: every one of one type, whatever the rows hold."""

import numpy as np
import polars as pl
import pytest

from app.scoring.learning.encoding import Column, Encoding, SnapshotColumnsChanged, encode
from app.scoring.snapshots import column_of, compact, decode, decode_trained, key_of, mixed_columns


def texts(*rows: str | None) -> pl.Series:
    return pl.Series(rows, dtype=pl.String)


def test_numbers_booleans_and_text_each_have_their_column():
    frame = decode(texts('{"a": 1, "b": "x", "c": true}', '{"a": 1.5, "b": null}', None))
    assert frame.to_dict(as_series=False) == {"a": [1.0, 1.5, None], "b": ["x", None, None], "c": [True, None, None]}


def test_a_key_that_holds_text_anywhere_is_text_everywhere():
    assert decode(texts('{"a": 1.0}', '{"a": "x"}', '{"a": true}', '{"a": 2}'))["a"].to_list() == ["1", "x", "true", "2"]


def test_a_key_that_is_text_in_another_part_is_found_and_read_alike():
    parts = [decode(texts('{"a": 1.0, "b": null}')), decode(texts('{"a": "x", "b": 1}'))]
    assert mixed_columns(parts) == {"a"}
    assert decode(texts('{"a": 1.0, "b": 2}'), as_text={"a"}).to_dict(as_series=False) == {"a": ["1"], "b": [2]}


@pytest.mark.parametrize("number", ["1" + "0" * 300, "-" + "9" * 19, "123456789012345678901234567890", "0." + "0" * 60 + "1"])
def test_a_number_of_any_length_stays_a_number(number):
    frame = decode(texts(f'{{"a": {number}, "b": "id: 12345678901234567890"}}', '{"a": 1, "b": "x"}'))
    assert frame["a"].dtype.is_numeric()
    assert frame["a"].cast(pl.Float64).to_list() == [float(number), 1.0]
    assert frame["b"][0] == "id: 12345678901234567890"


@pytest.mark.parametrize("rows", [[], [None], [None, "{}"]])
def test_nothing_at_all_has_no_columns(rows):
    frame = decode(texts(*rows))
    assert (frame.height, frame.columns) == (len(rows), [])


def test_a_key_with_the_name_of_a_column_of_ours_keeps_both():
    frame = decode(texts('{"segment": "x", "label": 1, "_row": 2, "features.segment": "other", "opened_on": "2020", "plain": 3}'))
    assert frame.row(0, named=True) == {
        "features.segment": "x",
        "features.label": 1,
        "features._row": 2,
        "features.opened_on": "2020",
        "plain": 3,
    }
    assert [key_of(column_of(key)) for key in ("segment", "_row", "plain", "features.plain")] == [
        "segment",
        "_row",
        "plain",
        "features.plain",
    ]


def test_training_keeps_numbers_narrow_and_leaves_lists_out():
    frame = compact(decode(texts('{"a": 1, "b": true, "c": "x", "d": [1]}')))
    assert frame.schema == {"a": pl.Float32, "b": pl.Float32, "c": pl.String}


TRAINED = Encoding((Column("usage", "number"), Column("plan", "text", ("1", "x")), Column("features.segment", "number")))


def test_a_ranker_reads_its_own_columns_as_it_learned_them():
    frame = decode_trained(texts('{"usage": true, "plan": 1.0, "segment": 3, "new": "y"}', '{"plan": "x"}', None), TRAINED)
    assert frame.columns == ["usage", "plan", "features.segment"]
    expected = [[1, 0, 3], [np.nan, 1, np.nan], [np.nan, np.nan, np.nan]]
    np.testing.assert_array_equal(encode(frame, TRAINED), np.array(expected, dtype=np.float32))


def test_text_where_numbers_were_trained_is_named():
    with pytest.raises(SnapshotColumnsChanged, match=r"^features\.segment: expected numbers"):
        decode_trained(texts('{"usage": 1, "segment": "home"}'), TRAINED)
