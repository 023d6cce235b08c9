"""Files made to break lint: a finding, soon, in little memory, and never a traceback."""

import io
import time
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from figproof.lint import pdfcontent, run, svgtree
from figproof.lint import svg as svgreader
from lint_files import drawn, pdf, plot, stream, text

MOST_SECONDS = 5.0
# A tenth of the real bounds and less: to meet those takes some seconds each.
BOUNDS = {
    svgtree: {"MOST_ELEMENTS": 15_000},
    svgreader: {"MOST_ELEMENTS": 15_000},
    pdfcontent: {"MOST_OPERATORS": 60_000, "MOST_CONTENT": 700_000, "MOST_FORMS": 3_000},
}
FORM = "/Type/XObject/Subtype/Form/BBox[0 0 234 144]"
PAGE = "/XObject<</X 9 0 R>>"
IMAGE = "/Type/XObject/Subtype/Image/ColorSpace/DeviceRGB/BitsPerComponent 8"


@pytest.fixture
def lint(tmp_path, monkeypatch):
    """Content -> its findings, after no more than some seconds of work."""
    for module, bounds in BOUNDS.items():
        for name, bound in bounds.items():
            assert getattr(module, name) >= 10 * bound
            monkeypatch.setattr(module, name, bound)

    def look(content):
        (tmp_path / "figure").write_bytes(content)
        start = time.process_time()
        report = run(tmp_path / "figure")
        assert time.process_time() - start < MOST_SECONDS
        assert not any("fault of figproof" in found.measured for found in report.findings)
        return report

    return look


def reasons(report):
    return [found.measured for found in report.findings if found.rule == "unreadable"]


def svg(inside, head=""):
    start = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'{head}{start} width="300" height="200">{inside}</svg>'.encode()


def saved(picture, form, **how):
    buffer = io.BytesIO()
    picture.save(buffer, form, **how)
    return buffer.getvalue()


def packed(data, entries=FORM):
    return stream(f"{entries}/Filter/FlateDecode", zlib.compress(data, 9))


def png_header(columns, rows):
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    size = columns.to_bytes(4, "big") + rows.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\x02\0\0\0") + chunk(b"IDAT", b"")


