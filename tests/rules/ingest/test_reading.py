import csv
import io
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ingest.feeds import FEEDS
from app.ingest.reading import open_feed_file, read_chunks, read_feed
from app.ingest.rejected import write_rejected_csv
from app.ingest.rows import check_chunk
from app.ingest.scan import NotThisFeed, UnreadableFile

ABSENCES = FEEDS["absences"]
HEADER = "staff_no,from_date,to_date,kind\n"
ROW = "T1,2026-10-01,2026-10-02,病假\n"


@pytest.fixture
def sent(tmp_path):
    def write(content):
        path = tmp_path / "sent"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def load(path, feed=ABSENCES):
    """Accepted rows as tuples with their line, and rejected rows."""
    checked = [check_chunk(chunk, feed) for chunk in read_feed(path, feed)]
    rows = [row for c in checked for row in c.accepted.rows()]
    return rows, [row for c in checked for row in c.rejected]


EXPECTED = ("T1", date(2026, 10, 1), date(2026, 10, 2), "病假", 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n", "\r\n"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_every_encoding_and_line_ending_gives_the_same_rows(sent, encoding, ending, last, quote):
    row = ",".join(quote + cell + quote for cell in ROW.strip().split(","))
    text = HEADER.strip() + ending + row + last
    assert load(sent(text.encode(encoding))) == ([EXPECTED], [])


def test_columns_come_in_any_order_and_extra_ones_are_reported_and_ignored(sent):
    path = sent("colour,to_date,staff_no,from_date\nred,2026-10-02,T1,2026-10-01\n")
    file = open_feed_file(path, ABSENCES)
    assert file.header.ignored == ("colour",)
    assert file.header.columns == ("colour", "to_date", "staff_no", "from_date")
    assert load(path) == ([("T1", date(2026, 10, 1), date(2026, 10, 2), None, 2)], [])


def test_the_digest_is_of_the_bytes(sent):
    assert open_feed_file(sent(HEADER), ABSENCES).sha256 != open_feed_file(sent(HEADER + ROW), ABSENCES).sha256
    assert list(read_feed(sent(HEADER), ABSENCES)) == []


REFUSED = {
    "empty": b"",
    "only a mark": b"\xef\xbb\xbf",
    "not text": b"\x89PNG\r\n\x1a\n\x00\xff\xff",
    "zip": b"PK\x03\x04aaaa",
    "utf-16": (HEADER + ROW).encode("utf-16"),
    "utf-8 cut off in a letter": (HEADER + "T1,2026-10-01,2026-10-02,病假").encode()[:-1],
    "utf-8 cut off where it could be gb18030": (HEADER + "T1,2026-10-01,2026-10-02,客户名").encode()[:-1],
    "utf-8 damaged": (HEADER + ROW * 50).encode().replace(b"\x85", b"\xff", 1),
    "gb18030 cut off in a letter": (HEADER + "T1,2026-10-01,2026-10-02,病假").encode("gb18030")[:-1],
    "lone surrogate": HEADER.encode() + b"T1,2026-10-01,2026-10-02,\xed\xa0\x80\n",
    "quote never closed": (HEADER + ROW + 'T2,2026-10-01,2026-10-02,"x\n' + ROW).encode(),
    "quote never closed at the end": (HEADER + ROW + 'T2,2026-10-01,"2026').encode(),
    "last row cut off": (HEADER + ROW + "T2,2026").encode(),
    "last row cut off in a file with quotes": (HEADER + '"T1",2026-10-01,2026-10-02,x\nT2,2026').encode(),
    "column twice": b"staff_no,from_date,to_date,kind,kind\n",
    "nameless column": b"staff_no,from_date,to_date,\n",
    "parquet cut off": b"PAR1\x15\x04\x15",
    "endless line": HEADER.encode() + b"x" * (5 << 20),
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_cannot_be_read_is_refused_whole(sent, content):
    with pytest.raises((UnreadableFile, NotThisFeed)):
        open_feed_file(sent(content), ABSENCES)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(UnreadableFile, match="a file that exists"):
            open_feed_file(path, ABSENCES)


def test_another_feeds_header_is_refused_and_named(sent):
    path = sent("call_id,staff_no,customer_no,started_at,duration_seconds\n")
    with pytest.raises(NotThisFeed) as refused:
        open_feed_file(path, ABSENCES)
    assert refused.value.missing == ("from_date", "to_date")
    assert "staff_no*,from_date*,to_date*,kind" in str(refused.value)
    assert "looks like calls" in str(refused.value)


@pytest.mark.parametrize("mark", ["\x1e", "\x1f", "\x7f", "\x85"])
def test_a_control_character_in_a_quoted_cell_rejects_its_row(sent, mark):
    path = sent(HEADER + f'T1,2026-10-01,2026-10-02,"a{mark}"\n' + ROW)
    rows, rejected = load(path)
    assert len(rows) == 1
    assert [(r.line, r.column, r.code) for r in rejected] == [(2, "kind", "control_character")]
    assert rejected[0].values[3] == f"a{mark}"


@pytest.mark.parametrize("quote", ["", '"'])
def test_ragged_rows_in_the_middle_are_rejected_with_all_their_text(sent, quote):
    path = sent(
        HEADER + ROW + "T2,2026-10-01\n\nT3,2026-10-01,2026-10-02,x,y,z\n" + f"T4,2026-10-01,2026-10-02,{quote}a{quote}\n"
    )
    rows, rejected = load(path)
    assert [(row[0], row[-1]) for row in rows] == [("T1", 2), ("T4", 6)]
    assert [(r.line, r.code, r.values) for r in rejected] == [
        (3, "wrong_number_of_values", ("T2", "2026-10-01", "", "")),
        (5, "wrong_number_of_values", ("T3", "2026-10-01", "2026-10-02", "x,y,z")),
    ]


def test_a_row_over_several_lines_is_known_by_the_line_where_it_starts(sent):
    path = sent(HEADER + 'T1,2026-10-01,2026-10-02,"a\nb, ""c"""\nT2,bad,2026-10-02,x\n')
    rows, rejected = load(path)
    assert rows[0][3:] == ('a\nb, "c"', 2)
    assert [(r.line, r.column, r.code) for r in rejected] == [(4, "from_date", "not_a_date")]
    assert rejected[0].original == "T2,bad,2026-10-02,x"


def test_wrong_quoting_rejects_that_row_alone(sent):
    rows, rejected = load(sent(HEADER + 'T1,2026-10-01,2026-10-02,"a"b\n' + ROW))
    assert [row[-1] for row in rows] == [3]
    assert [(r.line, r.code) for r in rejected] == [(2, "bad_quoting")]


def test_a_nul_byte_rejects_its_row(sent):
    for quote in ("", '"'):
        rows, rejected = load(sent(HEADER + f"T1,2026-10-01,2026-10-02,{quote}a\0b{quote}\n" + ROW))
        assert len(rows) == 1
        assert [(r.line, r.column, r.code) for r in rejected] == [(2, "kind", "control_character")]


def test_parquet_gives_the_same_rows_as_csv(tmp_path):
    path = tmp_path / "absences.parquet"
    pl.DataFrame(
        {
            "to_date": pl.Series(["2026-10-02 00:00", "2026-09-01 00:00"]).str.to_datetime(),
            "staff_no": ["T1", "T2"],
            "from_date": [date(2026, 10, 1)] * 2,
            "kind": pl.Series(["病假", None], dtype=pl.Categorical),
            "ignored": [{"a": 1}] * 2,
        }
    ).write_parquet(path)
    rows, rejected = load(path)
    assert rows == [EXPECTED]
    assert [(r.line, r.column, r.code) for r in rejected] == [(3, "to_date", "before_start")]


def test_parquet_times_need_a_zone_and_lists_and_numbers_are_taken(tmp_path):
    path = tmp_path / "orders.parquet"
    order = {"order_no": [1], "customer_no": ["C1"], "product_code": ["P"], "amount": [1.5]}
    naive = pl.DataFrame({**order, "ordered_at": pl.Series(["2026-10-01 09:30"]).str.to_datetime()})
    naive.write_parquet(path)
    assert [r.code for r in load(path, FEEDS["orders"])[1]] == ["time_without_offset"]
    naive.with_columns(pl.col("ordered_at").dt.replace_time_zone("Asia/Shanghai")).write_parquet(path)
    (row,), _ = load(path, FEEDS["orders"])
    assert row[:1] + row[3:4] == ("1", datetime.fromisoformat("2026-10-01T09:30:00+08:00"))
    pl.DataFrame({"customer_no": ["C1"], "grid_code": ["G"], "tags": [["a", "b"]]}).write_parquet(path)
    assert load(path, FEEDS["customers"])[0][0][11] == ["a", "b"]
    pl.DataFrame({"customer_no": ["C1"], "grid_code": [b"G"]}).write_parquet(path)
    with pytest.raises(UnreadableFile, match="in column grid_code"):
        open_feed_file(path, FEEDS["customers"])


def test_a_parquet_file_with_its_end_missing_is_refused(tmp_path):
    path = tmp_path / "cut"
    pl.DataFrame({"staff_no": ["T1"], "from_date": ["x"], "to_date": ["x"]}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UnreadableFile, match="footer"):
        open_feed_file(path, ABSENCES)


def test_rejected_rows_are_fixed_and_sent_again(sent):
    text = "kind,staff_no,from_date,to_date\n=1+1,T1,bad,2026-10-02\n'quoted,T2,bad,2026-10-02\n-,+T3,bad,2026-10-02\nx,T4\n"
    file = open_feed_file(sent(text), ABSENCES)
    (chunk,) = read_chunks(file)
    first = check_chunk(chunk, ABSENCES).rejected
    assert [r.line for r in first] == [2, 3, 4, 5]
    written = write_rejected_csv(file.header.columns, first)
    assert "\n'=1+1,T1,bad,2026-10-02,2,from_date,expected a date" in written
    again = open_feed_file(sent(written), ABSENCES)
    assert again.header.ignored == ()
    assert again.header.columns == file.header.columns
    (chunk,) = read_chunks(again)
    second = check_chunk(chunk, ABSENCES).rejected
    assert [r.values for r in second] == [r.values for r in first]
    fixed, left = load(sent(written.replace("bad", "2026-10-01")))
    assert [row[:1] + row[3:] for row in fixed] == [("T1", "=1+1", 2), ("T2", "'quoted", 3), ("+T3", "-", 4)]
    assert [r.line for r in left] == [5]


_CELL = st.text(st.characters(codec="utf-8", exclude_characters='"\n\r,\ufeff'), max_size=6)
_ANY_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x1e\x1f") | st.sampled_from('\r\n",'), max_size=6)


def _read_all(content):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sent"
        path.write_bytes(content)
        chunks = list(read_feed(path, ABSENCES))
    rows = [tuple(c or "" for c in row) for chunk in chunks for row in chunk.frame.rows()]
    return rows, [line for c in chunks for line in c.lines], [r for c in chunks for r in c.rejected]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(_CELL, min_size=1, max_size=6), max_size=8))
