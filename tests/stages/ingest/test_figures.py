"""Figures as files of a day and a branch: counted like any other row, read by nobody before they are committed."""

from datetime import date, timedelta

import polars as pl
import pytest
from sqlalchemy import select, text

from app.core.storage import storage_of
from app.ingest.moving import move_snapshots
from app.ingest.partitions import drop_replaced
from app.ingest.removal import TooManyRemoved
from app.ingest.service import import_feed
from app.models.customer import FeatureFile
from tests.factories import NOW, customer, grid
from tests.figures import all_figures

DAY = date(2026, 10, 1)
HEADER = "snapshot_date,customer_no,x,y\n"


@pytest.fixture
def apply(session, tmp_path):
    def import_it(content, **options):
        path = tmp_path / "features"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        report = import_feed(session, feed="features", path=path, file_name="features", now=NOW, **options)
        return {name: count for name, count in report.counts.items() if count}

    return import_it


def rows(numbers, x="1", day=DAY):
    return "".join(f"{day},C{number:02d},{x},\n" for number in numbers)


def current(session):
    found = select(FeatureFile).where(FeatureFile.replaced_at.is_(None)).order_by(FeatureFile.snapshot_date, FeatureFile.id)
    return list(session.scalars(found.execution_options(populate_existing=True)))


def figures(session):
    return {(row["snapshot_date"].day, row["customer_id"]): row for row in all_figures(session).to_dicts()}


def test_each_day_and_branch_has_a_file_of_its_own_sorted_and_typed(session, apply):
    apply(HEADER + "2026-10-01,C15,2.5,a\n2026-10-01,C02,1,b\n2026-10-02,C01,1,\n2026-10-01,C01,3,c\n")
    found = current(session)
    assert [(file.snapshot_date.day, file.branch_id, file.row_count) for file in found] == [
        (1, grid(session, "G11").parent_id, 2),
        (1, grid(session, "G21").parent_id, 1),
        (2, grid(session, "G11").parent_id, 1),
    ]
    assert found[0].path.startswith(f"features/snapshot_date=2026-10-01/branch={found[0].branch_id}/")
    assert [file.columns for file in found] == [{"x": "number", "y": "text"}] * 2 + [{"x": "number", "y": "empty"}]
    table = storage_of(session).read_table(found[0].path)
    assert table.column_names == ["customer_id", "x", "y"]
    assert table["customer_id"].to_pylist() == sorted(customer(session, number).id for number in ("C01", "C02"))
    assert found[0].byte_count == next(
        file.byte_count for file in storage_of(session).list_files("features") if file.path == found[0].path
    )


def test_a_newer_file_wins_by_row_and_only_the_partitions_that_changed_are_written_anew(session, apply):
    apply(HEADER + rows(range(1, 16)))
    before = [file.path for file in current(session)]
    found = apply(HEADER + rows([1, 2]) + rows([3], "7") + rows([3], "8") + rows([99]) + rows([15]))
    assert found == {"rows": 6, "updated": 1, "unchanged": 3, "superseded": 1, "rejected": 1}
    after = [file.path for file in current(session)]
    assert before[0] not in after
    assert before[1] in after
    assert figures(session)[1, customer(session, "C03").id]["x"] == 8
    assert len(figures(session)) == 15
    assert list(storage_of(session).read_table(before[0]).column_names) == ["customer_id", "x", "y"]  # a reader may have it


def test_a_file_of_other_columns_replaces_whole_rows(session, apply):
    apply(HEADER + "2026-10-01,C01,1,a\n2026-10-01,C02,2,b\n")
    assert apply("snapshot_date,customer_no,x\n2026-10-01,C02,2\n") == {"rows": 1, "updated": 1}
    found = figures(session)
    assert [(row["x"], row["y"]) for row in found.values()] == [(1, "a"), (2, None)]


def test_a_figure_that_bears_the_name_of_the_key_is_kept_beside_it(session, apply):
    apply("snapshot_date,customer_no,customer_id,line\n2026-10-01,C01,77,5\n")
    assert list(figures(session).values()) == [
        {"snapshot_date": DAY, "customer_id": customer(session, "C01").id, "features.customer_id": 77, "line": 5}
    ]


