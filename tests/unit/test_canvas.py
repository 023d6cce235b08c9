"""The canvas keeps the page's size, embeds fonts and provenance, and refuses what is not camera-ready."""

from __future__ import annotations

import base64
import io
import json
import re
import zlib
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure
from PIL import Image
from pypdf import PdfReader

from drawn import ROOT, SIZE, line
from figproof.canvas import panel_letter, read_provenance, render
from figproof.encode import on_white, png
from figproof.errors import FigproofError
from figproof.look import Look, load_look


def test_a_good_figure_has_no_problem_and_comes_in_each_format_asked_for(look: Look) -> None:
    files = render(line, look, SIZE, ["svg", "png", "pdf"], {"figure": "fig5"})
    assert list(files) == ["svg", "png", "pdf"]
    assert [files[name][:5] for name in files] == [b"<?xml", b"\x89PNG\r", b"%PDF-"]


@pytest.mark.parametrize(("venue", "width"), [("nature", 3.503937), ("ieee", 7.16), ("neurips2025", 5.5)])
def test_the_pdf_page_is_exactly_as_wide_as_asked(venue: str, width: float) -> None:
    look = load_look(ROOT, venue, "petroff10", "viridis", {})
    page = PdfReader(io.BytesIO(render(line, look, (width, 2.0), ["pdf"], {})["pdf"])).pages[0]
    assert [float(x) for x in page.mediabox] == pytest.approx([0, 0, width * 72, 144.0], abs=1e-5)


def test_every_font_in_the_pdf_is_embedded_truetype(nature: Look) -> None:
    def draw(figure: Figure) -> None:
        line(figure).set_title(r"$\alpha$ and text")

    reader = PdfReader(io.BytesIO(render(draw, nature, SIZE, ["pdf"], {})["pdf"]))
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        below = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        assert below["/Subtype"] in ("/TrueType", "/CIDFontType2")
        assert "/FontFile2" in below["/FontDescriptor"]


def test_every_stream_of_the_pdf_is_deflated_images_too_and_nothing_tells_the_time(look: Look) -> None:
    def draw(figure: Figure) -> None:
        line(figure).imshow(np.arange(12.0).reshape(3, 4), aspect="auto", extent=(0, 2, 0, 4))

    content = render(draw, look, SIZE, ["pdf"], {"figure": "fig5"})["pdf"]
    reader = PdfReader(io.BytesIO(content))
    objects = [reader.get_object(number) for number in range(1, len(reader.xref[0]) + 1)]
    streams = [item for item in objects if hasattr(item, "get_data")]
    assert [item for item in streams if item.get("/Subtype") == "/Image"]
    assert {item["/Filter"] for item in streams} == {"/FlateDecode"}
    assert set(reader.metadata or {}) == {"/Producer", "/Title", "/figproof"}
    assert "/ID" not in reader.trailer
    assert (reader.metadata or {})["/Title"] == "fig5"


def test_the_png_has_the_venues_resolution_and_opaque_rgb_pixels(look: Look) -> None:
    image = Image.open(io.BytesIO(render(line, look, SIZE, ["png"], {})["png"]))
    assert (image.size, image.mode) == ((975, 600), "RGB")
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)


@pytest.mark.parametrize("channels", [3, 4])
def test_pixels_come_back_from_the_png_encoder(channels: int) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (7, 5, channels), dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png(pixels)))), pixels)


def test_the_png_encoder_takes_the_smaller_of_its_two_filters() -> None:
    lines = np.zeros((40, 40, 3), dtype=np.uint8)
    lines[::2] = np.random.default_rng(1).integers(0, 2, (20, 40, 3))
    ramp = np.arange(40, dtype=np.uint8)[:, None, None] + np.random.default_rng(1).integers(
        0, 200, (1, 40, 3), dtype=np.uint8
    )
    for pixels, filter_type in ((lines, 0), (ramp, 2)):
        content = png(pixels)
        start = content.index(b"IDAT") + 4
        assert zlib.decompressobj().decompress(content[start:])[0] == filter_type
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), pixels)


