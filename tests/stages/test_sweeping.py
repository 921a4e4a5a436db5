"""Files that nothing names go after a day; what a row names stays."""

from datetime import timedelta

import pyarrow as pa
import pytest
from sqlalchemy import text

from app.core.storage import storage_of
from app.ingest.service import import_feed
from app.jobs.leftovers import sweep_files
from app.scoring.ranking import rank_customers
from tests.factories import NOW
from tests.stages.scoring.market import keep, make_market

LATER = NOW + timedelta(days=365 * 80)  # files bear the time of this machine


@pytest.fixture
def features(session, tmp_path):
    def import_it(x):
        path = tmp_path / "features"
        path.write_text(f"snapshot_date,customer_no,x\n2026-10-01,C01,{x}\n")
        import_feed(session, feed="features", path=path, file_name="features", now=NOW)

    return import_it


def there(session):
    return [file.path for folder in ("features", "scores", "rankers", "mine") for file in storage_of(session).list_files(folder)]


def test_what_was_never_committed_goes_after_a_day_and_what_is_not_ours_stays(session, features):
    features(1)
    named = there(session)
    storage = storage_of(session)
    for path in ("features/left.parquet", "features/half.parquet.partial", "scores/P/7/branch=1.parquet", "mine/a.parquet"):
        storage.write_table(path, pa.table({"a": [1]}))
    before = there(session)
    assert sweep_files(session, now=NOW - timedelta(days=365 * 80))["removed"] == 0
    assert there(session) == before
    assert sweep_files(session, now=LATER)["removed"] == 3
    assert there(session) == [*named, "mine/a.parquet"]


def test_a_replaced_file_goes_only_after_the_row_that_names_it(session, features):
    features(1)
    features(2)
    assert len(there(session)) == 2
    assert sweep_files(session, now=LATER) == {"removed": 0, "bytes": 0, "forgotten": 1}
    assert len(there(session)) == 2
    assert sweep_files(session, now=LATER)["removed"] == 1
    assert len(there(session)) == 1


def test_the_scores_of_a_run_go_with_it(session):
    make_market(session, count=20)
    keep(session)
    runs = [rank_customers(session, product_code="FTTH1", now=NOW)["run"] for _ in range(2)]
    assert sweep_files(session, now=LATER)["removed"] == 0
    session.execute(text("DELETE FROM scoring_runs WHERE id = :id"), {"id": runs[0]})
    assert sweep_files(session, now=LATER)["removed"] == 2
    left = [path for path in there(session) if path.startswith("scores/")]
    assert [path.rpartition("/")[0] for path in left] == [f"scores/FTTH1/{runs[1]}"] * 2
