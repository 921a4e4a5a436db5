"""Frames out of the database: every cell as it is, in the order asked for, whatever text holds."""

from datetime import date

import polars as pl
import pytest
from sqlalchemy.exc import DBAPIError

from app.scoring import bulk
from app.scoring.bulk import read_frame


def test_cells_are_what_they_were_and_rows_in_their_order(session, monkeypatch):
    monkeypatch.setattr(bulk, "BLOCK_ROWS", 2)
    monkeypatch.setattr(bulk, "PARSED_AT_ONCE", 1)
    query = """
        SELECT * FROM (VALUES (1, 'a "quoted", one', 1.5, 3), (2, E'two\\nlines', NULL, NULL), (3, NULL, -1e300, 0),
        (4, 'é', 0.1, 1)) AS t (a, b, c, d) WHERE a <> %(not)s ORDER BY a DESC"""
    schema = {"n": pl.Int64, "text": pl.String, "x": pl.Float64, "day": pl.Date}
    assert read_frame(session, query, schema, **{"not": 9}).rows() == [
        (4, "é", 0.1, date(1970, 1, 2)),
        (3, None, -1e300, date(1970, 1, 1)),
        (2, "two\nlines", None, None),
        (1, 'a "quoted", one', 1.5, date(1970, 1, 4)),
    ]
    assert read_frame(session, "SELECT 1 WHERE false", {"n": pl.Int64}).schema == {"n": pl.Int64}


def test_what_the_database_refuses_is_raised_as_any_other_statement(session):
    with pytest.raises(DBAPIError, match="division by zero"):
        read_frame(session, "SELECT 1/0", {"n": pl.Int64})
