"""Photos and documents as phones send them, and as somebody who means harm would."""

import struct
import zlib
from io import BytesIO

import pikepdf
from PIL import Image

MARK = b"SECRETMARK"
_PNG = b"\x89PNG\r\n\x1a\n"


def photo(kind: str = "JPEG", size: tuple[int, int] = (320, 200), mode: str = "RGB") -> bytes:
    """An image with a place, a camera and a comment in it, lying on its side."""
    image = Image.linear_gradient("L").resize(size).convert(mode)
    exif = image.getexif()
    exif[0x010F], exif[0x0112] = MARK.decode(), 6
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (39.0, 7.0, 12.0)
    out = BytesIO()
    more = {"comment": MARK} if kind == "JPEG" else {"xmp": MARK} if kind == "WEBP" else {}
    image.save(out, kind, exif=exif, **more)
    return out.getvalue()


def document(pages: int = 1) -> bytes:
    """A PDF with everything in it that is not to be seen, and a photo that is."""
    pdf = pikepdf.Pdf.new()
    for _ in range(pages):
        pdf.add_blank_page()
    mark = MARK.decode()
    pdf.docinfo["/Author"] = mark
    with pdf.open_metadata() as metadata:
        metadata["dc:creator"] = [mark]
    pdf.attachments["run.exe"] = pikepdf.AttachedFileSpec(pdf, MARK * 3, filename="run.exe")
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=f"{mark}()")
    pdf.Root.OpenAction = script
    page = pdf.pages[0]
    page.obj["/AA"] = pikepdf.Dictionary(O=script)
    page.Annots = pikepdf.Array(
        [
            pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=script),
            pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FileAttachment, Rect=[0, 0, 9, 9], Contents=mark),
        ]
    )
    image = pikepdf.Stream(pdf, photo())
    image.Type, image.Subtype, image.Filter = pikepdf.Name.XObject, pikepdf.Name.Image, pikepdf.Name.DCTDecode
    image.Width, image.Height, image.BitsPerComponent, image.ColorSpace = 320, 200, 8, pikepdf.Name.DeviceRGB
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
    page.Contents = pikepdf.Stream(pdf, b"q 320 0 0 200 0 0 cm /I Do Q")
    out = BytesIO()
    pdf.save(out, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def locked_document() -> bytes:
    """A PDF that asks for a password."""
    pdf = pikepdf.Pdf.new()
    pdf.add_blank_page()
    out = BytesIO()
    pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


def png_bomb(width: int, height: int) -> bytes:
    """A small PNG of very many pixels."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(width // 8 + 1)) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return _PNG + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def png_text_bomb(unpacked: int) -> bytes:
    """A PNG of one pixel with a comment that unpacks to very much."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    text = b"Comment\x00\x00" + zlib.compress(bytes(unpacked), 9)
    pixels = zlib.compress(b"\x00\x00")
    return _PNG + _chunk(b"IHDR", header) + _chunk(b"zTXt", text) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def pdf_bomb(unpacked: int) -> bytes:
    """A PDF whose objects lie in a stream that unpacks to very much."""
    objects = b"1 0 2 40 <</Type/Catalog/Pages 2 0 R>>      <</Type/Pages/Kids[]/Count 0>>".ljust(10**6, b"\x00")
    first, more = _flushed(objects), _flushed(bytes(10**6))
    packed = b"\x78\x9c" + first + more * (unpacked // 10**6)
    body = b"%PDF-1.5\n"
    holder = len(body)
    body += (
        b"3 0 obj <</Type/ObjStm/N 2/First 8/Filter/FlateDecode/Length %d>> stream\n" % len(packed)
        + packed
        + b"\nendstream endobj\n"
    )
    table = len(body)
    entries = b"\x00\x00\x00\x00\x00\xff" + b"".join(
        struct.pack(">BIB", *entry) for entry in ((2, 3, 0), (2, 3, 1), (1, holder, 0), (1, table, 0))
    )
    body += b"4 0 obj <</Type/XRef/Size 5/W[1 4 1]/Root 1 0 R/Length %d>> stream\n" % len(entries) + entries
    return body + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % table


def _flushed(content: bytes) -> bytes:
    """Raw deflate of the content that any other may follow."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
