"""The rules of every feed: once, all or nothing, the newest wins, nothing is made up."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from sqlalchemy import func, select, text

from app.ingest import queries
from app.ingest.feeds import FEEDS, UnknownFeed
from app.ingest.scan import NotThisFeed, UnreadableFile
from app.ingest.service import import_feed, write_rejected
from app.models.campaign import Product
from app.models.customer import Customer, Holding, Order, Tie
from app.models.operations import ImportBatch, RejectedRow
from app.models.points import BasePoints
from tests.factories import NOW, customer, get, grid, staff
from tests.figures import all_figures

HEADER = "customer_no,name,phone,grid_code,owner_staff_no,tags\n"


@pytest.fixture
def apply(session, tmp_path):
    """Import text (or bytes, or a frame as Parquet) as a feed."""

    def import_it(feed, content, **options):
        path = tmp_path / f"{feed}.sent"
        if isinstance(content, pl.DataFrame):
            content.write_parquet(path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_feed(session, feed=feed, path=path, file_name=path.name, now=NOW, **options)

    return import_it


def counts(report):
    return {name: count for name, count in report.counts.items() if count}


def rejected(session, report):
    rows = session.scalars(select(RejectedRow).where(RejectedRow.batch_id == report.id).order_by(RejectedRow.line))
    return [(row.line, row.column_name, row.reason) for row in rows]


def test_a_row_becomes_a_row_with_its_references_resolved(session, apply):
    report = apply("customers", HEADER + "N1,李,１３９ 0000-0001,G12,CY,a;b\nN2,,,G21,,\n")
    assert counts(report) == {"rows": 2, "inserted": 2}
    first, second = customer(session, "N1"), customer(session, "N2")
    assert (first.name, first.phone, first.grid_id) == ("李", "13900000001", grid(session, "G12").id)
    assert (first.owner_staff_id, first.tags) == (staff(session, "cy").id, ["a", "b"])
    assert (second.name, second.owner_staff_id, second.tags) == (None, None, [])


def test_a_second_import_of_the_same_bytes_changes_nothing_and_says_so(session, apply):
    first = apply("customers", HEADER + "N1,a,,G11,,\n")
    session.execute(text("UPDATE customers SET name = 'b' WHERE customer_no = 'N1'"))
    again = apply("customers", HEADER + "N1,a,,G11,,\n")
    assert (again.already_applied, again.id, counts(again)) == (True, first.id, {})
    session.expire_all()
    assert customer(session, "N1").name == "b"
    assert session.scalar(select(func.count()).select_from(ImportBatch)) == 1


def test_the_same_bytes_may_be_sent_as_another_feed(apply):
    content = "customer_no,product_code,from_date,staff_no,to_date\nC01,TV1,2026-01-01,ANA,2026-01-02\n"
    assert not apply("holdings", content).already_applied
    assert not apply("absences", content).already_applied


def test_the_same_key_with_new_content_updates_the_row_and_its_place_in_the_delta(session, apply):
    session.execute(text("UPDATE customers SET changed_xid = '1'"))
    before = customer(session, "C01").id
    report = apply("customers", HEADER + "C01,Renamed,,G12,BO,\n")
    found = customer(session, "C01")
    assert counts(report) == {"rows": 1, "updated": 1}
    assert (found.id, found.name, found.phone, found.grid_id) == (before, "Renamed", None, grid(session, "G12").id)
    assert session.scalar(text("SELECT count(*) FROM customers WHERE changed_xid > '1'")) == 1


def test_an_unchanged_row_is_left_alone(session, apply):
    apply("customers", HEADER + "N1,a,,G11,,x\nN2,b,,G11,,\n")
    session.execute(text("UPDATE customers SET changed_xid = '1'"))
    report = apply("customers", HEADER + "N1,a,,G11,,x\nN2,changed,,G11,,\n")
    assert counts(report) == {"rows": 2, "updated": 1, "unchanged": 1}
    assert session.scalars(text("SELECT customer_no FROM customers WHERE changed_xid > '1'")).all() == ["N2"]


def test_nothing_is_deleted_by_being_absent(session, apply):
    apply("customers", HEADER + "N1,a,,G11,,\n")
    assert session.scalar(select(func.count()).select_from(Customer)) == 16


def test_of_the_same_key_twice_in_a_file_the_last_line_counts(session, apply):
    rows = "".join(f"N{n},first,,G11,,\n" for n in range(60_000)) + "N7,last,,G11,,\nN7,very last,,G11,,\n"
    report = apply("customers", HEADER + rows)  # more rows than a chunk has
    assert counts(report) == {"rows": 60_002, "inserted": 60_000, "superseded": 2}
    assert customer(session, "N7").name == "very last"


def test_a_row_put_aside_never_hides_a_good_one_of_the_same_key(session, apply):
    report = apply("customers", HEADER + "N1,good,,G11,,\nN1,bad,,NOWHERE,,\nN1,bad,12,G11,,\n")
    assert counts(report) == {"rows": 3, "inserted": 1, "rejected": 2}
    assert customer(session, "N1").name == "good"


def test_a_reference_to_something_unknown_is_a_rejected_row_not_a_new_grid(session, apply):
    report = apply("customers", HEADER + "N1,a,,NEW,,\nN2,a,,B1,,\nN3,a,,G11,NOBODY,\nN4,a,,G11,ANA,\n")
    assert counts(report) == {"rows": 4, "inserted": 1, "rejected": 3}
    assert rejected(session, report) == [
        (2, "grid_code", 'there is no grid "NEW"'),
        (3, "grid_code", 'there is no grid "B1"'),
        (4, "owner_staff_no", 'there is no staff member "NOBODY"'),
    ]


def test_a_row_with_two_faults_is_put_aside_once_for_the_first(session, apply):
    report = apply("orders", "order_no,customer_no,product_code,ordered_at\nO1,NO,NONE,2026-10-01T09:00:00+08:00\n")
    assert rejected(session, report) == [(2, "customer_no", 'there is no customer "NO"')]


def test_one_bad_row_never_stops_the_others_and_its_text_is_kept(session, apply):
    report = apply("customers", HEADER + 'N1,"a, ""b""\nc",x,G11,,\nN2,a,,G11,,\nN3\n')
    assert counts(report) == {"rows": 3, "inserted": 1, "rejected": 2}
    first, ragged = queries.rejected_rows(session, report.id)
    assert (first.line, first.column, first.values) == (2, "phone", ("N1", 'a, "b"\nc', "x", "G11", "", ""))
    assert (ragged.line, ragged.column) == (5, "")


def test_rejected_rows_are_written_fixed_and_sent_again(session, apply, tmp_path):
    report = apply("customers", "extra," + HEADER + "=1+1,N1,a,,NEW,,\ny,N2,a,,G11,,\n-,N3,a,1,G11,,\n")
    path = tmp_path / "rejected.csv"
    assert write_rejected(session, batch_id=report.id, path=path) == 2
    written = path.read_text(encoding="utf-8-sig")
    assert '\'=1+1,N1,a,,NEW,,,2,grid_code,"there is no grid ""NEW"""' in written
    again = apply("customers", written.replace("NEW", "G11", 1).replace("a,1,G11", "a,13912345678,G11"))
    assert counts(again) == {"rows": 2, "inserted": 2}
    assert again.ignored_columns == ["extra"]


