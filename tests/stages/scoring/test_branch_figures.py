"""A branch's customers with their latest figures, in whichever branch they were when these were imported."""

from datetime import date

import polars as pl
import pyarrow as pa
import pytest
from sqlalchemy import text

from app.core.storage import StoredFileMissing, storage_of
from app.ingest.partition_queries import files_before
from app.scoring.assembling import assemble_blocks, assemble_branch
from app.scoring.figures import branches, plan_branch, read_branch, read_examples_figures, read_manifest
from tests.factories import customer, grid
from tests.figures import add_figures

DAY = date(2026, 8, 20)


def on(day: int) -> date:
    return date(2026, 8, day)


def ids(session, *numbers):
    return [customer(session, number).id for number in numbers]


def branch(session, grid_code):
    return grid(session, grid_code).parent_id


def move(session, number, grid_code):
    customer(session, number).grid_id = grid(session, grid_code).id
    session.flush()


def found(session, grid_code, *, as_of=DAY, **options):
    frame = read_branch(session, branch_id=branch(session, grid_code), as_of=as_of, **options)
    return {row["customer_id"]: (row["snapshot_date"] and row["snapshot_date"].day, row.get("x")) for row in frame.to_dicts()}


def test_every_customer_of_the_branch_has_a_row_with_the_latest_figures_of_an_earlier_day(session):
    one, two, other = ids(session, "C01", "C02", "C15")
    for day, customer_id in ((1, one), (9, one), (20, one), (21, one), (1, two), (9, other)):
        add_figures(session, on(day), customer_id=customer_id, x=float(day))
    rows = found(session, "G11")
    assert list(rows) == sorted(ids(session, *(f"C{n:02d}" for n in range(1, 15))))
    assert {key: row for key, row in rows.items() if row[0]} == {one: (9, 9.0), two: (1, 1.0)}
    assert found(session, "G21") == {other: (9, 9.0)}
    assert set(found(session, "G11", as_of=on(1)).values()) == {(None, None)}


def test_who_moved_is_found_with_the_newest_figures_wherever_they_are(session):
    one, two, three = ids(session, "C01", "C02", "C03")
    for each in (one, two, three):
        add_figures(session, on(1), customer_id=each, x=1.0)
    for number in ("C01", "C02"):
        move(session, number, "G21")
    add_figures(session, on(5), customer_id=one, x=5.0)
    add_figures(session, on(6), customer_id=two, x=6.0)
    move(session, "C02", "G12")  # and back, with newer figures in the other branch
    assert found(session, "G21")[one] == (5, 5.0)
    assert found(session, "G21").keys() == {one, *ids(session, "C15")}
    assert (found(session, "G11")[two], found(session, "G11")[three]) == ((6, 6.0), (1, 1.0))


def test_columns_are_those_asked_for_of_one_kind_over_all_files(session):
    one, two = ids(session, "C01", "C02")
    add_figures(session, on(1), customer_id=one, x=1.0, y="a", segment="ours")
    add_figures(session, on(2), customer_id=two, x="much", z=True)
    frame = read_branch(session, branch_id=branch(session, "G11"), as_of=DAY).head(2)
    expected = {"x": ["1", "much"], "y": ["a", None], "z": [None, True], "features.segment": ["ours", None]}
    assert frame.select(*expected).to_dict(as_series=False) == expected
    assert frame.select("customer_id", "snapshot_date").rows() == [(one, on(1)), (two, on(2))]
    narrow = read_branch(session, branch_id=branch(session, "G11"), as_of=DAY, columns=["z", "nothing", "features.segment"])
    assert set(narrow.columns) == {"customer_id", "as_of", "snapshot_date", "z", "features.segment"}


def test_examples_have_the_figures_of_their_own_day_in_their_order(session):
    one, two, none = ids(session, "C01", "C15", "C03")
    for day in (1, 5, 9):
        add_figures(session, on(day), customer_id=one, x=float(day))
    add_figures(session, on(5), customer_id=two, x=50.0, y="b")
    asked = pl.DataFrame(
        {
            "customer_id": [two, one, none, one, one, two],
            "as_of": [on(6), on(6), on(9), on(10), on(1), on(5)],
            "keep": [*range(6)],
        }
    )
    rows = read_examples_figures(session, asked)
    assert rows["keep"].to_list() == [*range(6)]
    assert rows["x"].to_list() == [50.0, 5.0, None, 9.0, None, None]
    assert rows["y"].to_list() == ["b", None, None, None, None, None]
    assert rows["snapshot_date"].dt.day().to_list() == [5, 5, None, 9, None, None]
    assert rows.schema["x"] == pl.Float32
    assert read_examples_figures(session, asked.head(0)).height == 0


def test_one_manifest_serves_all_branches(session):
    add_figures(session, on(1), customer_id=ids(session, "C01")[0], x=1.0)
    manifest = read_manifest(session, as_of=DAY)
    session.execute(text("DELETE FROM feature_files"))
    assert [each.code for each in branches(session)] == ["B1", "B2"]
    assert found(session, "G11", manifest=manifest)[ids(session, "C01")[0]] == (1, 1.0)
    assert found(session, "G11")[ids(session, "C01")[0]] == (None, None)


def test_a_file_that_is_gone_is_named(session):
    add_figures(session, on(1), customer_id=ids(session, "C01")[0], x=1.0)
    path = files_before(session, DAY)[0].path
    storage_of(session).delete(path)
    with pytest.raises(StoredFileMissing, match=path):
        read_branch(session, branch_id=branch(session, "G11"), as_of=DAY)


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_a_branch_read_some_rows_after_the_others_is_the_branch_read_at_once(session, monkeypatch, rows):
    monkeypatch.setattr("app.scoring.assembling.BLOCK_ROWS", rows)
    for number, day in (("C01", 1), ("C02", 1), ("C05", 1), ("C05", 9), ("C09", 9), ("C15", 9)):
        add_figures(session, on(day), customer_id=ids(session, number)[0], x=float(day), y="a")
    move(session, "C15", "G12")
    plan = plan_branch(read_manifest(session, as_of=DAY), branch(session, "G11"))
    storage = storage_of(session)
    blocks = [*assemble_blocks(storage, plan, columns=["x"])]
    assert max(block.height for block in blocks) == min(rows, 15)
    whole = assemble_branch(storage, plan, columns=["x"])
    together = pl.concat(blocks, how="diagonal").select(whole.columns)
    assert together.equals(whole)


def test_of_a_file_only_the_row_groups_are_read_that_hold_the_rows(session):
    storage = storage_of(session)
    storage.write_table("mine/ten.parquet", pa.table({"a": [*range(10)], "b": [*range(10)]}), row_group_rows=3)
    for first, last, rows in ((0, 0, [0, 1, 2]), (2, 3, [0, 1, 2, 3, 4, 5]), (9, 9, [9]), (4, 9, [3, 4, 5, 6, 7, 8, 9])):
        table, start = storage.read_rows("mine/ten.parquet", first, last, columns=["a"])
        assert (table.to_pydict(), start) == ({"a": rows}, rows[0])
    with pytest.raises(StoredFileMissing, match=r"eleven\.parquet"):
        storage.read_rows("mine/eleven.parquet", 0, 0, columns=["a"])