def test_a_row_stays_where_it_is_when_its_customer_has_moved(session, apply):
    apply(HEADER + rows(range(1, 16)))
    moved = customer(session, "C01")
    moved.grid_id = grid(session, "G21").id
    session.flush()
    assert apply(HEADER + rows([1], "5")) == {"rows": 1, "updated": 1}
    assert len(figures(session)) == 15
    assert figures(session)[1, moved.id]["x"] == 5
    assert apply(HEADER + rows([1], day=DAY + timedelta(days=1))) == {"rows": 1, "inserted": 1}
    assert current(session)[-1].branch_id == grid(session, "G21").parent_id


def test_a_full_load_removes_on_the_days_of_the_file_within_its_share(session, apply):
    apply(HEADER + rows(range(1, 16)) + rows([1], day=date(2026, 9, 2)))
    with pytest.raises(TooManyRemoved, match=r"4 of 15 rows of features \(26.7%\), more than 20.0%"):
        apply(HEADER + rows(range(1, 12)), full=True)
    assert len(figures(session)) == 16
    found = apply(HEADER + rows(range(1, 13)) + "2026-10-01,C13,1e400,\n", full=True)
    assert found == {"rows": 13, "unchanged": 12, "rejected": 1, "removed": 2}
    assert len(figures(session)) == 14
    assert apply(HEADER + rows([1]), full=True, force=True)["removed"] == 12
    assert len(current(session)) == 2  # the branch that has nobody left has no file


def test_a_customer_who_is_gone_leaves_a_row_that_does_no_harm(session, apply):
    apply(HEADER + rows(range(1, 16)))
    session.execute(text("DELETE FROM customers WHERE customer_no = 'C02'"))
    assert apply(HEADER + rows([1], "2") + rows([2], "2")) == {"rows": 2, "updated": 1, "rejected": 1}


def test_many_chunks_come_to_the_same_as_one(session, apply, monkeypatch):
    content = HEADER + "".join(f"2026-10-0{1 + n % 2},C{1 + n % 15:02d},{'much' if n == 7 else n},\n" for n in range(30))
    whole = apply(content)
    expected = all_figures(session)
    monkeypatch.setattr("app.ingest.reading.CHUNK_BYTES", 60)
    session.execute(text("DELETE FROM feature_files"))
    session.execute(text("DELETE FROM import_batches"))
    assert apply(content) == whole
    assert all_figures(session).equals(expected)
    assert expected["x"].dtype == pl.String


def test_files_that_were_replaced_are_forgotten_after_their_time(session, apply):
    apply(HEADER + rows([1]))
    apply(HEADER + rows([1], "2"))
    assert drop_replaced(session, before=NOW) == 0
    assert drop_replaced(session, before=NOW + timedelta(seconds=1)) == 1
    assert len(current(session)) == 1


def test_figures_of_the_release_before_are_moved_and_none_is_lost(session):
    ids = [customer(session, number).id for number in ("C01", "C02", "C15")]
    insert = text("INSERT INTO feature_snapshots (customer_id, snapshot_date, values) VALUES (:id, :day, CAST(:values AS jsonb))")
    given = ['{"x": 1.50, "paid": true, "code": "007"}', '{"x": null, "big": 1e300}', '{"x": 2, "code": "a", "customer_id": 1}']
    for number, values in zip(ids, given, strict=True):
        session.execute(insert, {"id": number, "day": DAY, "values": values})
    assert move_snapshots(session, now=NOW) == 3
    nothing = {"x": None, "paid": None, "code": None, "big": None, "features.customer_id": None}
    assert [row | {"snapshot_date": None} for row in figures(session).values()] == [
        {"snapshot_date": None, "customer_id": number} | nothing | row
        for number, row in zip(
            ids,
            [{"x": 1.5, "paid": True, "code": "007"}, {"big": 1e300}, {"x": 2.0, "code": "a", "features.customer_id": 1}],
            strict=True,
        )
    ]
    assert move_snapshots(session, now=NOW) == 0
    session.execute(insert, {"id": ids[0], "day": DAY, "values": '{"x": 9}'})
    assert move_snapshots(session, now=NOW) == 1
    assert (figures(session)[1, ids[0]]["x"], len(figures(session))) == (9, 3)
