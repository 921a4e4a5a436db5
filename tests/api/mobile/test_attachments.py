"""Attachments over HTTP: announced, sent in pieces over a bad net, checked by content, given to who manages the grid."""

import hashlib
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, text, update

from app.core import clock
from app.core.db import set_scope
from app.core.storage import storage_of
from app.feedback.attachments.purge import KEPT, ORPHANED, UNFINISHED, purge_attachments
from app.feedback.attachments.service import SMALLEST_PIECE
from app.jobs.leftovers import look_at_all_photos, sweep_files
from app.jobs.queries import named_files
from app.jobs.steps import run_in_steps
from app.models.attachment import Attachment
from tests.factories import NOW, make_work_order, staff
from tests.hostile_files import MARK, document, locked_document, photo, png_bomb
from tests.phones import Phone, report

URL = "/mobile/v1/attachments"


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def order(company):
    made = make_work_order(company)
    keep(company)
    return made


@pytest.fixture
def phone(client_as, order):
    return client_as("ana")


def keep(session):
    session.commit()
    set_scope(session, scope="all")


def announce(client, order, content, kind="image/jpeg", **overrides):
    said = {
        "id": str(uuid.uuid4()),
        "work_order_id": order.id,
        "content_type": kind,
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    } | overrides
    return said["id"], client.post(URL, json=said)


def piece(client, attachment_id, offset, content):
    headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
    return client.patch(f"{URL}/{attachment_id}", content=content, headers=headers)


def upload(client, order, content, kind="image/jpeg", **overrides):
    attachment_id, announced = announce(client, order, content, kind, **overrides)
    assert announced.status_code == 201, announced.text
    return attachment_id, piece(client, attachment_id, 0, content)


def how_far(client, attachment_id):
    return int(client.head(f"{URL}/{attachment_id}").headers["Upload-Offset"])


def large_photo():
    """Of some 100 kB."""
    return photo("PNG", (320, 200)) + os.urandom(100_000)


def test_a_photo_comes_in_pieces_and_is_kept_without_what_it_told(client_as, phone, order):
    content = large_photo()
    attachment_id, announced = announce(phone, order, content, "image/png")
    assert (announced.status_code, announced.json()["offset"], announced.json()["complete"]) == (201, 0, False)
    offset = 0
    for start in range(0, len(content), 40_000):
        taken = piece(phone, attachment_id, start, content[start : start + 40_000])
        offset = min(start + 40_000, len(content))
        assert (taken.status_code, taken.headers["Upload-Offset"], how_far(phone, attachment_id)) == (204, str(offset), offset)
    _, again = announce(phone, order, content, "image/png", id=attachment_id)
    assert (again.status_code, again.json()["offset"], again.json()["complete"]) == (200, len(content), True)
    got = client_as("chen").get(f"/dashboard/v1/attachments/{attachment_id}")
    assert (got.status_code, got.headers["Content-Type"], got.headers["X-Content-Type-Options"]) == (200, "image/png", "nosniff")
    assert got.headers["Content-Disposition"] == f'attachment; filename="{attachment_id}.png"'
    assert MARK not in got.content
    assert got.content.startswith(b"\x89PNG")


def test_how_a_photo_looks_is_kept_beside_it_and_the_same_photo_in_another_file_looks_so_too(phone, order, company):
    looks = []
    for content, kind in ((photo(size=(320, 200)), "image/jpeg"), (photo("PNG", size=(640, 400)), "image/png")):
        attachment_id, taken = upload(phone, order, content, kind)
        assert taken.status_code == 204
        looks.append(company.scalar(select(Attachment.look).where(Attachment.id == uuid.UUID(attachment_id))))
    assert None not in looks
    assert (looks[0] ^ looks[1]).bit_count() <= 4
    attachment_id, _ = upload(phone, order, document(), "application/pdf")
    assert company.scalar(select(Attachment.look).where(Attachment.id == uuid.UUID(attachment_id))) is None


def test_a_document_is_kept_without_what_runs_in_it(client_as, phone, order):
    attachment_id, taken = upload(phone, order, document(), "application/pdf")
    assert taken.status_code == 204
    assert MARK not in client_as("bea").get(f"/dashboard/v1/attachments/{attachment_id}").content


@pytest.mark.parametrize("who", ["ana", "fu", "pia", None])
def test_nobody_else_gets_it(client_as, phone, order, who):
    attachment_id, _ = upload(phone, order, photo())
    assert client_as(who).get(f"/dashboard/v1/attachments/{attachment_id}").status_code == {"fu": 404, None: 401}.get(who, 403)


