"""Payroll pulls closed months: the same bytes for ever."""

import base64
import csv
import hashlib
import io
from datetime import timedelta
from decimal import Decimal

import pytest

from app.core.db import set_scope
from app.points.closing.close import close_month
from app.points.late.service import adjust_closed_months
from tests.truth import CLOSING, OCTOBER, make_anas_october, make_sale

MONTHS = "/payroll/v1/months"


@pytest.fixture
def october(company):
    """Ana's October, closed; returns the orders."""
    orders = make_anas_october(company)
    close_month(company, month=OCTOBER, now=CLOSING)
    company.commit()
    set_scope(company, scope="all")
    return orders


@pytest.fixture
def payroll(client_as, october):
    """The payroll system, logged in."""
    return client_as("payroll")


def test_the_manifest_agrees_with_the_file(payroll):
    (manifest,) = payroll.get(MONTHS).json()["items"]
    assert payroll.get(f"{MONTHS}/2026-10").json() == manifest
    file = payroll.get(f"{MONTHS}/2026-10/lines.csv")
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert manifest["sha256"] == hashlib.sha256(file.content).hexdigest()
    assert manifest["row_count"] == len(rows) == 12
    assert Decimal(manifest["points_sum"]) == sum(Decimal(row["points"]) for row in rows)
    assert manifest["acknowledged_at"] is None
    assert int(file.headers["content-length"]) == len(file.content)
    assert file.headers["etag"] == f'"{manifest["sha256"]}"'
    assert file.headers["digest"] == "sha-256=" + base64.b64encode(bytes.fromhex(manifest["sha256"])).decode()


def test_the_lines_by_cursor_are_those_of_the_file(payroll):
    whole = list(csv.DictReader(io.StringIO(payroll.get(f"{MONTHS}/2026-10/lines.csv").text)))
    got, cursor = [], None
    while True:
        page = payroll.get(f"{MONTHS}/2026-10/lines", params={"limit": 5} | ({"cursor": cursor} if cursor else {})).json()
        got += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert got == whole
    assert all(isinstance(line["points"], str) for line in got)


def test_the_bytes_are_the_same_for_ever(payroll, october, company):
    before = payroll.get(f"{MONTHS}/2026-10/lines.csv").content
    make_sale(company, october[9])
    assert adjust_closed_months(company, now=CLOSING + timedelta(days=1))["late_wins"] == 1
    company.commit()
    assert payroll.get(f"{MONTHS}/2026-10/lines.csv").content == before


