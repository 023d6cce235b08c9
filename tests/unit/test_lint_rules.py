"""Each rule of ``figproof lint``: a file that breaks it, and one like it that just does not."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from figproof.lint import PLAIN, RULES, run
from figproof.lint.limits import Limit, limits_of
from figproof.look import load_venue
from lint_files import curve, drawn, pdf, plot, stream, text

ROOT = Path(__file__).resolve().parents[2]
BLUE, NEAR, FAR = (0.2, 0.4, 0.8), (0.2, 0.535, 0.8), (0.2, 0.54, 0.8)
GREY_NEAR, GREY_FAR = (0.2, 0.445, 0.8), (0.2, 0.45, 0.8)


def limit(value):
    return Limit(value, "a test")


@pytest.fixture
def lint(tmp_path):
    """Content -> rule -> what was measured."""

    def look(content, limits=PLAIN):
        path = tmp_path / "figure"
        path.write_bytes(content)
        return {found.rule: found.measured for found in run(path, limits).findings}

    return look


def photo(side_pt):
    noise = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8).tobytes()
    entries = "/Type/XObject/Subtype/Image/Width 100/Height 100/ColorSpace/DeviceRGB/BitsPerComponent 8"
    content = f"q {side_pt} 0 0 {side_pt} 50 50 cm /Im Do Q"
    return pdf(content, "/XObject<</Im 9 0 R>>", [stream(entries, noise)])


def mesh(name):
    def draw(axes):
        plot(axes)
        waves = np.sin(np.add.outer(np.arange(30), np.arange(30)) / 6)
        axes.pcolormesh(np.linspace(0, 40, 31), np.linspace(0, 7, 31), waves, cmap=name)

    return drawn(draw)


def with_legend(place):
    def draw(axes):
        plot(axes)
        axes.lines[0].set_label("with momentum")
        axes.legend(loc=place, framealpha=1)

    return drawn(draw)


def with_title(words, place="center"):
    def draw(axes):
        plot(axes)
        axes.set_title(words, loc=place)

    return drawn(draw)


def unlabelled(axes):
    plot(axes)
    axes.set_ylabel("")


def with_lines(count):
    def draw(axes):
        plot(axes)
        axes.set_yticks([1, 2, 3, 4, 5])
        for place in (2, 3, 4)[:count]:
            axes.axhline(place, color="0.5", linewidth=0.6)

    return drawn(draw)


def gridded(axes):
    plot(axes)
    axes.grid(True)


def shaded(alpha):
    return pdf("/G gs 0 0 1 rg 50 50 50 50 re f", f"/ExtGState<</G<</ca {alpha}>>>>")


def points(count):
    ways = [f"{20 + 0.1 * step} {50 + step % 7} {'l' if step else 'm'}" for step in range(count)]
    return pdf(" ".join(ways) + " S")


def pair(other, dash="[] 0"):
    return pdf(curve(BLUE, 40) + curve(other, 90, dash=dash))


def grey(level):
    return pdf(curve((level / 255,) * 3, 60))


FILES = {
    "unreadable": ({}, pdf("")[:60], pdf("")),
    "format": ({"formats": limit(("svg",))}, pdf(""), drawn(plot, "svg")),
    "page-width": (
        {"widths_in": limit({"single": 3.25})},
        pdf("", size=(234.6, 90)),
        pdf("", size=(234.4, 90)),
    ),
    "page-height": ({"max_height_in": limit(2.0)}, pdf("", size=(234, 144.6)), pdf("", size=(234, 144.4))),
    "file-size": ({"max_bytes": limit(len(pdf("")))}, pdf("% "), pdf("")),
    "font-embedded": ({}, pdf(text("words", 50, 50, font="Loose")), pdf(text("words", 50, 50))),
    "font-type3": ({}, drawn(plot, rc={"pdf.fonttype": 3}), drawn(plot)),
    "font-family": (
        {"families": limit(("DejaVu Sans",))},
        drawn(plot, rc={"font.family": "DejaVu Serif"}),
        drawn(plot),
    ),
    "text-size": ({"min_text_pt": limit(5.0)}, pdf(text("x", 50, 50, 4.9)), pdf(text("x", 50, 50, 4.96))),
    "text-size-max": (
        {"max_text_pt": limit(7.0)},
        pdf(text("xy", 50, 50, 7.1)),
        pdf(text("xy", 50, 50, 7.04)),
    ),
    "line-width": (
        {"min_line_pt": limit(0.5)},
        pdf("0.48 w 9 9 m 90 90 l S"),
        pdf("0.495 w 9 9 m 90 90 l S"),
    ),
    "line-width-max": (
        {"max_line_pt": limit(1.0)},
        pdf("1.03 w 9 9 m 90 90 l S"),
        pdf("1.01 w 9 9 m 90 90 l S"),
    ),
    "image-resolution": ({"raster_photo_dpi": limit(300)}, photo(24.4), photo(24.0)),
    "text-overlap": (
        {},
        pdf(text("HHH", 50, 50) + text("EEE", 55, 54.8)),
        pdf(text("HHH", 50, 50) + text("EEE", 55, 55)),
    ),
    "text-outside": ({}, pdf(text("HHH", 50, -0.8)), pdf(text("HHH", 50, -0.5))),
    "text-contrast": (
        {},
        pdf(f"{0x78 / 255} g " + text("pale", 50, 50)),
        pdf(f"{0x77 / 255} g " + text("pale", 50, 50)),
    ),
    "mark-contrast": ({}, grey(0x95), grey(0x94)),
    "series-colour": ({}, pair(NEAR), pair(FAR)),
    "series-grey": (
        {"grey_step": limit(3.6), "colour_distance": limit(0.0)},
        pair(GREY_NEAR),
        pair(GREY_FAR),
    ),
    "series-colour-alone": (
        {"not_colour_alone": limit("dash")},
        pair((0.6, 0, 0)),
        pair((0.6, 0, 0), "[4 2] 0"),
    ),
    "colour-map": ({}, mesh("jet"), mesh("Spectral")),
    "legend-over-data": ({}, with_legend("upper right"), with_legend("upper left")),
    "axis-label": ({}, drawn(unlabelled), drawn(plot)),
    "title-inside": ({"no_title": limit("none")}, with_title("Load over time"), with_title("(a)", "left")),
    "grid-lines": ({"no_grid": limit("none")}, drawn(gridded), with_lines(2)),
    "transparency": ({"no_transparency": limit("none")}, shaded(0.5), shaded(1)),
    "vector-points": ({"points": limit(500)}, points(501), points(500)),
    "alt-text": (
        {"alt_text": limit("needed")},
        drawn(plot),
        drawn(plot, metadata={"Subject": "Load rises with time."}),
    ),
}
"""Rule -> limits besides those of every file, a file that breaks it, one that just does not."""


def test_every_rule_has_its_two_files():
    assert set(FILES) | {"axis-unit"} == set(RULES), (
        "axis-unit asks the figure's numbers: test_lint_project.py"
    )


@pytest.mark.parametrize("rule", FILES)
def test_a_file_breaks_one_rule_and_the_file_beside_it_breaks_none(lint, rule):
    limits, breaks, holds = FILES[rule]
    held_to = replace(PLAIN, **limits)
    assert set(lint(breaks, held_to)) == {rule}
    assert lint(holds, held_to) == {}


def test_a_finding_says_what_was_measured_and_where(lint):
    assert lint(FILES["text-size"][1], replace(PLAIN, min_text_pt=limit(5.0)))["text-size"] == '4.9 pt "x"'
    widths = replace(PLAIN, widths_in=limit({"single": 3.25}))
    assert lint(FILES["page-width"][1], widths)["page-width"] == "3.258 in wide"
    assert lint(pair(NEAR))["series-colour"] == "#3366cc and #3388cc are 9.9 apart (tritan)"
    assert lint(FILES["image-resolution"][1], replace(PLAIN, raster_photo_dpi=limit(300))) == {
        "image-resolution": "photo: 100 x 100 px at 295 dpi"
    }


# Pages


def test_the_crop_box_turned_and_scaled_is_the_page(lint):
    cropped = "/CropBox[9 9 153 243]/Rotate 90"
    limits = replace(PLAIN, widths_in=limit({"single": 3.25}), max_height_in=limit(2.0))
    assert lint(pdf("", size=(900, 900), page=cropped), limits) == {}
    doubled = pdf("", size=(900, 900), page=cropped + "/UserUnit 2")
    assert set(lint(doubled, limits)) == {"page-width", "page-height"}


def test_alternative_text_is_found_wherever_a_format_keeps_it(lint):
    limits = replace(PLAIN, alt_text=limit("needed"))
    tree = "/StructTreeRoot<</K<</Alt(Load rises.)>>>>"
    told = Image.new("RGB", (4, 4))
    for content in (
        pdf("", root=tree),
        drawn(plot, "png", metadata={"Description": "Load rises."}),
        drawn(plot, "svg", metadata={"Description": "Load rises."}),
        b'<svg xmlns="http://www.w3.org/2000/svg"><desc>Load rises.</desc></svg>',
        saved(told, "TIFF", tiffinfo={270: "Load rises."}),
    ):
        assert "alt-text" not in lint(content, limits)
    for content in (
        drawn(plot, "png"),
        drawn(plot, "svg"),
        b'<svg xmlns="http://www.w3.org/2000/svg"><desc>Produced by GNUPLOT</desc></svg>',
        saved(told, "TIFF", tiffinfo={270: '{"provenance": 1}'}),
    ):
        assert "alt-text" in lint(content, limits)


# Raster files


def saved(picture, form, **how):
    buffer = io.BytesIO()
    picture.save(buffer, form, **how)
    return buffer.getvalue()


def noise(columns, rows, mode="RGB"):
    drawn_by_chance = np.random.default_rng(1).integers(0, 256, (rows, columns, len(mode)), dtype=np.uint8)
    return Image.fromarray(drawn_by_chance, mode)


RASTER = replace(
    PLAIN, widths_in=limit({"single": 1.0}), raster_photo_dpi=limit(300), raster_line_dpi=limit(600)
)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "JPEG"])
def test_a_raster_has_the_width_and_resolution_that_the_file_says(lint, form):
    assert lint(saved(noise(300, 90), form, dpi=(300, 300)), RASTER) == {}
    assert set(lint(saved(noise(300, 90), form, dpi=(290, 290)), RASTER)) == {
        "page-width",
        "image-resolution",
    }


def test_a_raster_of_few_colours_is_line_art_and_needs_more_pixels(lint):
    drawing = Image.new("RGB", (300, 90), "white")
    drawing.paste("black", (20, 20, 60, 60))
    assert lint(saved(drawing, "TIFF", dpi=(300, 300)), RASTER) == {
        "image-resolution": "line art: 300 x 90 px at 300 dpi"
    }
    assert lint(saved(drawing.resize((600, 180)), "TIFF", dpi=(600, 600)), RASTER) == {}


def test_a_raster_without_a_resolution_is_measured_at_the_venue_s_width(lint):
    assert lint(saved(noise(300, 90), "PNG"), RASTER) == {}
    assert "the file gives none" in lint(saved(noise(280, 90), "PNG"), RASTER)["image-resolution"]


def test_a_tiff_may_have_no_alpha_channel_and_a_png_no_pixel_that_uses_it(lint):
    limits = replace(PLAIN, no_transparency=limit("none"))
    opaque = Image.new("RGBA", (9, 9), (10, 20, 30, 255))
    clear = Image.new("RGBA", (9, 9), (10, 20, 30, 200))
    assert lint(saved(opaque.convert("RGB"), "TIFF"), limits) == {}
    assert lint(saved(opaque, "PNG"), limits) == {}
    assert set(lint(saved(opaque, "TIFF"), limits)) == {"transparency"}
    assert set(lint(saved(clear, "PNG"), limits)) == {"transparency"}


def test_colours_of_a_raster_that_are_too_close_are_a_warning(tmp_path):
    def lines(other):
        picture = Image.new("RGB", (400, 200), "white")
        picture.paste((214, 39, 40), (20, 20, 380, 30))
        picture.paste(other, (20, 90, 380, 100))
        (tmp_path / "figure.png").write_bytes(saved(picture, "PNG"))
        return [(found.rule, found.severity) for found in run(tmp_path / "figure.png").findings]

    assert lines((140, 86, 75)) == [("series-colour", "warning")]
    assert lines((0, 68, 136)) == []


def test_a_rainbow_is_seen_in_a_raster(lint):
    assert "colour-map" in lint(drawn(lambda axes: axes.imshow(gradient(), cmap="jet", aspect="auto"), "png"))
    assert lint(drawn(lambda axes: axes.imshow(gradient(), cmap="viridis", aspect="auto"), "png")) == {}


def gradient():
    return np.add.outer(np.linspace(0, 1, 80), np.linspace(0, 1, 120))


# Titles


def titled(draw):
    def both(axes):
        plot(axes)
        draw(axes)

    return drawn(both)


NO_TITLE = replace(PLAIN, no_title=limit("none"))


def test_what_stands_over_a_plot_is_a_title_even_in_the_size_of_its_ticks(lint):
    assert lint(titled(lambda axes: axes.set_title("Sine", fontsize=8)), NO_TITLE) == {
        "title-inside": '"Sine"'
    }


def test_a_legend_its_title_an_axis_at_the_top_and_a_count_are_no_titles(lint):
    def legend(axes):
        axes.lines[0].set_label("Adam")
        axes.legend(title="Optimiser", loc="lower center", bbox_to_anchor=(0.5, 1), fontsize=7)

    def axis(axes):
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")

    def count(axes):
        axes.set_title("n = 120 runs", fontsize=8)

    for draw in (legend, axis, count):
        assert "title-inside" not in lint(titled(draw), NO_TITLE)


def test_names_on_the_diagonal_of_a_matrix_name_its_axes(lint):
    places = [(30 + 102 * column, 30 + 58 * row) for row in range(2) for column in range(2)]
    cells = [f"{x} {y} 98 54 re S " for x, y in places]
    numbers = [text(str(place), 35 + 28 * place, 20, 6) for place in range(4)]
    names = [text("width", x + 40, y + 24) for x, y in (places[0], places[3])]
    assert set(lint(pdf("".join(cells + numbers + [text("a note", 2, 135)])))) == {"axis-label"}
    assert lint(pdf("".join(cells + numbers + names))) == {}


# Settings of venues


def test_what_a_venue_only_says_itself_is_a_warning_and_small_text_is_not():
    held = limits_of(load_venue(ROOT, "neurips2025"))
    assert (held.min_line_pt.severity, held.min_text_pt.severity) == ("warning", "error")
    assert held.min_line_pt.source.startswith("figproof (ours)")
    assert (held.widths_in.value["single"], held.widths_in.severity) == (5.5, "error")
    nature = limits_of(load_venue(ROOT, "nature"), 1.75)
    assert nature.widths_in.value == {"asked for": 1.75}
    assert nature.no_grid is not None and nature.no_title is None and nature.panel_letter_pt == 8
