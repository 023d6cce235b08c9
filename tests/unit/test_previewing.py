"""A style's page: every kind as each reader sees it, the same bytes each time, and refusals shown."""

import base64
import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from colorspacious import cspace_convert
from PIL import Image
from pypdf import PdfReader

from figproof.look import load_look
from figproof.previewing import VIEWS, as_seen, page_html, page_pdf, samples
from figproof.project import Project

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Project(ROOT)


def look(palette="petroff10"):
    return load_look(ROOT, "icml2025", palette, "viridis", {})


@pytest.fixture(scope="module")
def rows():
    return samples(PROJECT, look(), ["confusion", "calibration"])


@pytest.mark.parametrize(
    ("view", "deficiency"),
    [("protan", "protanomaly"), ("deutan", "deuteranomaly"), ("tritan", "tritanomaly")],
)
def test_a_picture_is_seen_as_machado_and_others_publish_it(view, deficiency):
    colours = np.random.default_rng(1).integers(0, 256, (8, 5, 3), dtype=np.uint8)
    space = {"name": "sRGB1+CVD", "cvd_type": deficiency, "severity": 100}
    wanted = np.clip(cspace_convert(colours / 255, space, "sRGB1"), 0, 1) * 255
    seen = as_seen(colours, view)
    assert seen.shape == colours.shape and seen.dtype == np.uint8
    assert np.abs(seen - wanted).max() <= 0.5 + 1e-9


def test_a_grey_print_keeps_luminance_and_no_colour():
    colours = np.random.default_rng(2).integers(0, 256, (8, 5, 3), dtype=np.uint8)
    seen = as_seen(colours, "grey")
    assert (seen == seen[..., :1]).all()
    linear = [
        np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) for c in (colours / 255, seen / 255)
    ]
    luminance = [c @ np.array([0.2126, 0.7152, 0.0722]) for c in linear]
    assert np.abs(luminance[0] - luminance[1]).max() < 0.006


def test_a_page_has_a_picture_of_each_kind_for_each_reader(rows):
    page = page_html(look(), rows).decode()
    pictures = dict(re.findall(r'alt="([^"]+)" src="data:image/png;base64,([^"]+)"', page))
    assert {f"{kind}, {view}" for kind in ("confusion", "calibration") for view in VIEWS} <= set(pictures)
    assert len(pictures) == len(rows) * len(VIEWS)
    shown = {}
    for view in VIEWS:
        with Image.open(io.BytesIO(base64.b64decode(pictures[f"calibration, {view}"]))) as picture:
            shown[view] = np.asarray(picture.convert("RGB"))
    assert shown["as printed"].shape == (540, 487, 3)
    assert len({pixels.tobytes() for pixels in shown.values()}) == len(VIEWS)


def test_a_page_loads_nothing_and_runs_nothing(rows):
    page = page_html(look(), rows).decode()
    assert "<script" not in page and "default-src 'none'" in page
    assert not re.findall(r'(?:src|href)="(?!data:)', page)


def test_a_pdf_shows_the_same_pictures_in_true_size(rows):
    pages = PdfReader(io.BytesIO(page_pdf(look(), rows))).pages
    assert len(pages) == 2
    # Matplotlib lists all pictures of a document on each page.
    pictures = [image.image.convert("RGB") for image in pages[0].images]
    assert len(pictures) == len(rows) * len(VIEWS)
    drawn = {np.asarray(picture).tobytes() for picture in pictures}
    # It also stores them upside down, and turns them when they are placed.
    assert drawn == {pixels[::-1].tobytes() for row in rows for pixels in row.pictures.values()}
    assert float(pages[1].mediabox.width) / 72 == pytest.approx(5 * (3.25 + 0.3) + 0.3)
    assert "calibration, deutan" in pages[1].extract_text()


def test_a_kind_that_refuses_a_style_says_why_in_its_place():
    short = look("tol_high_contrast")
    refused = samples(PROJECT, short, ["embedding"])[-1]
    assert refused.pictures == {}
    assert "classes need" in page_html(short, [refused]).decode()
    (page,) = PdfReader(io.BytesIO(page_pdf(short, [refused]))).pages
    assert "classes need" in page.extract_text()


@pytest.mark.parametrize("suffix", ["html", "pdf"])
def test_the_command_writes_the_same_bytes_each_time(tmp_path, suffix):
    command = [sys.executable, "-m", "figproof", "style", "preview", "ieee", "--palette", "okabe_ito"]
    for name in ("one", "two"):
        out = ["--kind", "confusion", "--out", f"{name}.{suffix}"]
        done = subprocess.run([*command, *out], cwd=tmp_path, capture_output=True, text=True)
        assert done.stdout == f"{name}.{suffix}: 5 rows\n", done.stderr
    first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("one", "two"))
    assert first == second and len(first) > 10_000
