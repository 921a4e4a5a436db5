"""What is kept of a file is what is to be seen, whatever else was in it; what cannot be made clean is refused."""

from io import BytesIO

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.feedback.attachments.cleaning import LONGEST_SIDE, MOST_PAGES, Unclean, bare_jpeg, clean
from app.feedback.attachments.kinds import KINDS, find_kind
from tests.hostile_files import MARK, document, locked_document, photo, png_bomb, png_text_bomb

JPEG, PNG, WEBP, PDF = KINDS.values()
IMAGES = [(JPEG, "JPEG"), (PNG, "PNG"), (WEBP, "WEBP")]


def opened(content):
    return Image.open(BytesIO(content))


@pytest.mark.parametrize(("kind", "name"), IMAGES)
def test_an_image_keeps_its_pixels_upright_and_nothing_else(kind, name):
    dirty = photo(name)
    assert MARK in dirty
    kept = clean(kind, dirty)
    image = opened(kept)
    assert (find_kind(kept), image.format, image.size) == (kind, name, (200, 320))  # its note said that it lay on its side
    assert MARK not in kept
    assert dict(image.getexif()) == {}
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background", "timestamp", "duration"}
    assert clean(kind, kept)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "I;16"])
def test_an_image_of_any_colours_is_kept(mode):
    out = BytesIO()
    Image.new("L", (40, 30), 90).convert("RGB" if mode == "P" else "L").convert(mode).save(out, "PNG")
    assert opened(clean(PNG, out.getvalue())).size == (40, 30)


@pytest.mark.parametrize(("kind", "name"), IMAGES)
def test_a_second_file_behind_an_image_does_not_survive(kind, name):
    kept = clean(kind, photo(name) + b"PK\x03\x04" + MARK + b"<script>")
    assert MARK not in kept
    assert b"<script>" not in kept


def test_a_large_image_is_made_small_enough():
    out = BytesIO()
    Image.new("RGB", (LONGEST_SIDE * 2, 100)).save(out, "JPEG")
    assert opened(clean(JPEG, out.getvalue())).width <= LONGEST_SIDE


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        (PNG, png_bomb(20_000, 20_000), "pixels"),
        (PNG, png_text_bomb(80_000_000), "opened"),
        (JPEG, photo()[:-400], "opened"),
        (JPEG, b"\xff\xd8\xff" + b"<html><script>", "opened"),
        (PNG, photo("JPEG"), "opened"),
        (JPEG, photo("PNG"), "opened"),
        (WEBP, b"RIFF\x00\x00\x00\x00WEBPVP8 ", "opened"),
        (PDF, locked_document(), "password"),
        (PDF, document(MOST_PAGES + 1), "pages"),
        (PDF, b"%PDF-1.7\n" + b"\x00" * 500, "opened"),
    ],
)
def test_what_cannot_be_made_clean_is_refused_and_says_what_was_expected(kind, content, expected):
    with pytest.raises(Unclean, match=expected):
        clean(kind, content)


def test_a_pdf_keeps_its_pages_and_pictures_and_nothing_that_runs_or_tells():
    dirty = document(3)
    assert dirty.count(MARK) > 4
    kept = clean(PDF, dirty)
    pdf = pikepdf.open(BytesIO(kept))
    assert (find_kind(kept), len(pdf.pages), len(pdf.attachments)) == (PDF, 3, 0)
    out = BytesIO()
    pdf.save(out, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    for forgotten in (
        MARK,
        b"/JavaScript",
        b"/OpenAction",
        b"/EmbeddedFile",
        b"/FileAttachment",
        b"/Metadata",
        b"/Author",
        b"/AA",
    ):
        assert forgotten not in out.getvalue(), forgotten
    assert pikepdf.PdfImage(pdf.pages[0].Resources.XObject.I).as_pil_image().size == (320, 200)


def test_what_stands_before_or_behind_a_pdf_does_not_survive():
    assert find_kind(b"MZ" + document()) is None
    assert MARK not in clean(PDF, document() + b"\nPK\x03\x04" + MARK)


def test_the_marks_in_a_jpeg_go_and_its_picture_stays():
    bare = bare_jpeg(photo())
    assert MARK not in bare
    assert opened(bare).tobytes() == opened(photo()).tobytes()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (photo("JPEG"), JPEG), (photo("PNG"), PNG), (photo("WEBP"), WEBP), (document(), PDF), (b"", None), (b"GIF89a", None),
        (b"RIFF\x00\x00\x00\x00WAVE", None), (b"<svg xmlns='x'/>", None), (b"PK\x03\x04", None), (b"MZ", None),
    ],
)  # fmt: skip
def test_a_kind_is_known_by_content_alone(content, kind):
    assert find_kind(content) == kind


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(list(KINDS.values())), data=st.data())
def test_whatever_is_broken_in_a_file_it_is_kept_clean_or_refused(kind, data):
    whole = bytearray(document() if kind is PDF else photo(kind.decoder))
    for _ in range(data.draw(st.integers(1, 20))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        kept = clean(kind, bytes(whole))
    except Unclean:
        return
    assert find_kind(kept) == kind
