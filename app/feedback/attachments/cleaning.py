"""Attachments decoded and written anew: only what is to be seen stays. Runs in a process of its own (pure: bytes in, bytes out).

An image is decoded to its pixels and encoded again, so that no place, camera, comment or hidden second file is left. A PDF keeps
its pages; its information, metadata, scripts, actions and embedded files go, and so do the marks inside its JPEGs.
"""

from io import BytesIO
from typing import Any

import pikepdf
from PIL import Image, ImageOps

from app.feedback.attachments.kinds import Kind

MOST_PIXELS = 50_000_000
LONGEST_SIDE = 4_096
MOST_PAGES = 200
DEEPEST = 50
_FORGOTTEN = ("/Metadata", "/PieceInfo", "/OpenAction", "/AA", "/AF", "/JS", "/Perms", "/Collection", "/StructTreeRoot")
_NAMED = ("/EmbeddedFiles", "/JavaScript", "/URLS")
_ACTIONS = {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/Rendition", "/RichMediaExecute"}
_ANNOTATIONS = {"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"}
_JPEG = pikepdf.Name("/DCTDecode")
_ADOBE, _JFIF = 0xEE, 0xE0


class Unclean(ValueError):
    """It is not what it says, or cannot be made clean; the message is what was expected."""


def clean(kind: Kind, content: bytes) -> bytes:
    """The file written anew without anything but what is to be seen; raises Unclean."""
    try:
        return _clean_image(kind, content) if kind.decoder else _clean_pdf(content)
    except Unclean:
        raise
    except Exception as error:  # what decoders raise at broken files is not listed anywhere
        raise Unclean(f"a whole {kind.content_type} that can be opened") from error


def _clean_image(kind: Kind, content: bytes) -> bytes:
    Image.MAX_IMAGE_PIXELS = None  # asked below, where it is an answer and not a warning
    with Image.open(BytesIO(content), formats=[kind.decoder or ""]) as image:
        if image.width * image.height > MOST_PIXELS:
            raise Unclean(f"an image of at most {MOST_PIXELS // 1_000_000} million pixels")
        if image.format == "JPEG":
            image.draft(None, (LONGEST_SIDE, LONGEST_SIDE))  # decoded smaller at once: an eighth of the memory
        image.load()
        upright = ImageOps.exif_transpose(image)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    clear = upright.has_transparency_data and kind.decoder != "JPEG"
    plain = upright.convert("RGBA" if clear else "RGB")
    bare = Image.frombytes(plain.mode, plain.size, plain.tobytes())  # of the pixels alone, so that nothing comes along
    out = BytesIO()
    bare.save(out, kind.decoder, **({"optimize": False} if kind.decoder == "PNG" else {"quality": 88}))
    return out.getvalue()


def _clean_pdf(content: bytes) -> bytes:
    try:
        opened = pikepdf.open(BytesIO(content), access_mode=pikepdf.AccessMode.default)
    except pikepdf.PasswordError as error:
        raise Unclean("a PDF without a password") from error
    with opened as pdf:
        if pdf.is_encrypted:
            raise Unclean("a PDF without a password")
        if not 1 <= len(pdf.pages) <= MOST_PAGES:
            raise Unclean(f"a PDF of 1 to {MOST_PAGES} pages")
        _forget(pdf)
        out = BytesIO()
        pdf.save(out, linearize=False, deterministic_id=True, fix_metadata_version=False)
        return out.getvalue()


def _forget(pdf: pikepdf.Pdf) -> None:
    pdf.remove_unreferenced_resources()
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    _drop(pdf.Root, _FORGOTTEN)
    if "/Names" in pdf.Root:
        _drop(pdf.Root["/Names"], _NAMED)
    for found in list(pdf.objects):
        _forget_in(found, 0)
    for page in pdf.pages:
        if "/Annots" in page.obj:
            page.obj["/Annots"] = pikepdf.Array([one for one in page.obj["/Annots"] if not _is_loaded(one)])


def _forget_in(found: Any, depth: int) -> None:
    """In one object and what lies directly in it."""
    if depth > DEEPEST:
        raise Unclean("a PDF whose objects are not nested so deeply")
    if isinstance(found, pikepdf.Array):
        inside = list(found)
    elif isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
        _forget_fields(found)
        inside = [found[name] for name in found.keys()]  # noqa: SIM118  (it is no dict)
    else:
        return
    for one in inside:
        if isinstance(one, pikepdf.Dictionary | pikepdf.Array) and not one.is_indirect:
            _forget_in(one, depth + 1)


def _forget_fields(found: Any) -> None:
    _drop(found, _FORGOTTEN)
    for name in ("/A", "/Next"):
        if name in found and _is_action(found[name]):
            del found[name]
    filters: Any = found.get("/Filter")
    if isinstance(found, pikepdf.Stream) and filters in (_JPEG, pikepdf.Array([_JPEG])):
        parms: Any = found.get("/DecodeParms")
        found.write(bare_jpeg(found.read_raw_bytes()), filter=filters, decode_parms=parms)


def _drop(found: Any, names: tuple[str, ...]) -> None:
    for name in names:
        if name in found:
            del found[name]


def _is_action(found: Any) -> bool:
    return isinstance(found, pikepdf.Dictionary) and str(found.get("/S", "")) in _ACTIONS


def _is_loaded(annotation: Any) -> bool:
    return not isinstance(annotation, pikepdf.Dictionary) or str(annotation.get("/Subtype", "")) in _ANNOTATIONS


def bare_jpeg(content: bytes) -> bytes:
    """A JPEG without its comments and application segments, but for the two by which its colours are read."""
    kept, place = [content[:2]], 2
    while place + 4 <= len(content) and content[place] == 0xFF and content[place + 1] != 0xDA:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4], "big")
        said = marker == 0xFE or (0xE0 <= marker <= 0xEF and marker not in (_JFIF, _ADOBE))
        if not said:
            kept.append(content[place : place + 2 + length])
        place += 2 + length
    return b"".join(kept) + content[place:]
