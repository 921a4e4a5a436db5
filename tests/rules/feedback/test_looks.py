"""How photos look: the same picture again is known whatever was done to its file."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from app.feedback.attachments.kinds import KINDS
from app.feedback.attachments.looks import as_number, look_of

JPEG, PNG = KINDS["image/jpeg"], KINDS["image/png"]


def _picture(seed: int) -> Image.Image:
    """Some coloured patches, as a street has."""
    patches = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((640, 480), Image.Resampling.BICUBIC)


def _file(image: Image.Image, kind: str = "JPEG", **how) -> bytes:
    out = BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def _apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


@pytest.mark.parametrize(
    ("kind", "again"),
    [
        (JPEG, _file(_picture(1), quality=40)),
        (JPEG, _file(_picture(1).resize((200, 150)))),
        (JPEG, _file(_picture(1).point(lambda value: value * 0.8))),
        (PNG, _file(_picture(1), "PNG")),
    ],
    ids=["encoded anew", "smaller", "darker", "as PNG"],
)
def test_the_same_picture_looks_the_same(kind, again):
    assert _apart(look_of(JPEG, _file(_picture(1), quality=90)), look_of(kind, again)) <= 4


def test_other_pictures_look_otherwise():
    looks = [look_of(JPEG, _file(_picture(seed))) for seed in range(12)]
    assert min(_apart(one, other) for at, one in enumerate(looks) for other in looks[:at]) > 12


def test_a_document_has_no_look():
    assert as_number(look_of(KINDS["application/pdf"], b"%PDF-1.7")) is None


def test_the_number_keeps_all_64_bits():
    assert [as_number(bytes([255] * 8)), as_number(bytes([0] * 7 + [5]))] == [-1, 5]