@pytest.mark.parametrize("by", ["bo", "dee"])
def test_another_manager_neither_sees_nor_continues_it(client_as, phone, order, by):
    content = large_photo()
    attachment_id, _ = announce(phone, order, content, "image/png")
    other = client_as(by)
    assert other.head(f"{URL}/{attachment_id}").status_code == 404
    assert piece(other, attachment_id, 0, content).status_code == 404
    assert announce(other, order, content, "image/png", id=attachment_id)[1].status_code == 404  # it is not their order either


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (photo("PNG"), "image/jpeg"),
        (document(), "image/jpeg"),
        (b"GIF89a" + bytes(100), "image/png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "image/webp"),
        (b"PK\x03\x04" + document(), "application/pdf"),
        (png_bomb(20_000, 20_000), "image/png"),
        (locked_document(), "application/pdf"),
        (photo()[:200], "image/jpeg"),
    ],
)
def test_what_is_not_what_it_says_or_cannot_be_made_clean_is_refused_for_ever(client_as, phone, order, content, kind):
    attachment_id, refused = upload(phone, order, content, kind)
    assert (refused.status_code, refused.json()["code"]) == (422, "attachment.refused")
    again = piece(phone, attachment_id, 0, content)
    assert (again.status_code, again.json()["detail"]) == (422, refused.json()["detail"])
    told = announce(phone, order, content, kind, id=attachment_id)[1].json()
    assert (told["complete"], told["refused_because"] in refused.json()["detail"]) == (False, True)
    assert client_as("chen").get(f"/dashboard/v1/attachments/{attachment_id}").status_code == 404


def test_a_second_file_behind_a_photo_is_gone(client_as, phone, order):
    attachment_id, taken = upload(phone, order, photo() + b"PK\x03\x04" + MARK)
    assert taken.status_code == 204
    assert MARK not in client_as("chen").get(f"/dashboard/v1/attachments/{attachment_id}").content


def test_with_a_wrong_checksum_it_begins_again(phone, order):
    content = photo()
    attachment_id, _ = announce(phone, order, content)
    damaged = piece(phone, attachment_id, 0, content[:-1] + b"\x00")
    assert (damaged.status_code, damaged.json()["code"]) == (422, "attachment.wrong_checksum")
    assert how_far(phone, attachment_id) == 0
    assert piece(phone, attachment_id, 0, content).status_code == 204


def test_the_last_piece_again_changes_nothing(phone, order):
    content = photo()
    attachment_id, _ = upload(phone, order, content)
    assert piece(phone, attachment_id, 0, content).status_code == 204
    assert piece(phone, attachment_id, 0, content[:-1]).json()["code"] == "attachment.wrong_offset"


@pytest.mark.parametrize("offset", [1, 39_999, 40_001, 10**6, 2**31 - 1])
def test_a_wrong_offset_is_a_conflict_that_says_the_right_one(phone, order, offset):
    content = large_photo()
    attachment_id, _ = announce(phone, order, content, "image/png")
    piece(phone, attachment_id, 0, content[:40_000])
    wrong = piece(phone, attachment_id, offset, content[40_000:80_000])
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["offset"]) == (409, "attachment.wrong_offset", 40_000)


@pytest.mark.parametrize(("offset", "named"), [("-1", "Upload-Offset"), ("x", "Upload-Offset"), (str(2**63), "Upload-Offset")])
def test_an_offset_that_is_none_is_named(phone, order, offset, named):
    attachment_id, _ = announce(phone, order, photo())
    wrong = piece(phone, attachment_id, offset, b"x")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, named)


def test_a_piece_beyond_the_end_or_too_small_is_refused_and_nothing_of_it_kept(phone, order):
    content = large_photo()
    attachment_id, _ = announce(phone, order, content, "image/png")
    for wrong in (content + b"x", content[: SMALLEST_PIECE - 1], b""):
        refused = piece(phone, attachment_id, 0, wrong)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body")
    assert how_far(phone, attachment_id) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [("content_type", "image/gif"), ("content_type", "text/html"), ("size_bytes", 0), ("size_bytes", 10_000_001),
     ("sha256", "x"), ("sha256", "A" * 64), ("id", "x"), ("work_order_id", 0), ("more", 1)],
)  # fmt: skip
def test_a_wrong_field_is_named(phone, order, field, value):
    _, refused = announce(phone, order, photo(), **{field: value})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


def test_the_same_id_for_another_file_is_a_conflict(phone, order):
    attachment_id, _ = announce(phone, order, photo())
    _, other = announce(phone, order, document(), "application/pdf", id=attachment_id)
    assert (other.status_code, other.json()["code"]) == (409, "attachment.id_conflict")


def test_of_two_uploads_at_once_one_goes_on_and_the_other_is_told_where(phone, order):
    content = large_photo()
    attachment_id, _ = announce(phone, order, content, "image/png")
    for start in range(0, len(content), 40_000):
        barrier = Barrier(4)

        def send(_, barrier=barrier, start=start):
            barrier.wait()
            return piece(phone, attachment_id, start, content[start : start + 40_000])

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(send, range(4)))
        last = start + 40_000 >= len(content)
        assert sorted(a.status_code for a in answers) == ([204] * 4 if last else [204, 409, 409, 409])
    assert how_far(phone, attachment_id) == len(content)


