"""What lint reads from a page: sizes after every scaling, lines as they are seen, colours of gradients."""

import struct
from dataclasses import replace
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.patheffects import withStroke

from figproof.lint import PLAIN, run
from figproof.lint.limits import Limit
from figproof.lint.pdf import read_pdf
from figproof.lint.svg import read_svg
from lint_files import curve, drawn, pdf, plot, stream, text

WIDTHS = replace(PLAIN, min_line_pt=Limit(0.5, "a test"), max_line_pt=Limit(1.0, "a test"))


@pytest.fixture
def lint(tmp_path):
    def look(content, limits=PLAIN):
        (tmp_path / "figure").write_bytes(content)
        return {found.rule: found.measured for found in run(tmp_path / "figure", limits).findings}

    return look


def sizes(page):
    """Text without its spaces -> size in points."""
    return {run.text.replace(" ", ""): round(run.size_pt, 2) for run in page.runs}


def svg(inside, size='width="3.25in" height="2in" viewBox="0 0 234 144"'):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size}>'
    return f"{head}{inside}</svg>".encode()


# Text


def test_text_is_as_large_as_all_matrices_around_it_make_it():
    form = stream("/Type/XObject/Subtype/Form/BBox[0 0 234 144]/Matrix[.5 0 0 .5 0 0]", text("inner", 20, 20))
    content = (
        "q .8 0 0 .8 0 0 cm /Fm Do Q " + text("outer", 9, 9) + "BT /F 1 Tf 0 6 -6 0 50 50 Tm (turned) Tj ET"
    )
    resources = "/XObject<</Fm 9 0 R>>"
    assert sizes(read_pdf(pdf(content, resources, [form]))) == {"inner": 3.2, "outer": 8.0, "turned": 6.0}


def test_a_subscript_of_mathtext_is_measured_apart_from_its_text():
    def named(axes):
        plot(axes)
        axes.set_xlabel(r"Step $t_{i}$", fontsize=8)

    for form, read in (("pdf", read_pdf), ("svg", read_svg)):
        found = [run.size_pt for run in read(drawn(named, form)).runs]
        assert min(found) == pytest.approx(5.6, abs=0.01), form
    outlined = read_svg(drawn(named, "svg", rc={"svg.fonttype": "path"}))
    assert {round(run.size_pt, 1) for run in outlined.runs if "Step" in run.text} == {5.6}


def test_text_of_an_svg_has_its_own_size_its_parents_or_its_sheets():
    page = read_svg(
        svg(
            "<style>.small {font-size: 6px} text {font-size: 9px}</style>"
            '<text x="9" y="30">sheet<tspan baseline-shift="super" font-size="70%">high</tspan></text>'
            '<text class="small" x="9" y="50">class</text>'
            '<g transform="scale(.5)"><text x="9" y="150" style="font: italic 10pt Arial">half</text></g>'
        )
    )
    # One unit is a point here.
    assert sizes(page) == {"sheet": 9.0, "high": 6.3, "class": 6.0, "half": 6.67}


def test_a_type_3_font_of_either_em_square_has_its_size():
    def page(scale, size):
        font = (
            f"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[{scale} 0 0 {scale} 0 0]/FirstChar 65"
            "/LastChar 65/Widths[600]/Encoding<</Differences[65/A]>>/CharProcs<</A 10 0 R>>>>"
        )
        glyph = stream("", "600 0 d0 0 0 500 700 re f")
        content = f"BT /T {size} Tf 50 50 Td (AA) Tj ET"
        return read_pdf(pdf(content, "", [font, glyph]).replace(b"/Loose 6", b"/T 9 0 R/Loose 6"))

    assert [run.size_pt for run in page(0.001, 7).runs] == [pytest.approx(7)]
    assert [run.size_pt for run in page(1 / 2048, 7).runs] == [pytest.approx(7)]
    assert [run.size_pt for run in page(10 / 2048, 0.7).runs] == [pytest.approx(7, abs=0.01)]


def test_text_that_nobody_sees_is_not_read():
    layer = "<</Type/OCG/Name(notes)>>"
    content = (
        "BT 3 Tr /F 2 Tf 50 50 Td (invisible) Tj ET 0 Tr "
        "/OC /L BDC " + text("hidden", 50, 60, 2) + "EMC "
        "q 0 0 10 10 re W n " + text("clipped", 90, 90, 2) + "Q " + text("shown", 9, 9)
    )
    catalogue = "/OCProperties<</OCGs[9 0 R]/D<</OFF[9 0 R]>>>>"
    page = read_pdf(pdf(content, "/Properties<</L 9 0 R>>", [layer], root=catalogue))
    assert sizes(page) == {"shown": 8.0}