def test_transparent_pixels_are_blended_with_white_paper() -> None:
    rgba = np.array([[[255, 0, 0, 0], [255, 0, 0, 255], [0, 0, 0, 51]]], dtype=np.uint8)
    assert on_white(rgba).tolist() == [[[255, 255, 255], [255, 0, 0], [204, 204, 204]]]
    assert on_white(rgba[:, 1:2]).tolist() == [[[255, 0, 0]]]


def test_images_in_an_svg_are_encoded_by_us_and_not_by_the_hosts_libz(look: Look) -> None:
    def draw(figure: Figure) -> None:
        line(figure).imshow(np.arange(12.0).reshape(3, 4), aspect="auto", extent=(0, 2, 0, 4))

    text = render(draw, look, SIZE, ["svg"], {})["svg"].decode()
    (encoded,) = re.findall(r"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)\"", text)
    content = base64.b64decode(encoded)
    assert content == png(np.asarray(Image.open(io.BytesIO(content))))


HOSTILE = {
    "figure": "fig5",
    "text": "--> ]]> <script>alert(1)</script> & \"'\\ é 漢 \U0001f600 ‮ \x00\x0b\x7f %!PS ( ) \n",
    "lone": "\ud800",
    "nested": {"b": [1, 2.5, None, True], "a": {}},
}


@pytest.mark.parametrize("name", ["pdf", "svg", "png"])
def test_provenance_comes_back_from_each_format_whatever_the_text(
    look: Look, tmp_path: Path, name: str
) -> None:
    path = tmp_path / f"fig5.{name}"
    path.write_bytes(render(line, look, SIZE, [name], HOSTILE)[name])
    assert read_provenance(path) == HOSTILE
    assert b"<script>" not in path.read_bytes() or name != "svg"


