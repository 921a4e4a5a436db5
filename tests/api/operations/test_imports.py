"""Feeds by upload: who may, what is answered, and what is refused before it is received."""

import tempfile

import pytest
from sqlalchemy import select

from app.api.operations import uploads
from app.core.db import set_scope
from app.ingest.feeds import FEEDS
from app.models.customer import Customer
from app.models.operations import ImportBatch
from app.models.work_order import WorkOrder
from tests.factories import make_work_order

URL = "/operations/v1/imports"
GOOD = "customer_no,grid_code\nN1,G11\nN2,NEW\n"


@pytest.fixture
def ada(client_as):
    return client_as("ada")


def send(client, feed="customers", content=GOOD, name="sent.csv", **params):
    return client.post(f"{URL}/{feed}", files={"file": (name, content)}, params=params)


def is_problem(answer, status, code):
    return (answer.status_code, answer.json()["code"], answer.headers["content-type"]) == (
        status,
        code,
        "application/problem+json",
    )


def applied(company):
    company.rollback()
    set_scope(company, scope="all")
    return len(company.scalars(select(ImportBatch)).all())


def test_an_upload_is_applied_once_and_reported(ada, company):
    first = send(ada)
    assert first.status_code == 200, first.text
    body = first.json()
    assert body["counts"]["inserted"] == body["counts"]["rejected"] == 1
    assert (body["feed"], body["file_name"], body["already_applied"]) == ("customers", "sent.csv", False)
    again = send(ada, name="other.csv").json()
    assert (again["already_applied"], again["id"], set(again["counts"].values())) == (True, body["id"], {0})
    assert applied(company) == 1
    assert company.scalar(select(Customer.customer_no).where(Customer.customer_no == "N1"))


def test_imports_are_listed_newest_first_page_by_page(ada):
    ids = [send(ada, content=GOOD + f"M{n},G11\n").json()["id"] for n in range(3)]
    page = ada.get(URL, params={"limit": 2}).json()
    rest = ada.get(URL, params={"limit": 2, "cursor": page["next_cursor"]}).json()
    assert [one["id"] for one in page["items"] + rest["items"]] == ids[::-1]
    assert rest["next_cursor"] is None
    assert ada.get(f"{URL}/{ids[0]}").json()["counts"]["rows"] == 3
    assert is_problem(ada.get(URL, params={"cursor": "made-up"}), 422, "cursor.wrong")


