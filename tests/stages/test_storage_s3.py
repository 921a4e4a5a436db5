"""The storage in S3 (moto's server on loopback): figures are imported, ranked from and swept as from a folder."""

from datetime import timedelta

import boto3
import pytest
from moto.server import ThreadedMotoServer

from app.commands.doctor_finding import State
from app.commands.doctor_machine import check_storage
from app.core.storage import Storage, StoredFileMissing
from app.ingest.service import import_feed
from app.jobs.leftovers import sweep_files
from app.scoring.ranking import rank_customers
from app.settings import Settings
from tests.factories import NOW, customer
from tests.figures import all_figures
from tests.stages.scoring.market import keep, make_market

BUCKET = "gridwork-files"


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
def url(endpoint, monkeypatch):
    for name, value in (("ACCESS_KEY_ID", "id"), ("SECRET_ACCESS_KEY", "secret"), ("EC2_METADATA_DISABLED", "true")):
        monkeypatch.setenv(f"AWS_{name}", value)
    boto3.client("s3", endpoint_url=f"http://{endpoint}", region_name="us-east-1").create_bucket(Bucket=BUCKET)
    return f"s3://{BUCKET}/one?region=us-east-1&scheme=http&endpoint_override={endpoint}"


@pytest.fixture
def stored(session, url):
    session.info["storage"] = Storage(url)
    return session.info["storage"]


def test_figures_are_imported_merged_ranked_from_and_swept(session, stored, tmp_path):
    path = tmp_path / "features.csv"
    for x in (1, 2):
        path.write_text(f"snapshot_date,customer_no,usage,plan\n2026-07-01,C01,{x},basic\n")
        import_feed(session, feed="features", path=path, file_name="features", now=NOW)
    assert all_figures(session).row(0)[1:3] == (customer(session, "C01").id, 2.0)
    make_market(session, count=20)
    keep(session)
    found = rank_customers(session, product_code="FTTH1", now=NOW)
    assert (found["customers"], found["without_figures"]) == (35, 14)
    assert [file.path for file in stored.list_files("scores")] == [
        f"scores/FTTH1/{found['run']}/branch={branch_id}.parquet" for branch_id in (2, 3)
    ]
    later = NOW + timedelta(days=365 * 80)
    assert len(list(stored.list_files("features"))) == 3
    assert [sweep_files(session, now=later)["removed"] for _ in range(2)] == [0, 1]
    assert len(list(stored.list_files("features"))) == 2


def test_a_bucket_in_use_is_well_and_another_is_named(url):
    assert check_storage(Settings(storage=url)).state is State.OK
    wrong = url.replace(BUCKET, "no-such-bucket")
    found = check_storage(Settings(storage=wrong))
    assert found.found.startswith("s3://no-such-bucket/one cannot be used: ")
    assert list(Storage(url).list_files("doctor")) == []
    with pytest.raises(StoredFileMissing, match=r"^storage: expected a readable Parquet file features/x\.parquet$"):
        Storage(url).read_table("features/x.parquet")
    assert "secret" not in Storage(url.replace("s3://", "s3://id:secret@")).address
