"""Two imports at once: of one feed one after the other, and the same bytes once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from app.core.db import set_scope
from app.ingest.service import import_feed
from app.models.customer import Customer
from app.models.operations import ImportBatch
from tests.factories import NOW


@pytest.fixture
def write(tmp_path):
    def written(name):
        path = tmp_path / name
        path.write_text(f"customer_no,grid_code\n{name},G11\n")
        return path

    return written


def apply(sessions, path, *, wait="2s", feed="customers", **options):
    with sessions() as session:
        set_scope(session, scope="all")
        session.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": wait})
        report = import_feed(session, feed=feed, path=path, file_name=path.name, now=NOW, **options)
        session.commit()
        return report


def test_an_import_waits_for_another_of_its_feed(sessions, company, write):
    import_feed(company, feed="customers", path=write("N1"), file_name="N1", now=NOW)
    with pytest.raises(OperationalError, match="lock timeout"):
        apply(sessions, write("N2"), wait="100ms")
    company.commit()
    assert apply(sessions, write("N2")).counts["inserted"] == 1


def test_imports_of_different_feeds_do_not_wait(sessions, company, write, tmp_path):
    import_feed(company, feed="customers", path=write("N1"), file_name="N1", now=NOW)
    path = tmp_path / "ties"
    path.write_text("customer_no,other_customer_no\nC01,C02\n")
    assert apply(sessions, path, feed="ties", wait="100ms").counts["inserted"] == 1


def test_a_full_load_is_alone(sessions, company, tmp_path):
    path = tmp_path / "ties"
    path.write_text("customer_no,other_customer_no\nC01,C02\n")
    import_feed(company, feed="ties", path=path, file_name="ties", now=NOW)
    everybody = tmp_path / "customers"
    everybody.write_text("customer_no,grid_code\n" + "".join(f"C{n:02d},G11\n" for n in range(1, 16)))
    with pytest.raises(OperationalError, match="lock timeout"):
        apply(sessions, everybody, wait="100ms", full=True)


def test_the_same_bytes_at_once_are_applied_exactly_once(sessions, write):
    path = write("N1")
    with ThreadPoolExecutor(8) as pool:
        reports = list(pool.map(lambda _: apply(sessions, path, wait="30s"), range(8)))
    assert sorted(report.already_applied for report in reports) == [False] + [True] * 7
    with sessions() as session:
        set_scope(session, scope="all")
        assert session.scalar(select(func.count()).select_from(Customer)) == 16


def test_the_database_itself_holds_a_file_of_a_feed_once(session, write):
    import_feed(session, feed="customers", path=write("N1"), file_name="N1", now=NOW)
    found = session.scalars(select(ImportBatch)).one()
    with pytest.raises(IntegrityError, match="uq_import_batches_feed_sha256"):
        session.execute(
            ImportBatch.__table__.insert().values(
                feed=found.feed, sha256=found.sha256, file_name="x", header=[], ignored_columns=[], counts={}, imported_at=NOW
            )
        )
