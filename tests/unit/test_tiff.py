"""TIFF for print: the pixels of the PNG, no alpha, the venue's resolution, the provenance, the same bytes."""

import hashlib
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from figproof import tiff
from figproof.canvas import read_provenance, render
from figproof.errors import FigproofError
from figproof.look import load_look

ROOT = Path(__file__).parents[2]

DRAW = """
import hashlib, sys
from pathlib import Path
from figproof.canvas import render
from figproof.look import load_look

def draw(figure):
    axes = figure.subplots()
    axes.plot([0, 1, 2], [1, 2, 4], alpha=0.5)
    axes.imshow([[0, 1], [2, 3]], extent=(0.2, 0.8, 3, 4), aspect="auto")
    axes.set(xlabel="Epoch", ylabel="Loss (nat)", xlim=(0, 2), ylim=(0, 5))

look = load_look(Path(sys.argv[1]), "plos", "petroff10", "viridis", {})
size = (look.venue.widths_in["single"], 2.0)
files = render(draw, look, size, ["tiff", "png"], {"figure": "fig5", "name": "Zoë \\ud800 ☃"})
"""


@pytest.fixture(scope="module")
def drawn():
    """The files of one figure at PLOS, and its look."""
    names = {"__name__": "drawn"}
    before, sys.argv = sys.argv, ["", str(ROOT)]
    try:
        exec(compile(DRAW, "draw", "exec"), names)
    finally:
        sys.argv = before
    return names["files"], names["look"]


def opened(content):
    image = Image.open(io.BytesIO(content), formats=("TIFF",))
    image.load()
    return image


def test_it_is_lzw_rgb_without_alpha_at_the_venues_resolution(drawn):
    files, look = drawn
    image = opened(files["tiff"])
    assert (image.mode, image.info["compression"], image.n_frames) == ("RGB", "tiff_lzw", 1)
    assert image.tag_v2[277] == 3 and 338 not in image.tag_v2, "three samples, and none of them extra"
    assert image.info["dpi"] == (look.venue.png_dpi, look.venue.png_dpi)
    assert image.size[0] == int(look.venue.widths_in["single"] * look.venue.png_dpi)
    assert len(files["tiff"]) < look.venue.max_bytes


def test_its_pixels_are_those_of_the_png(drawn):
    files, _ = drawn
    png = Image.open(io.BytesIO(files["png"]))
    assert np.array_equal(np.asarray(opened(files["tiff"])), np.asarray(png.convert("RGB")))


def test_it_names_no_program_host_or_time(drawn):
    software, date, artist, host = 305, 306, 315, 316
    assert {software, date, artist, host}.isdisjoint(opened(drawn[0]["tiff"]).tag_v2)


def test_another_process_with_another_hash_seed_writes_the_same_bytes(drawn, tmp_path):
    script = DRAW + "print(hashlib.sha256(files['tiff']).hexdigest())"
    environment = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(drawn[0]["tiff"]).hexdigest()


@pytest.mark.parametrize("name", ["fig5.tiff", "fig5.tif"])
def test_the_provenance_comes_back_out_of_a_tiff(drawn, tmp_path, name):
    (tmp_path / name).write_bytes(drawn[0]["tiff"])
    assert read_provenance(tmp_path / name) == {"figure": "fig5", "name": "Zoë \ud800 ☃"}


def test_a_tiff_of_another_program_carries_no_provenance(tmp_path):
    Image.new("RGB", (3, 3)).save(tmp_path / "scan.tiff")
    with pytest.raises(FigproofError, match=r"scan\.tiff: carries no provenance"):
        read_provenance(tmp_path / "scan.tiff")


@pytest.mark.parametrize("content", [b"II*\0", b"\x89PNG\r\n\x1a\n", b"II*\0\x08\0\0\0\xff\xff"])
def test_what_is_no_tiff_is_an_error_and_not_a_traceback(tmp_path, content):
    (tmp_path / "odd.tiff").write_bytes(content)
    with pytest.raises(FigproofError, match=r"odd\.tiff: is damaged"):
        read_provenance(tmp_path / "odd.tiff")


SMALL = tiff.encode(np.zeros((4, 5, 3), np.uint8), 300, '{"figure": "a"}')


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_damaged_bytes_give_a_text_nothing_or_a_value_error(changes):
    content = bytearray(SMALL)
    for place, value in changes:
        content[place] = value
    try:
        text = tiff.read_description(bytes(content))
    except ValueError:
        return
    assert text is None or isinstance(text, str)


def test_transparent_artists_are_blended_with_white_paper():
    look = load_look(ROOT, "plos", "petroff10", "viridis", {})

    def draw(figure):
        axes = figure.subplots()
        axes.set_axis_off()
        axes.fill([0, 1, 1, 0], [0, 0, 1, 1], color="#000000", alpha=0.5, linewidth=0)
        axes.set(xlim=(0, 1), ylim=(0, 1))

    image = opened(render(draw, look, (2.63, 1.0), ["tiff"], {"figure": "half"})["tiff"])
    assert image.getpixel((700, 300)) in ((127, 127, 127), (128, 128, 128))