def test_who_holds_the_file_is_told_so(payroll):
    etag = payroll.get(f"{MONTHS}/2026-10/lines.csv").headers["etag"]
    for held in (etag, f'"other", W/{etag}', "*"):
        again = payroll.get(f"{MONTHS}/2026-10/lines.csv", headers={"If-None-Match": held})
        assert (again.status_code, again.content) == (304, b"")
    assert payroll.get(f"{MONTHS}/2026-10/lines.csv", headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_cut_pull_is_resumed(payroll):
    whole = payroll.get(f"{MONTHS}/2026-10/lines.csv")
    rest = payroll.get(f"{MONTHS}/2026-10/lines.csv", headers={"Range": "bytes=100-", "If-Range": whole.headers["etag"]})
    assert rest.status_code == 206
    assert whole.content[:100] + rest.content == whole.content
    assert rest.headers["content-range"] == f"bytes 100-{len(whole.content) - 1}/{len(whole.content)}"


def test_a_range_gives_what_it_names_or_everything(payroll):
    whole = payroll.get(f"{MONTHS}/2026-10/lines.csv").content
    for asked, status, length in (
        ("bytes=0-0", 206, 1),
        ("bytes=-7", 206, 7),
        ("bytes=5-9", 206, 5),
        ("bytes=0-999999999", 206, len(whole)),
        ("bytes=9-5", 200, len(whole)),
        ("bytes=-", 200, len(whole)),
        ("bytes=0-1,4-5", 200, len(whole)),
        ("lines=0-1", 200, len(whole)),
        ("nonsense", 200, len(whole)),
    ):
        answer = payroll.get(f"{MONTHS}/2026-10/lines.csv", headers={"Range": asked})
        assert (answer.status_code, len(answer.content)) == (status, length), asked
    outside = payroll.get(f"{MONTHS}/2026-10/lines.csv", headers={"Range": "bytes=999999-"})
    assert (outside.status_code, outside.headers["content-range"]) == (416, f"bytes */{len(whole)}")


def test_a_month_that_is_not_closed_is_a_conflict(payroll):
    for month in ("2026-09", "2026-11", "2098-12", "1971-01"):
        for path in ("", "/lines", "/lines.csv"):
            answer = payroll.get(f"{MONTHS}/{month}{path}")
            assert (answer.status_code, answer.json()["code"]) == (409, "month.not_closed")
            assert answer.headers["content-type"] == "application/problem+json"


def test_what_is_no_month_is_invalid(payroll):
    for month in ("2026-13", "1970-01", "2099-01", "october", "2026-1", "２０２６-10", "%00"):
        answer = payroll.get(f"{MONTHS}/{month}")
        assert answer.status_code == 422, month
        assert answer.json()["errors"][0]["field"] == "month"


def test_a_wrong_page_is_invalid(payroll):
    for query in ("limit=0", "limit=-1", "limit=x", "cursor=x", "cursor=%00", "cursor=" + "A" * 501):
        assert payroll.get(f"{MONTHS}/2026-10/lines?{query}").status_code == 422, query


def test_payroll_acknowledges_exactly_what_it_pulled_as_often_as_it_likes(payroll):
    manifest = payroll.get(f"{MONTHS}/2026-10").json()
    body = {"sha256": manifest["sha256"], "row_count": manifest["row_count"]}
    first = payroll.post(f"{MONTHS}/2026-10/acknowledgement", json=body)
    assert first.status_code == 200
    assert payroll.post(f"{MONTHS}/2026-10/acknowledgement", json=body).json() == first.json()
    assert payroll.get(f"{MONTHS}/2026-10").json()["acknowledged_at"] == first.json()["acknowledged_at"]


def test_another_file_is_not_acknowledged(payroll):
    manifest = payroll.get(f"{MONTHS}/2026-10").json()
    for wrong in ({"sha256": "0" * 64}, {"row_count": 11}):
        body = {"sha256": manifest["sha256"], "row_count": manifest["row_count"]} | wrong
        answer = payroll.post(f"{MONTHS}/2026-10/acknowledgement", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "payroll.file_differs")
    assert payroll.get(f"{MONTHS}/2026-10").json()["acknowledged_at"] is None


def test_a_wrong_acknowledgement_is_invalid(payroll):
    sha256 = "0" * 64
    for row_count in ("-1", "1e400", "NaN", '"1"', "1.5", "null", str(2**63)):
        body = f'{{"sha256": "{sha256}", "row_count": {row_count}}}'
        answer = payroll.post(f"{MONTHS}/2026-10/acknowledgement", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422, body
    for other in ({}, [], {"sha256": "x", "row_count": 1}, {"sha256": sha256, "row_count": 1, "more": 1}):
        assert payroll.post(f"{MONTHS}/2026-10/acknowledgement", json=other).status_code == 422, other


def test_only_the_payroll_system_may_pull_and_acknowledge(client_as, october):
    body = {"sha256": "0" * 64, "row_count": 1}
    for login, status in ((None, 401), ("ana", 403), ("chen", 403), ("ada", 403)):
        client = client_as(login)
        for path in ("", "/2026-10", "/2026-10/lines", "/2026-10/lines.csv"):
            assert client.get(f"{MONTHS}{path}").status_code == status
        assert client.post(f"{MONTHS}/2026-10/acknowledgement", json=body).status_code == status