def test_the_fast_way_cuts_lines_as_the_csv_module_does(table):
    text = HEADER + "".join(",".join(row) + "\n" for row in table)
    rows, lines, rejected = _read_all(text.encode())
    whole = [(n, row) for n, row in enumerate(table, start=2) if len(row) == 4]
    assert rows == [tuple(row) for _, row in whole]
    assert lines == [n for n, _ in whole]
    ragged = [n for n, row in enumerate(table, start=2) if len(row) != 4 and ",".join(row).strip()]
    assert [r.line for r in rejected] == ragged


def _without_ends(rows):
    return [[cell.removesuffix("\r") for cell in row] for row in rows]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(_ANY_CELL, min_size=4, max_size=4), min_size=1, max_size=8))
def test_quoted_cells_come_back_exactly(table):
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows([HEADER.strip().split(","), *table])
    rows, lines, rejected = _read_all(out.getvalue().encode())
    # A carriage return at the end of a cell may go, as blanks around a value do anyway.
    assert (_without_ends(rows), rejected) == (_without_ends(table), [])
    starts = [2 + sum(cell.count("\n") for row in table[:n] for cell in row) + n for n in range(len(table))]
    assert lines == starts


def test_chunks_join_up_whatever_their_size(sent, monkeypatch):
    text = HEADER + "".join(f"T{n},2026-10-01,2026-10-02,x\n" for n in range(200))
    path = sent(text)
    monkeypatch.setattr("app.ingest.reading.CHUNK_BYTES", 100)
    monkeypatch.setattr("app.ingest.reading.CHUNK_ROWS", 7)
    quoted = sent(text)
    for content in (text, text.replace(",x", ',"x"')):
        path.write_text(content)
        rows, rejected = load(quoted)
        assert rejected == []
        assert [(row[0], row[-1]) for row in rows] == [(f"T{n}", n + 2) for n in range(200)]