def test_text_is_read_against_what_was_painted_behind_it_before(lint):
    panel = "0 0 .4 rg 40 40 90 30 re f "
    assert lint(pdf(panel + "1 g " + text("white on blue", 50, 50))) == {}
    assert set(lint(pdf("1 g " + text("white on blue", 50, 50) + panel))) == {"text-contrast"}
    # A gradient has no one colour; nothing is said.
    sheet = "/Shading<</S <</ShadingType 2/ColorSpace/DeviceRGB/Coords[0 0 234 0]/Function 9 0 R>>>>"
    ways = "<</FunctionType 2/Domain[0 1]/N 1/C0[0 0 .4]/C1[0 0 .2]>>"
    assert lint(pdf("q 0 0 234 144 re W n /S sh Q 1 g " + text("white", 50, 50), sheet, [ways])) == {}


def test_the_page_number_that_latex_leaves_below_a_figure_is_no_text_outside(lint):
    assert lint(pdf(text("7", 117 - 2, -20))) == {}
    assert set(lint(pdf(text("7", 40, -20)))) == {"text-outside"}


def test_two_texts_that_are_turned_are_compared_along_their_sides(lint):
    def turned(y):
        return f"BT /F 8 Tf .7071 .7071 -.7071 .7071 60 {y} Tm (turned label) Tj ET "

    assert lint(pdf(turned(30) + turned(40).replace("turned", "second"))) == {}
    assert set(lint(pdf(turned(30) + turned(34).replace("turned", "second")))) == {"text-overlap"}


def test_text_drawn_twice_is_a_shadow_and_no_overlap(lint):
    assert lint(pdf(text("bold", 50, 50) + text("bold", 50.3, 50))) == {}


# Lines


def test_lines_are_as_wide_as_the_matrix_makes_them(lint):
    assert set(lint(pdf("q .5 0 0 .5 0 0 cm .9 w 9 9 m 90 90 l S Q"), WIDTHS)) == {"line-width"}
    assert lint(pdf("q .5 0 0 .5 0 0 cm 1.1 w 9 9 m 90 90 l S Q"), WIDTHS) == {}
    assert lint(pdf("0 w 9 9 m 90 90 l S"), WIDTHS) == {"line-width": "hairline (1)"}


def test_of_a_line_with_a_halo_the_rims_are_measured_and_not_the_halo(lint):
    def outlined(width_pt, rim_pt, inner="1"):
        ways = "20 20 m 90 90 l 150 60 l S "
        return pdf(f"0 G {width_pt + 2 * rim_pt} w {ways} {inner} G {width_pt} w {ways}")

    assert lint(outlined(0.8, 0.6), WIDTHS) == {}
    assert lint(outlined(0.8, 1.2), WIDTHS) == {"line-width-max": "1.2 pt (1 line)"}
    assert lint(outlined(0.8, 0.2), WIDTHS) == {"line-width": "0.2 pt (1 line)"}
    # Under a line that is seen a halo is no line at all.
    assert lint(outlined(0.8, 0.6, inner=".4"), WIDTHS) == {}
    assert set(lint(outlined(1.3, 0.6, inner=".4"), WIDTHS)) == {"line-width-max"}


def test_the_halo_of_a_text_is_no_line(lint):
    def named(axes):
        plot(axes)
        axes.set_facecolor("#dddddd")
        halo = [withStroke(linewidth=2.5, foreground="white")]
        axes.text(20, 2, "epoch 7", path_effects=halo)

    assert lint(drawn(named), replace(WIDTHS, max_line_pt=Limit(1.2, "a test"))) == {}


def test_a_white_line_is_measured_on_a_panel_and_not_on_paper_or_between_cells(lint):
    line = "1 G .2 w 20 72 m 210 72 l S"
    assert lint(pdf(line), WIDTHS) == {}
    assert set(lint(pdf(f".9 g 20 20 190 100 re f {line}"), WIDTHS)) == {"line-width"}
    assert lint(pdf("1 G .2 w 0 .3 .6 rg 20 20 190 100 re B"), WIDTHS) == {}


# Series


def test_a_grid_of_pale_arcs_is_no_series_and_a_pale_curve_is(lint):
    arcs = "".join(curve((0.7, 0.7, 0.7), y) for y in (20, 50, 80))
    assert lint(pdf(arcs)) == {}
    assert set(lint(pdf(curve((0.7, 0.7, 0.7), 50)))) == {"mark-contrast"}


def points(*, mapped):
    def draw(axes):
        places = np.arange(60) * 37 % 60
        values = places // 3 if mapped else places % 2
        axes.scatter(places, np.arange(60), c=values, cmap="viridis" if mapped else "autumn", s=9)
        axes.set_xlabel("u (m)")
        axes.set_ylabel("v (m)")

    return drawn(draw)


def test_points_coloured_by_value_are_no_series(lint):
    assert lint(points(mapped=True)) == {}
    assert "mark-contrast" in lint(points(mapped=False))


# Colour maps


def parts(colours):
    """A stitched function through colours."""
    pieces = [
        f"<</FunctionType 2/Domain[0 1]/N 1/C0[{_numbers(a)}]/C1[{_numbers(b)}]>>"
        for a, b in pairwise(colours)
    ]
    inner = " ".join(f"{step / len(pieces):.4f}" for step in range(1, len(pieces)))
    return (
        f"<</FunctionType 3/Domain[0 1]/Bounds[{inner}]/Encode[{'0 1 ' * len(pieces)}]"
        f"/Functions[{' '.join(pieces)}]>>"
    )


