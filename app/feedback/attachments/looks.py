"""How a photo looks, in 64 bits that stay nearly the same when it is made smaller, brighter or encoded anew (pure).

The difference hash: of 9 x 8 grey squares each is or is not brighter than the one to its right (N. Krawetz, 2013).
"""

from io import BytesIO

import numpy as np
from PIL import Image

from app.feedback.attachments.kinds import Kind

WIDTH, HEIGHT = 9, 8
BYTES = 8


def look_of(kind: Kind, content: bytes) -> bytes:
    """The look of a clean image of this kind, 8 bytes; none of a document."""
    if kind.decoder is None:
        return b""
    with Image.open(BytesIO(content), formats=[kind.decoder]) as image:
        image.draft("L", (WIDTH * 32, HEIGHT * 32))  # of a JPEG no more is decoded than is needed
        grey = np.asarray(image.convert("RGB").convert("L").resize((WIDTH, HEIGHT), Image.Resampling.BOX), dtype=np.int16)
    return np.packbits(grey[:, :-1] > grey[:, 1:]).tobytes()


def as_number(look: bytes) -> int | None:
    """The look as the database keeps it; None where there is none."""
    return int.from_bytes(look, signed=True) if look else None
