"""Photos of a report: made small and clean on the phone, kept in a box, sent in pieces over a net that breaks."""

import struct
import zlib

from playwright.sync_api import expect
from sqlalchemy import select

from app.models.attachment import Attachment
from app.models.feedback import ContactFeedback
from tests.phone import shelf
from tests.phone.conftest import without_background_sync
from tests.phone.test_syncing import sync
from tests.postgres import as_company

PIECE_BYTES = 128 * 1024


def picture(width, height):
    """A PNG of noise, which no camera's compression makes small."""
    state, rows = 7, []
    for _ in range(height):
        row = bytearray(b"\0")
        for _ in range(width):
            state = state * 1_103_515_245 + 12_345 & 0x7FFFFFFF
            row += state.to_bytes(4, "big")[:3]
        rows.append(bytes(row))
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", size), (b"IDAT", zlib.compress(b"".join(rows), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(kind, data) for kind, data in parts)


def _part(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_a_photo_goes_with_its_report_though_the_net_breaks_between_its_pieces(page, air, sessions):
    without_background_sync(page)
    air.down()
    page.get_by_role("link", name="记录结果 张伟").click()
    page.locator("summary").click()
    page.locator("input[type=file]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": picture(700, 500)})
    expect(page.get_by_role("button", name="已拍 1 张")).to_be_visible()
    page.get_by_role("button", name="有意向").click()
    expect(page.get_by_text("还有 2 条在手机上")).to_be_visible()
    (kept,) = [row for row in shelf.dump(page)["queue"] if row["kind"] == "attachment"]
    assert len(kept["bytes"]["content"]) > PIECE_BYTES
    assert "JFIF" not in kept["bytes"]["content"]
    pieces, broken = [], ["after the first piece"]

    def breaks(route):
        pieces.append(route.request.headers["upload-offset"])
        route.abort() if broken and pieces[-1] != "0" else route.continue_()

    page.route("**/mobile/v1/attachments/*", breaks)
    air.up()
    page.get_by_role("link", name="回到今日").click()
    sync(page)
    expect(page.get_by_text("还有 1 条在手机上")).to_be_visible()
    broken.clear()
    page.get_by_role("button", name="立即同步").click()
    expect(page.get_by_role("heading", name="全部已上传")).to_be_visible()
    assert pieces.count("0") == 1
    assert pieces.count(str(PIECE_BYTES)) >= 2
    with as_company(sessions) as session:
        photo = session.scalars(select(Attachment)).one()
        assert photo.completed_at is not None
        assert photo.content_type == "image/jpeg"
        assert session.scalars(select(ContactFeedback)).one().outcome == "interested"