@pytest.mark.parametrize("name", ["pdf", "svg", "png"])
def test_a_damaged_or_foreign_file_is_refused_by_name(look: Look, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"fig5.{name}"
    content = render(line, look, SIZE, [name], {"figure": "fig5"})[name]
    path.write_bytes(content[: len(content) // 3])
    with pytest.raises(FigproofError, match=rf"fig5\.{name}: is damaged"):
        read_provenance(path)
    path.write_bytes(b"")
    with pytest.raises(FigproofError, match=rf"fig5\.{name}: is no figure"):
        read_provenance(path)


def test_a_flipped_byte_in_a_png_is_noticed(look: Look, tmp_path: Path) -> None:
    content = bytearray(render(line, look, SIZE, ["png"], {"figure": "fig5"})["png"])
    content[-100] ^= 1
    (tmp_path / "fig5.png").write_bytes(content)
    with pytest.raises(FigproofError, match=r"is damaged: chunk b'IDAT' does not match its checksum"):
        read_provenance(tmp_path / "fig5.png")


def test_a_file_that_is_no_figure_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("figures to make")
    with pytest.raises(FigproofError, match=r"notes\.txt: is no figure. Allowed: PDF, PNG, SVG, TIFF"):
        read_provenance(tmp_path / "notes.txt")
    with pytest.raises(FigproofError, match=r"absent\.png: cannot be read: No such file"):
        read_provenance(tmp_path / "absent.png")


def test_a_file_of_another_program_carries_no_provenance(tmp_path: Path) -> None:
    Image.new("RGB", (2, 2)).save(tmp_path / "other.png")
    with pytest.raises(FigproofError, match=r"other\.png: carries no provenance"):
        read_provenance(tmp_path / "other.png")


def test_an_unknown_format_or_a_size_beyond_the_venue_is_refused(look: Look) -> None:
    with pytest.raises(FigproofError, match=r"figure fig5: format 'pfd' is unknown.*Did you mean pdf\?"):
        render(line, look, SIZE, ["pfd"], {"figure": "fig5"})
    with pytest.raises(
        FigproofError, match=r"7 x 2 in does not fit icml2025: widths single 3.25, full 6.75 in"
    ):
        render(line, look, (7.0, 2.0), ["pdf"], {"figure": "fig5"})


# State


def test_settings_fonts_and_log_are_put_back_even_after_an_error(look: Look) -> None:
    before = (dict(mpl.rcParams), list(font_manager.fontManager.ttflist), mpl.backends.backend_svg.Image)
    render(line, look, SIZE, ["svg"], {})
    with pytest.raises(FigproofError):
        render(lambda figure: line(figure).set_ylabel(""), look, SIZE, ["svg"], {})
    after = (dict(mpl.rcParams), list(font_manager.fontManager.ttflist), mpl.backends.backend_svg.Image)
    assert after == before


def test_a_users_settings_in_this_process_change_nothing(look: Look) -> None:
    expected = render(line, look, SIZE, ["png", "svg", "pdf"], {})
    with mpl.rc_context(
        {"font.size": 30, "savefig.bbox": "tight", "timezone": "Asia/Tokyo", "pdf.fonttype": 3}
    ):
        assert render(line, look, SIZE, ["png", "svg", "pdf"], {}) == expected


def test_no_formats_bytes_depend_on_which_others_are_asked_for(look: Look) -> None:
    together = render(line, look, SIZE, ["png", "pdf", "svg"], {})
    alone = {name: render(line, look, SIZE, [name], {})[name] for name in ("svg", "pdf", "png")}
    assert alone == together


def test_one_point_changed_in_its_fourth_digit_changes_every_format(look: Look) -> None:
    first = render(line, look, SIZE, ["png", "pdf", "svg"], {})
    second = render(lambda figure: line(figure, (1.0, 2.002, 4.0)), look, SIZE, ["png", "pdf", "svg"], {})
    assert [name for name in first if first[name] == second[name]] == []


def test_without_the_hash_salt_the_svg_would_differ_each_time(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert render(line, look, SIZE, ["svg"], {}) == render(line, look, SIZE, ["svg"], {})
    monkeypatch.setattr("figproof.canvas._FIXED", {"pdf.compression": 0, "svg.hashsalt": None})
    assert render(line, look, SIZE, ["svg"], {}) != render(line, look, SIZE, ["svg"], {})


# Panels


@pytest.mark.parametrize(("venue", "text"), [("nature", "b"), ("icml2025", "(b)")])
@pytest.mark.parametrize("heading", ["", "Heading"])
def test_a_panel_letter_stands_at_the_upper_left_and_covers_no_axes(
    venue: str, text: str, heading: str
) -> None:
    look = load_look(ROOT, venue, "petroff10", "viridis", {})
    seen: dict[str, Any] = {}

    def draw(figure: Figure) -> None:
        left, right = figure.subfigures(1, 2)
        line(left)
        seen["axes"] = line(right)
        if heading:
            right.suptitle(heading)
        panel_letter(right, "b", look)
        seen["panel"] = right

    if heading and not look.venue.title_inside:
        look = load_look(ROOT, "ieee", "petroff10", "viridis", {})
    render(draw, look, (look.venue.widths_in["full"], 2.0), ["png"], {})
    panel = seen["panel"]
    letters = [item for item in panel.findobj(mpl.text.Text) if item.get_text() == text]
    (letter,) = letters
    box = letter.get_window_extent()
    assert box.x0 - panel.bbox.x0 == pytest.approx(0.03 * panel.get_figure(root=True).dpi, abs=3)
    assert panel.bbox.y1 - box.y1 < 8 * panel.get_figure(root=True).dpi / 72
    assert box.y0 >= seen["axes"].get_tightbbox().y1 - 1


def test_provenance_is_canonical_json(look: Look) -> None:
    content = render(line, look, SIZE, ["svg"], {"b": 1, "a": 2})["svg"].decode()
    (text,) = re.findall(r'<metadata id="figproof">(.*?)</metadata>', content)
    assert text == json.dumps({"a": 2, "b": 1}, separators=(",", ":"))
