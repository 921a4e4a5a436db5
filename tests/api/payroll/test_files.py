"""The files of a closed month by version: signed, resumable, acknowledged one by one."""

import hashlib
import json
from base64 import urlsafe_b64decode
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.core.db import set_scope
from app.points.closing.close import close_month
from app.points.late.service import adjust_closed_months
from app.points.ledger.sealing import seal_ledger
from app.points.payroll.files import make_delta_file
from tests.truth import CLOSING, OCTOBER, make_anas_october, make_sale

FILES = "/payroll/v1/months/2026-10/files"
LATER = CLOSING + timedelta(days=1)


@pytest.fixture
def october(company):
    """Ana's October, closed, with a file of corrections."""
    orders = make_anas_october(company)
    close_month(company, month=OCTOBER, now=CLOSING)
    make_sale(company, orders[9])
    adjust_closed_months(company, now=LATER)
    make_delta_file(company, month=OCTOBER, now=LATER)
    company.commit()
    set_scope(company, scope="all")


@pytest.fixture
def payroll(client_as, october):
    """The payroll system, logged in."""
    return client_as("payroll")


def _bytes(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _message(file):
    names = ("month", "version", "row_count", "points_sum", "csv_sha256", "json_sha256")
    return "".join(f"{line}\n" for line in ("gridwork-payroll-1", *(file[name] for name in names))).encode()


def test_each_file_is_what_its_manifest_says_as_csv_and_as_json(payroll):
    first, second = payroll.get(FILES).json()["items"]
    assert [(one["version"], one["kind"], one["row_count"]) for one in (first, second)] == [
        (1, "month", 12),
        (2, "corrections", 1),
    ]
    for file in (first, second):
        assert payroll.get(f"{FILES}/{file['version']}").json() == file
        as_csv = payroll.get(f"{FILES}/{file['version']}/lines.csv")
        as_json = payroll.get(f"{FILES}/{file['version']}/lines.json")
        assert hashlib.sha256(as_csv.content).hexdigest() == file["csv_sha256"]
        assert hashlib.sha256(as_json.content).hexdigest() == file["json_sha256"]
        told = as_json.json()
        assert (told["month"], told["version"], told["row_count"]) == ("2026-10", file["version"], len(told["lines"]))
        assert as_csv.text.splitlines()[1:] == [",".join(line.values()) for line in told["lines"]]
    assert payroll.get(f"{FILES}/1/lines.csv").content == payroll.get("/payroll/v1/months/2026-10/lines.csv").content


def test_the_signature_is_by_the_key_that_is_shown_and_over_nothing_else(payroll):
    key = payroll.get("/payroll/v1/key").json()
    public = Ed25519PublicKey.from_public_bytes(_bytes(key["public_key"]))
    for file in payroll.get(FILES).json()["items"]:
        assert (key["algorithm"], file["public_key"]) == ("Ed25519", key["public_key"])
        public.verify(_bytes(file["signature"]), _message(file))
        with pytest.raises(InvalidSignature):
            public.verify(_bytes(file["signature"]), _message(file | {"points_sum": "99.0000"}))


def test_a_cut_pull_is_resumed_in_both_forms(payroll):
    for form in ("csv", "json"):
        whole = payroll.get(f"{FILES}/1/lines.{form}")
        asked = {"Range": "bytes=77-", "If-Range": whole.headers["etag"]}
        rest = payroll.get(f"{FILES}/1/lines.{form}", headers=asked)
        assert (rest.status_code, whole.content[:77] + rest.content) == (206, whole.content)
        held = payroll.get(f"{FILES}/1/lines.{form}", headers={"If-None-Match": whole.headers["etag"]})
        assert held.status_code == 304


def test_each_version_is_acknowledged_by_itself_and_then_all_agrees(payroll):
    assert payroll.get("/payroll/v1/reconciliation").json()["waiting"] == 2
    for file in payroll.get(FILES).json()["items"]:
        body = {"sha256": file["csv_sha256"], "row_count": file["row_count"]}
        path = f"{FILES}/{file['version']}/acknowledgement"
        wrong = payroll.post(path, json=body | {"sha256": "0" * 64})
        assert (wrong.status_code, wrong.json()["code"]) == (409, "payroll.file_differs")
        kept = payroll.post(path, json=body)
        assert kept.status_code == 200
        assert payroll.post(path, json=body).json() == kept.json()
        assert payroll.get(f"{FILES}/{file['version']}").json()["acknowledged_at"] == kept.json()["acknowledged_at"]
    found = payroll.get("/payroll/v1/reconciliation", params={"month": "2026-10"}).json()
    assert (found["agrees"], found["waiting"], found["differences"], found["months"]) == (True, 0, [], ["2026-10"])


def test_a_file_names_the_seal_over_its_lines_once_there_is_one(payroll, company):
    assert {file["ledger_seal"] for file in payroll.get(FILES).json()["items"]} == {None}
    seal_ledger(company, now=LATER)
    company.commit()
    assert all(len(file["ledger_seal"]) == 64 for file in payroll.get(FILES).json()["items"])


def test_a_version_that_is_not_there_is_not_found_and_what_is_none_is_invalid(payroll):
    for path in ("", "/lines.csv", "/lines.json"):
        answer = payroll.get(f"{FILES}/3{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "payroll.unknown_file")
        for wrong in ("0", "-1", "x", "1.5", "%00", "9" * 30):
            assert payroll.get(f"{FILES}/{wrong}{path}").status_code == 422, wrong
        open_month = payroll.get(f"/payroll/v1/months/2026-11/files/1{path}")
        assert (open_month.status_code, open_month.json()["code"]) == (409, "month.not_closed")
    body = {"sha256": "0" * 64, "row_count": 1}
    assert payroll.post(f"{FILES}/3/acknowledgement", json=body).status_code == 404
    assert payroll.post("/payroll/v1/months/2026-11/files/2/acknowledgement", json=body).status_code == 409
    assert payroll.get("/payroll/v1/reconciliation", params={"month": "october"}).status_code == 422


def test_only_the_payroll_system_sees_them(client_as, october):
    paths = (
        FILES,
        f"{FILES}/1",
        f"{FILES}/1/lines.csv",
        f"{FILES}/1/lines.json",
        "/payroll/v1/key",
        "/payroll/v1/reconciliation",
    )
    for login, status in ((None, 401), ("ana", 403), ("chen", 403), ("ada", 403)):
        client = client_as(login)
        for path in paths:
            assert client.get(path).status_code == status, path
        body = {"sha256": "0" * 64, "row_count": 1}
        assert client.post(f"{FILES}/1/acknowledgement", json=body).status_code == status


def test_the_json_is_pinned(payroll):
    """Its bytes follow from the CSV: whoever changes how must not change those of files that were pulled before."""
    from app.points.payroll.json_format import write_json

    head = b"entry_id,month,staff_no,component,kind,points,refers_to_entry,reason\n"
    content = head + b"7,2026-11,\xe7\x8e\x8b,success,reversal,-1.5000,3,x\n"
    made = write_json(content, month="2026-10", version=2)
    assert made.decode() == (
        '{"month":"2026-10","version":2,"row_count":1,"lines":[\n'
        '{"entry_id":"7","month":"2026-11","staff_no":"王","component":"success","kind":"reversal","points":"-1.5000",'
        '"refers_to_entry":"3","reason":"x"}\n]}\n'
    )
    assert json.loads(write_json(head, month="2026-10", version=2))["lines"] == []