def test_a_report_may_name_it_before_it_is_here(client_as, phone, order):
    content, attachment_id = photo(), str(uuid.uuid4())
    item = report(order.id, attachment_ids=[attachment_id], competitor={"operator": "Other", "monthly_price": 99.5})
    assert Phone(phone).send(item)[0]["status"] == "accepted"
    url = f"/dashboard/v1/work-orders/{order.id}/feedback"

    def shown():
        [one] = client_as("chen").get(url).json()["reports"]
        return one["attachments"][0]["standing"], one["competitor"]["monthly_price"]

    assert shown() == ("not_arrived", "99.5")
    announce(phone, order, content, id=attachment_id)
    assert shown()[0] == "arriving"
    piece(phone, attachment_id, 0, content)
    assert shown()[0] == "kept"
    assert client_as("fu").get(url).status_code == 404


def test_another_managers_file_is_never_shown_with_a_report(client_as, company, phone, order):
    other = make_work_order(company, customer_no="C03", manager="bo")
    keep(company)
    attachment_id, _ = upload(client_as("bo"), other, photo())
    Phone(phone).send(report(order.id, attachment_ids=[attachment_id]))
    [one] = client_as("chen").get(f"/dashboard/v1/work-orders/{order.id}/feedback").json()["reports"]
    assert one["attachments"][0]["standing"] == "not_arrived"


def test_a_return_may_show_a_photo_as_its_evidence(client_as, phone, order):
    attachment_id, _ = upload(phone, order, photo())
    url = f"/mobile/v1/work-orders/{order.id}/return"
    assert phone.put(url, json={"reason": "wrong_address"}).json()["errors"][0]["field"] == "note"
    assert (
        phone.put(url, json={"reason": "wrong_address", "attachment_ids": ["x"]}).json()["errors"][0]["field"]
        == "attachment_ids.0"
    )
    assert phone.put(url, json={"reason": "wrong_address", "attachment_ids": [attachment_id]}).status_code == 200
    [waiting] = client_as("chen").get("/dashboard/v1/returns").json()["items"]
    assert waiting["attachment_ids"] == [attachment_id]


def test_what_nobody_needs_goes_and_its_files_after_it(company, api, phone, order):
    unfinished, _ = announce(phone, order, photo())
    orphan, _ = upload(phone, order, photo())
    named, _ = upload(phone, order, photo())
    Phone(phone).send(report(order.id, attachment_ids=[named]))
    company.info["storage"] = storage_of(api.state.sessions())

    def left(after):
        purge_attachments(company, now=NOW + after + timedelta(minutes=1))
        found = {str(one) for one in company.scalars(select(Attachment.id))}
        company.rollback()
        set_scope(company, scope="all")
        return found

    keep(company)
    assert left(timedelta(days=6)) == {unfinished, orphan, named}
    assert left(UNFINISHED) == {orphan, named}
    assert left(ORPHANED) == {named}
    assert left(KEPT) == set()
    purge_attachments(company, now=NOW + ORPHANED + timedelta(minutes=1))
    files = {file.path for file in storage_of(company).list_files("attachments/kept")}
    assert len(files) == 2
    sweep_files(company, now=clock.now() + timedelta(days=5_000))
    [kept] = [file.path for file in storage_of(company).list_files("attachments")]
    assert kept in named_files(company)
    assert named in kept


def test_photos_kept_before_their_looks_were_are_looked_at_by_night(company, phone, order, sessions):
    first, _ = upload(phone, order, photo())
    lost, _ = upload(phone, order, photo(size=(200, 200)))
    upload(phone, order, document(), "application/pdf")
    look = select(Attachment.look).where(Attachment.id == uuid.UUID(first))
    before = company.scalar(look)
    company.execute(update(Attachment).values(look=None))
    storage_of(company).delete(company.get_one(Attachment, uuid.UUID(lost)).kept_path)
    keep(company)
    assert run_in_steps(sessions, "look-at-photos", look_at_all_photos) == {"looked_at": 1, "left": 1}
    assert company.scalar(look) == before is not None
    keep(company)
    assert run_in_steps(sessions, "look-at-photos", look_at_all_photos) == {"looked_at": 0, "left": 1}


def test_a_day_has_so_many_attachments_and_no_more(company, phone, order, monkeypatch):
    monkeypatch.setattr("app.feedback.attachments.service.MOST_A_DAY", 2)
    ids = [announce(phone, order, photo())[0] for _ in range(2)]
    _, refused = announce(phone, order, photo())
    assert (refused.status_code, refused.json()["code"], "Retry-After" in refused.headers) == (429, "attachment.too_many", True)
    assert announce(phone, order, photo(), id=ids[0])[1].status_code == 200
    keep(company)
    company.execute(update(Attachment).values(begun_at=NOW - timedelta(days=2)))
    keep(company)
    assert announce(phone, order, photo())[1].status_code == 201


def test_it_may_be_sent_for_an_order_that_went_to_a_colleague(company, phone, order):
    company.execute(text("UPDATE work_orders SET staff_id = :bo WHERE id = :id"), {"bo": staff(company, "bo").id, "id": order.id})
    keep(company)
    assert upload(phone, order, photo())[1].status_code == 204