def table(colours):
    """A sampled function through colours, with the values of its alternate space after one another."""
    raw = bytes(round(255 * value) for colour in colours for value in colour)
    entries = f"/FunctionType 0/Domain[0 1]/Range[0 1 0 1 0 1]/Size[{len(colours)}]/BitsPerSample 8"
    return stream(entries, raw)


def _numbers(colour):
    return " ".join(f"{value:.4f}" for value in colour)


def colours_of(name, count=12):
    return mpl.colormaps[name](np.linspace(0, 1, count))[:, :3].tolist()


AXIAL = "<</ShadingType 2/ColorSpace/DeviceRGB/Coords[30 0 200 0]/Function 9 0 R>>"
SHOWN = "q 30 30 170 20 re W n /S sh Q"


@pytest.mark.parametrize("function", [parts, table])
@pytest.mark.parametrize(("name", "broken"), [("jet", True), ("viridis", False), ("RdBu", False)])
def test_the_colours_along_a_gradient_are_a_colour_map(lint, function, name, broken):
    painted = pdf(SHOWN, f"/Shading<</S {AXIAL}>>", [function(colours_of(name))])
    filled = pdf(
        "/Pattern cs /P scn 30 30 170 20 re f",
        f"/Pattern<</P <</PatternType 2/Shading {AXIAL}>>>>",
        [function(colours_of(name))],
    )
    assert [set(lint(content)) for content in (painted, filled)] == [{"colour-map"} if broken else set()] * 2


def patches(kind, colours):
    """A mesh whose corners have the colours, with whole bytes for its fields."""
    flags = b"" if kind == 5 else b"\0"
    data = b""
    for number, colour in enumerate(colours):
        raw = bytes(round(255 * value) for value in colour)
        if kind in (6, 7):
            data += flags + struct.pack(">H", 9) * 2 * (12 if kind == 6 else 16) + 4 * raw
        else:
            data += flags + struct.pack(">HH", 1000 * number, 500) + raw
    entries = (
        f"/ShadingType {kind}/ColorSpace/DeviceRGB/BitsPerCoordinate 16/BitsPerComponent 8"
        f"/Decode[0 234 0 144 0 1 0 1 0 1]{'/VerticesPerRow 8' if kind == 5 else '/BitsPerFlag 8'}"
    )
    return stream(entries, data)


@pytest.mark.parametrize("kind", [4, 5, 6, 7])
@pytest.mark.parametrize(("name", "broken"), [("jet", True), ("cividis", False)])
def test_the_corners_of_a_shaded_mesh_are_colours_of_a_map(lint, kind, name, broken):
    content = pdf(SHOWN, "/Shading<</S 9 0 R>>", [patches(kind, colours_of(name, 64))])
    assert set(lint(content)) == ({"colour-map"} if broken else set())


@pytest.mark.parametrize(
    "function",
    [
        "<</FunctionType 4/Domain[0 1]/Range[0 1]>>",
        "<</FunctionType 2/Domain[0 1]/N -3/C0[0]/C1[1]>>",
        "<</FunctionType 3/Domain[0 1]/Bounds[.9 .1]/Encode[0 1 0 1 0 1]/Functions[9 0 R 9 0 R 9 0 R]>>",
        stream("/FunctionType 0/Domain[0 1]/Range[0 1]/Size[999999999]/BitsPerSample 8", "short"),
        "[null null]",
        "(text)",
    ],
)
def test_a_gradient_that_cannot_be_read_says_nothing(lint, function):
    assert lint(pdf(SHOWN, f"/Shading<</S {AXIAL}>>", [function])) == {}


def test_the_gradient_of_an_svg_is_a_colour_map_where_something_is_filled_with_it(lint):
    def bar(name, used=True):
        stops = "".join(
            f'<stop offset="{100 * place:.0f}%" stop-color="{mpl.colors.to_hex(colour)}"/>'
            for place, colour in zip(np.linspace(0, 1, 12), colours_of(name), strict=True)
        )
        fill = "url(#g)" if used else "none"
        gradient = f'<defs><linearGradient id="g">{stops}</linearGradient></defs>'
        return svg(f'{gradient}<rect x="9" y="9" width="200" height="20" fill="{fill}"/>')

    assert set(lint(bar("turbo"))) == {"colour-map"}
    assert lint(bar("magma")) == {}
    assert lint(bar("turbo", used=False)) == {}


def test_a_colour_bar_of_a_few_steps_is_recognised(lint):
    def bar(name, gap=0.0):
        cells = [
            f"{_numbers(colour)} rg 200 {20 + (8 + gap) * number} 10 8 re f"
            for number, colour in enumerate(colours_of(name))
        ]
        return pdf(" ".join(cells))

    assert set(lint(bar("jet"))) == {"colour-map"}
    assert lint(bar("viridis")) == {}
    # Patches of a legend stand apart.
    assert lint(bar("jet", gap=3)) == {}
