import gzip
from datetime import date, timedelta
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import polars as pl
import pytest

from app.scoring.learning.encoding import encode, fit_encoding
from app.scoring.learning.extract import NoSuchColumn, UnusableLabel, prepare
from app.scoring.learning.labels import OneOutcomeOnly
from app.scoring.learning.tables import NoSuchFile, UnreadableFile, read_table
from app.scoring.learning.times import UnusableTime

TODAY = date(2026, 11, 1)
ROWS = 120
TABLE = pl.DataFrame(
    {
        "customer": [f"7{i:03d}-QX" for i in range(ROWS)],
        "row_no": range(ROWS),
        "usage": [i * 7 % 40 + 0.5 for i in range(ROWS)],
        "month": [i % 12 + 1 for i in range(ROWS)],
        "empty": [None] * ROWS,
        "same": ["x"] * ROWS,
        "bought": ["yes", "no", "no"] * (ROWS // 3),
        "day": [date(2026, 1, 1) + timedelta(days=i) for i in range(ROWS)],
    },
    schema_overrides={"empty": pl.String},
)


def test_what_cannot_teach_is_left_out_with_its_reason() -> None:
    extract = prepare(TABLE, label="bought", today=TODAY)
    assert {one.column: one.reason.split(":")[0] for one in extract.left_out} == {
        "customer": "it tells rows apart",
        "row_no": "it tells rows apart",
        "empty": "it is empty in every row",
        "same": "it has the same value in every row",
    }
    assert (extract.labels.sum(), extract.positive) == (ROWS / 3, "yes")
    assert extract.frame.columns == ["usage", "features.month", "features.day"]


def test_an_identifier_may_be_allowed() -> None:
    assert "row_no" in prepare(TABLE, label="bought", allow=["row_no"], today=TODAY).frame.columns


@pytest.mark.parametrize("name", ["ID", "userid", "CustomerID", "客户编号"])
def test_numbers_that_are_called_an_identifier_and_differ_in_every_row_are_left_out(name: str) -> None:
    numbers = pl.Series(name, np.random.default_rng(1).choice(9_000, ROWS, replace=False))
    for written in (numbers, numbers.cast(pl.Float64)):
        assert name not in prepare(TABLE.with_columns(written), label="bought", today=TODAY).frame.columns
    assert "paid" in prepare(TABLE.with_columns(numbers.alias("paid")), label="bought", today=TODAY).frame.columns


def test_forward_in_time_rows_are_ordered_and_the_date_in_disguise_is_left_out() -> None:
    table = TABLE.with_columns(year=pl.lit(2026) + pl.int_range(pl.len()) // 60, later=pl.col("day") + timedelta(days=3))
    extract = prepare(table.reverse(), label="bought", time="day", today=TODAY)
    assert extract.times is not None
    assert (np.diff(extract.times) > 0).all()
    reasons = {one.column: one.reason for one in extract.left_out}
    assert {"month", "year"} <= {name for name, reason in reasons.items() if "the date in disguise" in reason}
    assert extract.frame.columns == ["usage"]


def test_a_day_after_the_time_of_its_row_was_recorded_later() -> None:
    closed = pl.Series([date(2026, 1, 1) + timedelta(days=i * 37 % 200) for i in range(ROWS)])
    left_out = prepare(TABLE.with_columns(closed_on=closed), label="bought", time="day", today=TODAY).left_out
    assert "recorded later" in next(one.reason for one in left_out if one.column == "closed_on")


@pytest.mark.parametrize(
    ("values", "positive", "counted"),
    [
        (["True.", "False."], None, "True"),
        ([1, 0], None, "1"),
        ([1.0, 0.0], None, "1"),
        ([True, False], None, "true"),
        (["Y", "N"], None, "Y"),
        (["是", "否"], None, "是"),
        (["churned", "stayed"], "Churned", "Churned"),
        ([2, 1], "2", "2"),
        ([2, 1], None, "2"),
        ([1, -1], None, "1"),
        (["churn", "no churn"], None, "churn"),
        (["Bad", "No"], None, "Bad"),
        (["1.0 ", "0.0"], None, "1.0"),
    ],
)
def test_labels_of_any_form_are_read(values: list[object], positive: str | None, counted: str) -> None:
    table = TABLE.with_columns(bought=pl.Series(values * (ROWS // 2)))
    extract = prepare(table, label="bought", positive=positive, today=TODAY)
    assert extract.labels.tolist() == [1, 0] * (ROWS // 2)
    assert extract.positive == counted


def test_of_two_words_that_say_nothing_the_rarer_counts_and_it_is_said() -> None:
    words = pl.col("bought").replace({"yes": "gone", "no": "loyal"})
    extract = prepare(TABLE.with_columns(bought=words), label="bought", today=TODAY)
    assert (extract.positive, extract.why_positive, extract.labels.sum()) == ("gone", "the rarer; --positive says otherwise", 40)


@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_rows_without_a_label_are_left_out_and_counted(nothing: float | None) -> None:
    numbers = pl.when(pl.col("row_no") < 6).then(nothing).otherwise((pl.col("bought") == "yes").cast(pl.Float64))
    extract = prepare(TABLE.with_columns(bought=numbers), label="bought", time="day", today=TODAY)
    assert (extract.labels.size, extract.frame.height) == (ROWS - 6, ROWS - 6)
    assert extract.notes == ("6 rows without a label are left out",)


def test_rows_without_a_time_are_left_out_and_counted() -> None:
    table = TABLE.with_columns(day=pl.when(pl.col("row_no") == 7).then(None).otherwise("day"))
    extract = prepare(table, label="bought", time="day", today=TODAY)
    assert (extract.labels.size, extract.notes) == (ROWS - 1, ("1 rows without a time are left out",))
    with pytest.raises(UnusableTime, match=f"'day' has none in any of {ROWS}"):
        prepare(TABLE.with_columns(day=pl.lit(None, pl.Date)), label="bought", time="day", today=TODAY)


@pytest.mark.parametrize(("bound", "hits"), [(">0", 40), (" >= 12.5", 40), ("<12.5", 80), ("<= 0", 80)])
def test_money_becomes_an_outcome_by_a_bound(bound: str, hits: int) -> None:
    spent = pl.when(pl.col("bought") == "yes").then(pl.col("usage") + 12).otherwise(0.0)
    extract = prepare(TABLE.with_columns(spent=spent), label="spent", positive=bound, today=TODAY)
    assert (int(extract.labels.sum()), extract.positive, extract.why_positive) == (hits, bound.strip(), "as asked")


def test_labels_that_cannot_be_read_are_refused_in_words() -> None:
    for changed, positive, error, words in (
        (pl.lit("yes"), None, OneOutcomeOnly, "label: expected two different values, 'bought' is 'yes' in every row"),
        (pl.lit(None), None, UnusableLabel, f"has none in any of {ROWS}"),
        (pl.concat_list("usage"), None, UnusableLabel, "numbers, texts or true and false"),
        (pl.col("usage"), None, UnusableLabel, "a column of two values, or --positive"),
        (pl.col("bought"), "maybe", UnusableLabel, "positive: expected one of the values of 'bought'"),
        (pl.when(pl.col("row_no") < 3).then(1).otherwise(0), None, OneOutcomeOnly, "has 3 of 120 positive"),
    ):
        with pytest.raises(error, match=words):
            prepare(TABLE.with_columns(bought=changed), label="bought", positive=positive, today=TODAY)


def test_columns_and_times_that_are_not_there_are_named() -> None:
    with pytest.raises(NoSuchColumn, match=r"label: expected one of the columns customer, row_no.*got 'churn'"):
        prepare(TABLE, label="churn", today=TODAY)
    with pytest.raises(UnusableTime, match="days up to 2026-04-01, whose outcome can be known, 'day' is later in 29 rows"):
        prepare(TABLE, label="bought", time="day", today=date(2026, 4, 1))
    with pytest.raises(UnusableTime, match="a column of days, instants or numbers"):
        prepare(TABLE, label="bought", time="customer", today=TODAY)
    with pytest.raises(NoSuchColumn, match="time: expected another column than 'bought'"):
        prepare(TABLE, label="bought", time="bought", today=TODAY)


def test_a_column_without_a_name_is_called_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(",usage,bought\n0,7,yes\n1,9,no\n")
    assert read_table(tmp_path / "t.csv").columns == ["column 1", "usage", "bought"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_files_of_several_encodings_and_separators_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "extract.csv"
    path.write_bytes("城市;usage;bought\n天津; 1.5 ;yes\n北京;NA;no\n".encode(encoding))
    assert read_table(path).columns == ["城市", "usage", "bought"]
    assert read_table(path)["城市"].to_list() == ["天津", "北京"]


def test_latin_1_old_line_ends_and_a_header_with_the_separator_in_quotes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "extract.csv"
    path.write_bytes('"usage, minutes";place;bought\r1.5;Málaga;yes\r2.5;León;no\r'.encode("latin-1"))
    assert read_table(path)["place"].to_list() == ["Málaga", "León"]
    assert read_table(path)["usage, minutes"].to_list() == [1.5, 2.5]


def test_a_letter_of_latin_1_may_come_late(tmp_path: Path) -> None:
    path = tmp_path / "extract.csv"
    path.write_bytes(("place,bought\n" + "x,1\n" * 30_000 + "León,0\n").encode("latin-1"))
    assert read_table(path)["place"][-1] == "León"


def test_packed_files_are_unpacked(tmp_path: Path) -> None:
    content = b"usage;bought\n1,5;yes\n2,5;no\n"
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(content))
    for name, inside in (("a.zip", ["a.csv"]), ("two.zip", ["a.csv", "b.csv"])):
        with ZipFile(tmp_path / name, "w") as archive:
            for each in inside:
                archive.writestr(each, content)
    assert [read_table(tmp_path / name)["usage"].to_list() for name in ("a.csv.gz", "a.zip")] == [[1.5, 2.5]] * 2
    with pytest.raises(UnreadableFile, match=r"an archive of one file, two\.zip has 2"):
        read_table(tmp_path / "two.zip")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(content)[:-9])
    with pytest.raises(UnreadableFile, match=r"cut\.gz cannot be read"):
        read_table(tmp_path / "cut.gz")


def test_decimal_commas_are_read_where_the_comma_parts_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "extract.csv"
    path.write_text("price;thousands;bought\n1,5;1,024;yes\n-20,25;17,500;no\n;3;no\n")
    table = read_table(path)
    assert table["price"].to_list() == [1.5, -20.25, None]
    assert table["thousands"].to_list() == ["1,024", "17,500", "3"]


def test_parquet_is_known_by_its_content(tmp_path: Path) -> None:
    TABLE.write_parquet(tmp_path / "extract.data")
    assert read_table(tmp_path / "extract.data").equals(TABLE)
    TABLE.with_columns(pl.col("day").cast(pl.String)).write_parquet(tmp_path / "extract.data")
    assert read_table(tmp_path / "extract.data").equals(TABLE)


def test_files_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFile, match="there is no file"):
        read_table(tmp_path / "none.csv")
    for content in (b"", b"a,b\n", b"PAR1 but not really", bytes(range(256)) * 9, b"PK\3\4\0\0"):
        (tmp_path / "bad").write_bytes(content)
        with pytest.raises(UnreadableFile):
            read_table(tmp_path / "bad")


def test_a_late_value_of_another_kind_makes_the_column_text_and_numbers_in_text_are_numbers(tmp_path: Path) -> None:
    lines = [f"{i % 90},{i % 2}" for i in range(30_000)]
    (tmp_path / "late.csv").write_text("\n".join(["TotalCharges,bought", *lines, " ,1", '"1,024.5",0']))
    extract = prepare(read_table(tmp_path / "late.csv"), label="bought", today=TODAY)
    matrix = encode(extract.frame, fit_encoding(extract.frame))
    assert np.isnan(matrix[-2, 0])
    assert matrix[-1, 0] == np.float32(1024.5)
