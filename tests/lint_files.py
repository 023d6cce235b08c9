"""Small figure files for the tests of lint: PDFs by hand, and what Matplotlib writes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH_PT, HEIGHT_PT = 234.0, 144.0
_RC = {
    "font.size": 8,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "savefig.bbox": None,
    "lines.linewidth": 1.0,
    "svg.fonttype": "none",
}


def pdf(
    content: str | bytes,
    resources: str = "",
    objects: Sequence[str | bytes] = (),
    *,
    size: tuple[float, float] = (WIDTH_PT, HEIGHT_PT),
    root: str = "",
    page: str = "",
) -> bytes:
    """A PDF of one page; ``objects`` are number 9 and on; fonts: /F embedded, /Loose not.

    ``resources`` are added to those of the page, ``page`` and ``root`` to its and the catalogue's entries.
    """
    font = "<</Type/Font/Subtype/Type1/BaseFont/%s/Encoding/WinAnsiEncoding%s>>"
    known = [
        f"<</Type/Catalog/Pages 2 0 R{root}>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {size[0]} {size[1]}]/Contents 4 0 R{page}"
        f"/Resources<</Font<</F 5 0 R/Loose 6 0 R>>{resources}>>>>",
        stream("", content),
        font % ("Helvetica", "/FontDescriptor 7 0 R"),
        font % ("Times-Roman", ""),
        "<</Type/FontDescriptor/FontName/Helvetica/Flags 32/FontFile3 8 0 R>>",
        stream("/Subtype/Type1C", b"a font"),
    ]
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, item in enumerate([*known, *objects], start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + _bytes(item) + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, start)
    return bytes(out)


def stream(entries: str, data: str | bytes) -> bytes:
    """A stream object with more entries in its dictionary."""
    body = _bytes(data)
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (_bytes(entries), len(body), body)


def text(words: str, x: float, y: float, size: float = 8.0, font: str = "F") -> str:
    """Operators that show words."""
    return f"BT /{font} {size} Tf {x} {y} Td ({words}) Tj ET\n"


def curve(colour: tuple[float, float, float], y: float, *, width: float = 1.0, dash: str = "[] 0") -> str:
    """Operators that stroke a wave across the page."""
    points = [f"{20 + 30 * step} {y + 10 * (step % 2)} {'l' if step else 'm'}" for step in range(7)]
    return f"{colour[0]} {colour[1]} {colour[2]} RG {width} w {dash} d {' '.join(points)} S\n"


def drawn(
    draw: Callable[[Axes], Any], form: str = "pdf", *, rc: dict[str, Any] | None = None, **how: Any
) -> bytes:
    """What Matplotlib writes of one plot, 3.25 by 2 inches; ``how`` is for ``savefig``."""
    with mpl.rc_context({**_RC, **(rc or {})}):
        figure = Figure(figsize=(WIDTH_PT / 72, HEIGHT_PT / 72), layout="constrained")
        draw(figure.subplots())
        buffer = io.BytesIO()
        figure.savefig(buffer, format=form, **how)
        return buffer.getvalue()


def plot(axes: Axes) -> None:
    """A clean plot of one line."""
    axes.plot(range(40), [step**0.5 for step in range(40)], color="#004488")
    axes.set_xlabel("Time (s)")
    axes.set_ylabel("Load (N)")


def _bytes(item: str | bytes) -> bytes:
    return item.encode("latin-1") if isinstance(item, str) else item