UNREADABLE = {
    "nothing": (b"", "is no PDF"),
    "text": (b"Dear reviewer,", "is no PDF"),
    "PDF cut short": (pdf("")[:200], "is damaged"),
    "PDF that needs a password": (
        pdf("").replace(b"/Root 1 0 R", b"/Encrypt<</Filter/Standard/V 1/R 2/P -1/O(x)/U(y)>>/Root 1 0 R"),
        "is",
    ),
    "page without a size": (pdf("", size=(0, 90)), "has a page of 0 x 90 pt"),
    "page as large as a house": (pdf("", size=(1e9, 90)), "has a page of"),
    "pages in a circle": (pdf("").replace(b"/Kids[3 0 R]", b"/Kids[2 0 R]"), "is damaged"),
    "PDF that inflates": (pdf("/X Do", PAGE, [packed(b" " * 100_000_000)]), "holds more than a figure does"),
    "SVG cut short": (svg("<g>")[:-9], "is damaged"),
    "SVG with entities": (
        svg("&b;", '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'),
        "declares the entity",
    ),
    "SVG with a file's entity": (
        svg("&b;", '<!DOCTYPE a [<!ENTITY b SYSTEM "/etc/passwd">]>'),
        "declares the entity",
    ),
    "SVG in too many elements": (svg("<g/>" * 20_000), "more than 15000 elements"),
    "SVG nested deeply": (svg("<g>" * 5_000 + "</g>" * 5_000), "nested deeper than 200"),
    "SVG nested deeply by reference": (
        svg("".join(f'<g id="a{n}">{"<g>" * 90}<use href="#a{n + 1}"/>{"</g>" * 90}</g>' for n in range(12))),
        "nested too deeply",
    ),
    "SVG with a sheet for each element": (
        svg("<style>" + ".a .b {fill: red}" * 3_000 + "</style>" + "<rect/>" * 5_000),
        "has 3000 style rules",
    ),
    "SVG without a size": (svg("").replace(b'width="300"', b'width="0"'), "has a page of 0"),
    "HTML": (b"<html><body>404</body></html>", "is XML of another kind"),
    "PNG that inflates": (png_header(90_000, 90_000), "is damaged"),
    "PNG of many pixels": (png_header(11_000, 11_000), "has 11000 x 11000 pixels"),
    "PNG cut short": (drawn(plot, "png")[:900], "is damaged"),
    "TIFF of many pixels": (
        saved(Image.new("1", (11_000, 11_000)), "TIFF", compression="group4"),
        "has 11000 x 11000 pixels",
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_a_finding_with_its_reason(lint, name):
    content, reason = UNREADABLE[name]
    report = lint(content)
    assert [found.severity for found in report.findings] == ["error"]
    assert reasons(report)[0].startswith(reason) or reason in reasons(report)[0]


def test_a_file_that_is_not_there_is_a_finding(tmp_path):
    assert reasons(run(tmp_path / "gone.pdf")) == ["cannot be opened: No such file or directory"]
    assert reasons(run(tmp_path)) == ["cannot be opened: Is a directory"]


def test_a_page_that_a_pdf_does_not_have_is_a_finding(tmp_path):
    (tmp_path / "figure.pdf").write_bytes(pdf(""))
    assert reasons(run(tmp_path / "figure.pdf", page=2)) == ["has 1 page, none is number 2"]


HELD = {
    "form that paints itself": pdf("/X Do", PAGE, [stream(FORM + f"/Resources<<{PAGE}>>", "/X Do " * 3)]),
    "forms in forms": pdf(
        "/X Do",
        PAGE,
        [stream(f"{FORM}/Resources<</XObject<</X {10 + n} 0 R>>>>", "/X Do " * 9) for n in range(20)],
    ),
    "states without end": pdf("q " * 100_000),
    "brackets without end": pdf("[" * 300_000 + "(" * 300_000),
    "images without end": pdf("BI " * 300_000),
    "numbers beyond all floats": pdf(
        "1e308 0 0 1e308 0 0 cm " * 3 + text("x", 1e300, 1e300) + "0 0 9e99 9 re f"
    ),
    "numbers of many digits": pdf("9" * 300_000 + " w 0 0 m 9 9 l S"),
    "image of more than it says": pdf("/X Do", PAGE, [packed(b"\0" * 99, IMAGE + "/Width 9000/Height 9000")]),
    "picture painted very often": pdf(
        "q 9999 0 0 9999 0 0 cm /X Do Q " * 2_000,
        PAGE,
        [packed(bytes(3_000_000), IMAGE + "/Width 1000/Height 1000")],
    ),
    "gradient of itself": pdf(
        "/S sh",
        "/Shading<</S <</ShadingType 2/ColorSpace/DeviceRGB/Function 9 0 R>>>>",
        ["<</FunctionType 3/Domain[0 1]/Bounds[]/Encode[0 1]/Functions[9 0 R]>>"],
    ),
    "alternative text in a circle": pdf(
        "", "", ["<</K[" + "9 0 R " * 3_000 + "]>>"], root="/StructTreeRoot 9 0 R"
    ),
    "characters without end": pdf(
        "BT /C 8 Tf 9 9 Td <00410042> Tj ET",
        "",
        [
            "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H"
            "/DescendantFonts[10 0 R]/ToUnicode 11 0 R>>",
            "<</Type/Font/Subtype/CIDFontType2/BaseFont/X/W[0 99999999 500]>>",
            stream("", "1 beginbfrange <00000000> <ffffffff> <0000> endbfrange"),
        ],
    ).replace(b"/Loose 6", b"/C 9 0 R/Loose 6"),
    "texts on one another": pdf("".join(text(f"label {n}", 9 + n % 5, 20 + n % 7) for n in range(1_500))),
    "panels on one another": pdf(
        "".join(f"1 g {n % 40} {n % 30} 90 80 re f {text('ab', 40 + n % 9, 40)}" for n in range(800))
    ),
    "one line many times": pdf("9 9 m 99 99 l S " * 5_000),
    "SVG that uses itself": svg('<g id="a">' + '<use href="#a"/>' * 4 + "</g>"),
    "SVG that uses much often": svg('<g id="a">' + "<rect/>" * 5_000 + "</g>" + '<use href="#a"/>' * 5_000),
    "SVG of numbers beyond all floats": svg(
        '<path d="M1e308 1e308 L-1e308 1e999" stroke="red" stroke-width="1e308"/>'
        '<g transform="scale(1e200) scale(1e200)"><text x="1">b</text><rect width="9" height="9"/></g>'
    ),
    "SVG with long values": svg(
        f'<style>{"a" * 300_000}{"/*" * 300_000}</style><g transform="{"a" * 300_000}">'
        f'<text style="font:{"1" * 300_000}">x</text>'
        f'<rect width="{"1" * 300_000}x" fill="rgb({"1" * 300_000})" height="9"/></g>'
    ),
    "SVG with an image that is none": svg(
        f'<image width="9" height="9" href="data:image/png;base64,{"A" * 9999}"/>'
    ),
    "SVG in UTF-16": svg("<text>x</text>").decode().encode("utf-16"),
}


@pytest.mark.parametrize("name", HELD)
def test_what_has_no_end_is_read_up_to_a_bound(lint, name):
    assert reasons(lint(HELD[name])) == []


def test_what_was_left_out_is_said(lint):
    report = lint(pdf("9 9 m 9 9 l n\n" * 60_000))
    assert "paints more than is read; what is said here holds for the first part" in report.notes


def test_words_of_a_file_cannot_speak_to_the_terminal(lint):
    from figproof.lint.show import shown

    report = lint(svg('<text x="290" y="9">\u202e&#x9b;31m red</text>'))
    assert report.findings
    said = "".join(shown([report], form) for form in ("table", "json", "github"))
    assert not set("\u202e\x9b\x1b") & set(said)


BASES = [
    drawn(plot, rc={"pdf.compression": 0}),
    drawn(lambda axes: axes.imshow(np.eye(9), cmap="jet"), rc={"pdf.compression": 0}),
    drawn(plot, "svg"),
    drawn(plot, "svg", rc={"svg.fonttype": "path"}),
    drawn(plot, "png", dpi=50),
    saved(Image.open(io.BytesIO(drawn(plot, "png", dpi=50))), "TIFF", compression="tiff_lzw"),
    HELD["gradient of itself"],
    HELD["picture painted very often"][:4000],
]
TOKENS = [
    *(
        b"-1",
        b"1e99",
        b"99999999999",
        b"nan",
        b"[",
        b"]",
        b"<<",
        b">>",
        b"(",
        b" Do ",
        b" q ",
        b" cm ",
        b"null",
    ),
    *(b" 4 0 R ", b"/Kids", b"/Function", b"<g>", b"url(#a)", b"&#0;", b"\xff\xff\xff\xff", b"\0", b""),
]
CHANGES = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 40), st.sampled_from(TOKENS) | st.binary(max_size=4)),
    min_size=1,
    max_size=20,
)


@settings(
    max_examples=120,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(base=st.sampled_from(BASES), changes=CHANGES, cut=st.integers(0, 10**6) | st.none())
def test_a_file_that_was_changed_anywhere_is_read_or_refused(tmp_path, base, changes, cut):
    content = bytearray(base)
    for place, count, new in changes:
        start = place % len(content)
        content[start : start + count] = new
    path = tmp_path / "figure"
    path.write_bytes(content if cut is None else content[: cut % (len(content) + 1)])
    report = run(path)
    assert not any("fault of figproof" in found.measured for found in report.findings)
