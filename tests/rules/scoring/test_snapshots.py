"""Names and kinds of the columns of figures."""

import numpy as np
import polars as pl
import pytest

from app.scoring.learning.encoding import Column, Encoding, SnapshotColumnsChanged, encode
from app.scoring.snapshots import column_of, columns_by_name, trained_figures, trained_names

TRAINED = Encoding((Column("usage", "number"), Column("plan", "text", ("1", "x")), Column("features.segment", "number")))


def test_a_figure_with_the_name_of_a_column_of_ours_keeps_both():
    assert columns_by_name(["segment", "label", "_row", "features.segment", "opened_on", "plain"]) == {
        "features.segment": "segment",
        "features.label": "label",
        "features._row": "_row",
        "features.opened_on": "opened_on",
        "plain": "plain",
    }
    assert column_of("features.plain") == "features.plain"


def test_a_ranker_reads_its_own_columns_as_it_learned_them():
    frame = pl.DataFrame({"usage": [True, None], "plan": [1.0, None], "features.segment": [3.0, None], "new": ["y", "z"]})
    found = trained_figures(frame, TRAINED)
    assert found.columns == trained_names(TRAINED) == ["usage", "plan", "features.segment"]
    np.testing.assert_array_equal(encode(found, TRAINED), np.array([[1, 0, 3], [np.nan] * 3], dtype=np.float32))


def test_a_column_that_is_absent_is_missing_everywhere():
    found = trained_figures(pl.DataFrame({"usage": [1.0]}), TRAINED)
    assert found.row(0) == (1.0, None, None)


def test_text_where_numbers_were_trained_is_named():
    with pytest.raises(SnapshotColumnsChanged, match=r"^features\.segment: expected numbers"):
        trained_figures(pl.DataFrame({"usage": [1.0], "features.segment": ["home"]}), TRAINED)
