"""Files with the same bytes on every host: PNG, PDF and SVG, each carrying its provenance.

What compresses decides the bytes. Pillow 13.0 was built with zlib-ng, and its wheel still loads the
host's ``libz.so.1`` (``ldd``), as do CPython's ``zlib`` and with it Matplotlib's PDF writer; zlib and
zlib-ng give different bytes for one input. So everything is compressed with ``deflate`` 0.9:
libdeflate, linked in (``ldd`` shows libc alone), at the version of the lock.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast
from xml.sax.saxutils import escape

import deflate
import numpy as np
import numpy.typing as npt
from matplotlib.backends import backend_svg
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    EncodedStreamObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from figproof.canonical import to_json_bytes

PRODUCER = "figproof"

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_KEYWORD = b"figproof"
# End of the keyword; not compressed; of no language.
_PLAIN_TEXT = b"\0\0\0\0\0"
_LEVEL = 9
_METRE_IN = 0.0254

Pixels = npt.NDArray[np.uint8]


def provenance_text(provenance: Mapping[str, Any]) -> str:
    r"""Canonical JSON in ASCII: other characters, lone surrogates too, are ``\uXXXX``.

    So no format's rules on characters and encodings apply to what runs are called.
    """
    plain = json.loads(to_json_bytes(provenance).decode("utf-8", "surrogatepass"))
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def on_white(rgba: Pixels) -> Pixels:
    """Blend RGBA pixels, shape (height, width, 4), with white paper; returns (height, width, 3)."""
    if rgba[..., 3].min() == 255:
        # The usual case, and at 600 dpi the arithmetic below costs half a second.
        return rgba[..., :3]
    alpha = rgba[..., 3:].astype(np.uint16)
    colour = rgba[..., :3].astype(np.uint16)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def png(
    pixels: Pixels,
    dpi: int | None = None,
    provenance: Mapping[str, Any] | None = None,
    description: str = "",
) -> bytes:
    """Encode pixels as PNG.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3 or 4)
        RGB or RGBA.
    dpi : int, optional
        Written as pixels per metre (``pHYs``).
    provenance : mapping, optional
        Written as ``iTXt`` under the keyword ``figproof``.
    description : str
        Alternative text, as ``iTXt`` under the registered keyword ``Description``.
    """
    height, width, channels = pixels.shape
    colour_type = {3: 2, 4: 6}[channels]
    chunks = [_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0))]
    if dpi is not None:
        per_metre = round(dpi / _METRE_IN)
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)))
    if provenance is not None:
        text = provenance_text(provenance).encode("ascii")
        chunks.append(_chunk(b"iTXt", PNG_KEYWORD + _PLAIN_TEXT + text))
    if description:
        chunks.append(_chunk(b"iTXt", b"Description" + _PLAIN_TEXT + description.encode("utf-8")))
    chunks.append(_chunk(b"IDAT", _scanlines(pixels.reshape(height, width * channels))))
    return b"".join([PNG_SIGNATURE, *chunks, _chunk(b"IEND", b"")])


def _scanlines(flat: Pixels) -> bytes:
    """Compress rows as they are and as differences to the row above, and keep the smaller."""
    plain = np.zeros((flat.shape[0], 1 + flat.shape[1]), dtype=np.uint8)
    plain[:, 1:] = flat
    above = plain.copy()
    above[:, 0] = 2
    above[1:, 1:] -= flat[:-1]
    return min((bytes(deflate.zlib_compress(rows.tobytes(), _LEVEL)) for rows in (plain, above)), key=len)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", deflate.crc32(kind + content))


def pdf(plain: bytes, title: str, provenance: Mapping[str, Any], description: str = "") -> bytes:
    """Rewrite a PDF that Matplotlib wrote uncompressed: streams deflated, fixed metadata, provenance.

    Parameters
    ----------
    plain : bytes
        Written with ``pdf.compression: 0`` and no dates.
    title : str
        Document title: the figure's id.
    provenance : mapping
        Written into the Info dictionary as ``/figproof``.
    description : str
        Alternative text: the page's content becomes a ``/Figure`` with this ``/Alt`` (PDF 2.0, 14.9.3).
    """
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(plain)))
    if description:
        _tag_as_figure(writer, description)
    for number, item in enumerate(writer._objects):
        if isinstance(item, StreamObject) and "/Filter" not in item:
            writer._objects[number] = _deflated(item)
    writer.metadata = {
        NameObject("/Producer"): TextStringObject(PRODUCER),
        NameObject("/Title"): TextStringObject(title),
        NameObject("/figproof"): TextStringObject(provenance_text(provenance)),
    }
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _tag_as_figure(writer: PdfWriter, description: str) -> None:
    """Make all that is painted one figure of a structure tree, for readers that read it aloud."""
    page = writer.pages[0]
    content = cast(StreamObject, page["/Contents"].get_object())
    content.set_data(b"/Figure <</MCID 0>> BDC\n" + content.get_data() + b"\nEMC\n")
    tree = DictionaryObject({NameObject("/Type"): NameObject("/StructTreeRoot")})
    root = writer._add_object(tree)
    element = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/StructElem"),
            NameObject("/S"): NameObject("/Figure"),
            NameObject("/P"): root,
            NameObject("/Pg"): page.indirect_reference,
            NameObject("/K"): NumberObject(0),
            NameObject("/Alt"): TextStringObject(description),
        }
    )
    figure = writer._add_object(element)
    tree[NameObject("/K")] = figure
    parents = ArrayObject([NumberObject(0), ArrayObject([figure])])
    tree[NameObject("/ParentTree")] = DictionaryObject({NameObject("/Nums"): parents})
    page[NameObject("/StructParents")] = NumberObject(0)
    marked = DictionaryObject({NameObject("/Marked"): BooleanObject(True)})
    writer.root_object[NameObject("/MarkInfo")] = marked
    writer.root_object[NameObject("/StructTreeRoot")] = root


def _deflated(stream: StreamObject) -> EncodedStreamObject:
    encoded = EncodedStreamObject()
    encoded.update({key: value for key, value in stream.items() if key != "/Length"})
    encoded[NameObject("/Filter")] = NameObject("/FlateDecode")
    content = bytes(deflate.zlib_compress(stream.get_data(), _LEVEL))
    encoded[NameObject("/Length")] = NumberObject(len(content))
    encoded._data = content
    encoded.indirect_reference = stream.indirect_reference
    return encoded


def svg(plain: bytes, provenance: Mapping[str, Any], description: str = "") -> bytes:
    """Put provenance into an SVG that Matplotlib wrote, as escaped text of ``<metadata>``.

    Alternative text comes before it as ``<desc>``, its first child, where readers look for it.
    """
    start = plain.index(b">", plain.index(b"<svg ")) + 1
    text = escape(provenance_text(provenance)).encode("ascii")
    desc = b"\n <desc>" + escape(description).encode("utf-8") + b"</desc>" if description else b""
    return plain[:start] + desc + b'\n <metadata id="figproof">' + text + b"</metadata>" + plain[start:]


class _SvgImage:
    """Stands in for ``PIL.Image`` in Matplotlib's SVG writer, which embeds images as PNG."""

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = pixels

    @classmethod
    def fromarray(cls, pixels: Pixels) -> _SvgImage:
        return cls(pixels)

    def save(self, buffer: io.BytesIO, format: str) -> None:
        buffer.write(png(self._pixels))


@contextmanager
def svg_images_as_ours() -> Iterator[None]:
    """Let Matplotlib's SVG writer embed images with :func:`png`; their ids are hashes of these bytes."""
    module = cast(Any, backend_svg)
    before, module.Image = module.Image, _SvgImage
    try:
        yield
    finally:
        module.Image = before