@pytest.mark.parametrize("as_parquet", [False, True])
def test_rejected_rows_of_any_format_fit_their_header(session, apply, tmp_path, as_parquet):
    frame = pl.DataFrame({"colour": ["red"], "customer_no": ["N1"], "grid_code": ["NEW"], "name": ["x"]})
    report = apply("customers", frame if as_parquet else frame.write_csv())
    write_rejected(session, batch_id=report.id, path=tmp_path / "rejected.csv")
    row = pl.read_csv(tmp_path / "rejected.csv").to_dicts()[0]
    assert (row["customer_no"], row["grid_code"], row["rejected_line"]) == ("N1", "NEW", 2)
    assert report.ignored_columns == ["colour"]


def test_a_nul_and_other_control_characters_make_a_rejected_row(session, apply):
    report = apply("customers", HEADER + "N1,a\0b,,G11,,\nN2,a\x1b,,G11,,\nN3,\\u0000 \\.,,G11,,\n")
    assert counts(report) == {"rows": 3, "inserted": 1, "rejected": 2}
    assert [row.values[1] for row in queries.rejected_rows(session, report.id)] == ["a\ufffdb", "a\x1b"]
    assert customer(session, "N3").name == "\\u0000 \\."


def test_what_copy_might_take_for_its_own_stays_text(session, apply):
    apply("customers", HEADER + 'N1,"\n\\.\n",,G11,,\nN2,\\N,,G11,,\nN3,"""",,G11,,\n')
    assert [customer(session, n).name for n in ("N1", "N2", "N3")] == ["\\.", "\\N", '"']


REFUSED = [
    (b"", UnreadableFile),
    (b"order_no,amount\n1,2\n", NotThisFeed),
    ((HEADER + "N1,a,,G11,,\n").encode("utf-16"), UnreadableFile),
    ((HEADER + "N1,a,,G11,,\nN2,b").encode(), UnreadableFile),
    (b"PK\x03\x04", UnreadableFile),
]


@pytest.mark.parametrize(("content", "error"), REFUSED)
def test_a_file_that_is_not_this_feed_at_all_changes_nothing(session, apply, content, error):
    with pytest.raises(error):
        apply("customers", content)
    assert session.scalar(select(func.count()).select_from(ImportBatch)) == 0
    assert session.scalar(select(func.count()).select_from(Customer)) == 15