def test_rejected_rows_are_downloaded_fixed_and_sent_again(ada):
    number = send(ada).json()["id"]
    answer = ada.get(f"{URL}/{number}/rejected.csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.decode("utf-8-sig").splitlines()[1].startswith("N2,NEW,3,grid_code,")
    fixed = send(ada, content=answer.content.replace(b",NEW,", b",G11,")).json()
    assert fixed["counts"] | {"rows": 1, "inserted": 1} == fixed["counts"]


def test_an_import_that_is_none_is_not_found(ada):
    for number in (99, 2**31 - 1):
        assert is_problem(ada.get(f"{URL}/{number}"), 404, "import.unknown")
        assert is_problem(ada.get(f"{URL}/{number}/rejected.csv"), 404, "import.unknown")
    for number in ("0", "-1", str(2**31), "x", "1e3"):
        assert is_problem(ada.get(f"{URL}/{number}"), 422, "request.invalid")


def test_only_administrators_import(client_as, company):
    for login in ("ana", "chen", "bea", "pia", "lin", "payroll"):
        client = client_as(login)
        answers = [send(client), client.get(URL), client.get(f"{URL}/1"), client.get(f"{URL}/1/rejected.csv")]
        assert [answer.status_code for answer in answers] == [403] * 4, login
    assert applied(company) == 0


def test_nothing_is_received_from_a_stranger_or_for_no_feed(client_as, ada, monkeypatch):
    def received(*_):
        raise AssertionError("the body was read")

    monkeypatch.setattr(uploads, "MultiPartParser", received)
    assert send(client_as(None)).status_code == 401
    assert send(client_as("ana")).status_code == 403
    answer = send(ada, feed="custmers")
    assert is_problem(answer, 404, "feed.unknown")
    assert all(feed in answer.json()["detail"] for feed in FEEDS)


NO_FILE = [
    {"files": {"other": ("a.csv", GOOD)}},
    {"files": [("file", ("a.csv", GOOD)), ("file", ("b.csv", GOOD))]},
    {"data": {"file": GOOD}},
    {"files": {"file": ("a.csv", GOOD)}, "data": {"more": "x"}},
    {"content": GOOD, "headers": {"content-type": "text/csv"}},
    {"content": GOOD, "headers": {"content-type": "multipart/form-data"}},
    {"content": b"\x00\xff", "headers": {"content-type": "multipart/form-data; boundary=x"}},
    {"json": {"file": GOOD}},
    {},
]


def test_a_body_without_exactly_one_file_is_a_problem(ada, company):
    for request_of in NO_FILE:
        assert is_problem(ada.post(f"{URL}/customers", **request_of), 422, "upload.wrong"), request_of
    assert applied(company) == 0


WRONG_FILES = {
    "another feed": ("order_no,amount\n", "not_this_feed"),
    "empty": ("", "unreadable_file"),
    "spreadsheet": (b"PK\x03\x04aaa", "unreadable_file"),
    "utf-16": (GOOD.encode("utf-16"), "unreadable_file"),
    "cut off": (GOOD + "N3", "unreadable_file"),
}


def test_a_wrong_file_is_a_problem_and_changes_nothing(ada, company):
    for kind, (content, code) in WRONG_FILES.items():
        assert is_problem(send(ada, content=content), 422, code), kind
    assert applied(company) == 0


WRONG_OPTIONS = [
    {"full": "perhaps"},
    {"complete_from": "2026-13-01", "complete_through": "2026-10-01"},
    {"complete_from": "2026-10-01"},
    {"complete_from": "2026-10-01", "complete_through": "2099-10-01"},
    {"complete_from": "1970-01-01", "complete_through": "1970-01-01"},
]


def test_a_wrong_option_is_a_problem_and_changes_nothing(ada, company):
    for params in WRONG_OPTIONS:
        answer = send(ada, feed="calls", content="call_id,staff_no,customer_no,started_at,duration_seconds\n", **params)
        assert answer.status_code == 422, answer.text
    assert applied(company) == 0


def test_a_large_removal_is_a_conflict_unless_forced(ada, company):
    content = "customer_no,grid_code\nC01,G11\n"
    assert is_problem(send(ada, content=content, full=True), 409, "import.too_many_removed")
    assert applied(company) == 0
    assert send(ada, content=content, full=True, force=True).json()["counts"]["removed"] == 14


def test_a_refusal_withdraws_open_work_in_the_same_request(ada, company):
    order_id = make_work_order(company, customer_no="C01").id
    company.commit()
    content = "customer_no,scope,status,recorded_at\nC01,all,refused,2026-10-01T09:00:00+08:00\n"
    assert send(ada, feed="contact_preferences", content=content).json()["counts"]["withdrawn"] == 1
    set_scope(company, scope="all")
    assert company.scalar(select(WorkOrder.state).where(WorkOrder.id == order_id)) == "withdrawn"


def test_the_name_of_a_file_is_never_in_the_way(ada):
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\x00\xff.csv"\r\n\r\n' + GOOD.encode() + b"\r\n--x--\r\n"
    )
    answer = ada.post(f"{URL}/customers", content=body, headers={"content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code in {200, 422}, answer.text
    assert send(ada, name="../../etc/客户.csv", content=GOOD + "M1,G11\n").json()["file_name"].endswith("客户.csv")


def test_no_file_is_left_behind(ada, tmp_path, monkeypatch):
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    number = send(ada).json()["id"]
    send(ada, content=b"")
    assert ada.get(f"{URL}/{number}/rejected.csv").content
    ada.get(f"{URL}/99/rejected.csv")
    assert list(folder.iterdir()) == []