def test_a_parquet_file_damaged_midway_changes_nothing(session, apply):
    frame = pl.DataFrame({"customer_no": [f"N{n}" for n in range(120_000)], "grid_code": ["G11"] * 120_000})
    out = frame.write_parquet
    import io

    whole = io.BytesIO()
    out(whole, compression="uncompressed", row_group_size=60_000, use_pyarrow=True, pyarrow_options={"write_page_checksum": True})
    damaged = bytearray(whole.getvalue())
    middle = len(damaged) * 3 // 4
    damaged[middle : middle + 64] = b"\xff" * 64
    with pytest.raises(UnreadableFile):
        apply("customers", bytes(damaged))
    assert session.scalar(select(func.count()).select_from(ImportBatch)) == 0
    assert session.scalar(select(func.count()).select_from(Customer)) == 15


def test_a_feed_that_is_none_is_answered_with_the_names_of_all(apply):
    with pytest.raises(UnknownFeed, match="org_units, staff, absences") as caught:
        apply("custmers", HEADER)
    assert all(feed in caught.value.detail for feed in FEEDS)


def test_a_header_without_rows_is_an_empty_import(apply):
    assert counts(apply("customers", HEADER)) == {}


def test_gb18030_and_parquet_mean_the_same_as_utf_8(session, apply):
    apply("customers", (HEADER + "N1,客户,,G11,,\n").encode("gb18030"))
    apply("customers", pl.DataFrame({"customer_no": ["N2"], "name": ["客户"], "grid_code": ["G11"], "tags": [["x", "y"]]}))
    assert customer(session, "N1").name == customer(session, "N2").name == "客户"
    assert customer(session, "N2").tags == ["x", "y"]


def test_figures_of_any_name_and_type_are_kept(session, apply):
    report = apply(
        "features", 'snapshot_date,customer_no,年龄,new,job,blank\n2026-10-01,C01,31,true,"a ""b""",\n2026-10-01,NO,1,1,1,1\n'
    )
    assert counts(report) == {"rows": 2, "inserted": 1, "rejected": 1}
    assert all_figures(session).to_dicts() == [
        {
            "snapshot_date": date(2026, 10, 1),
            "customer_id": customer(session, "C01").id,
            "年龄": 31,
            "new": True,
            "job": 'a "b"',
            "blank": None,
        }
    ]


def test_figures_that_no_database_holds_are_rejected_not_fatal(apply):
    rows = "".join(
        f"2026-10-01,C{n:02d},{value}\n"
        for n, value in enumerate(["1e400", "NaN", "1e-20000", "0e-20000", "1e308", "1e-300", "0.0"], 1)
    )
    report = apply("features", "snapshot_date,customer_no,x\n" + rows)
    assert counts(report) == {"rows": 7, "inserted": 3, "rejected": 4}


def test_a_cancellation_that_comes_later_updates_the_order(session, apply):
    header = "order_no,customer_no,product_code,ordered_at,amount,staff_no,cancelled_at\n"
    apply("orders", header + "O1,C01,FTTH1,2026-10-01T09:00:00+08:00,120.50,ANA,\n")
    report = apply("orders", header + "O1,C01,FTTH1,2026-10-01T09:00:00+08:00,120.50,ANA,2026-10-05T01:00:00Z\n")
    assert counts(report) == {"rows": 1, "updated": 1}
    found = get(session, Order, order_no="O1")
    assert (found.ordered_at, found.amount) == (datetime(2026, 10, 1, 1, tzinfo=UTC), Decimal("120.5000"))
    assert found.cancelled_at == datetime(2026, 10, 5, 1, tzinfo=UTC)


def test_holdings_ties_and_base_points_have_keys_of_several_columns(session, apply):
    holdings = "customer_no,product_code,from_date,to_date\n"
    apply("holdings", holdings + "C01,TV1,2026-01-01,\nC01,TV1,2025-01-01,2025-06-01\n")
    assert counts(apply("holdings", holdings + "C01,TV1,2026-01-01,2026-10-01\n")) == {"rows": 1, "updated": 1}
    assert session.scalar(select(func.count()).select_from(Holding)) == 2
    apply("ties", "customer_no,other_customer_no,weight\nC01,C02,0.5\nC02,C01,1e-7\nC03,C04,\n")
    assert sorted(tie.weight or 0 for tie in session.scalars(select(Tie))) == [0, 1e-7, 0.5]
    apply("base_points", "period,staff_no,component,points\n2026-10,ANA,existing_scheme,84.25\n")
    found = session.scalars(select(BasePoints)).one()
    assert (str(found.period), found.points) == ("2026-10", Decimal("84.2500"))


def test_a_product_without_family_is_its_own_and_the_defaults_are_those_of_the_contract(session, apply):
    apply("products", "product_code,name,kind\nP1,One,acquire\n")
    found = get(session, Product, product_code="P1")
    assert (found.family, found.attribution_days, found.maturity_days, found.strategic_weight) == ("P1", 30, 7, 1)


def test_a_bundle_may_name_products_that_stand_below_it(session, apply):
    report = apply(
        "products",
        "product_code,name,kind,bundle_of\nALL,a,acquire,TV1;P1\nP1,b,acquire,\nBAD,c,acquire,P1;NONE\nOFBAD,d,acquire,BAD\nSELF,e,acquire,SELF\n",
    )
    assert counts(report) == {"rows": 5, "inserted": 2, "rejected": 3}
    assert get(session, Product, product_code="ALL").bundle_of == ["TV1", "P1"]
    assert rejected(session, report) == [
        (4, "bundle_of", 'there is no product "NONE"'),
        (5, "bundle_of", 'there is no product "BAD"'),
        (6, "bundle_of", "expected other products than this one"),
    ]


def test_contact_history_calls_complaints_and_absences_are_taken(apply):
    at = "2026-10-01T09:00:00+08:00"
    history = "contact_no,customer_no,product_code,contacted_at,channel,staff_no,outcome,campaign_code,arm\n"
    assert (
        counts(apply("contact_history", history + f"H1,C01,TV1,{at},call,ANA,refused,OLD,treated\nH2,C01,TV1,{at},,,,,\n"))[
            "inserted"
        ]
        == 2
    )
    calls = "call_id,staff_no,customer_no,started_at,duration_seconds\n"
    assert counts(apply("calls", calls + f"K1,ANA,C01,{at},61\nK2,ANA,C01,{at},-1\n")) == {
        "rows": 2,
        "inserted": 1,
        "rejected": 1,
    }
    assert counts(apply("complaints", f"complaint_no,customer_no,opened_at\nX1,C01,{at}\n"))["inserted"] == 1
    absences = "staff_no,from_date,to_date,kind\n"
    assert counts(apply("absences", absences + "ANA,2026-10-01,2026-10-03,leave\n"))["inserted"] == 1
    assert counts(apply("absences", absences + "ANA,2026-10-01,2026-10-05,leave\n"))["updated"] == 1


def test_the_name_of_a_file_is_kept_without_what_a_database_cannot_hold(session, tmp_path):
    path = tmp_path / "x"
    path.write_text(HEADER)
    report = import_feed(session, feed="customers", path=path, file_name="\0\ud800" + "a" * 300, now=NOW)
    assert report.file_name == "a" * 200


def test_progress_is_told_in_rows(apply):
    told = []
    apply("customers", HEADER + "N1,a,,G11,,\nN2,a\n", progress=told.append)
    assert sum(told) == 2


def test_an_import_may_take_longer_than_other_statements_of_its_session(session, apply):
    def limit():
        return session.scalar(text("SHOW statement_timeout"))

    session.execute(text("SET LOCAL statement_timeout = '15s'"))
    seen = []
    apply("customers", HEADER + "N1,a,,G11,,\n", progress=lambda _: seen.append(limit()))
    assert (seen, limit()) == (["0"], "15s")


def test_every_feed_has_a_table_whose_unique_key_is_the_feeds(session):
    from app.ingest.statements import target_of

    for feed in FEEDS.values():
        if feed.keeps_extra:
            continue  # goes into files
        target = target_of(feed)
        keys = session.scalars(
            text(
                "SELECT (SELECT string_agg(attname, ',' ORDER BY attname) FROM pg_attribute a"
                " WHERE attrelid = i.indrelid AND attnum = ANY(i.indkey)) FROM pg_index i"
                " WHERE indrelid = to_regclass(:table) AND indisunique"
            ),
            {"table": target.table},
        ).all()
        assert ",".join(sorted(target.key)) in keys, feed.name


def test_the_planner_learns_of_a_table_that_was_filled(session, apply):
    apply("ties", "customer_no,other_customer_no\n" + "".join(f"C{a:02d},C{b:02d}\n" for a in range(1, 16) for b in range(1, 16)))
    assert session.scalar(text("SELECT reltuples FROM pg_class WHERE relname = 'ties'")) == 210


def test_dates_beyond_what_is_counted_are_rejected(apply):
    rows = "C01,TV1,1970-01-01,\nC01,TV1,2099-01-01,\nC01,TV1,2026-02-30,\nC01,TV1,2026-02-28,\n"
    assert counts(apply("holdings", "customer_no,product_code,from_date,to_date\n" + rows)) == {
        "rows": 4,
        "inserted": 1,
        "rejected": 3,
    }
    assert date(2026, 2, 28)
