"""Every palette: published colours, a fit for its role, and a page that says what is measured now."""

from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType

import matplotlib as mpl
import numpy as np
import pytest

from figproof.colour import INSTEAD, limits, measure_colours
from figproof.palette import load_palette, palette_names

ROOT = Path(__file__).parents[2]
PALETTES = palette_names(ROOT)
ROLES = {name: load_palette(ROOT, name).role for name in PALETTES}
QUALITATIVE = [name for name, role in ROLES.items() if role == "qualitative"]
OF_VALUES = [name for name, role in ROLES.items() if role != "qualitative"]


def test_the_walk_finds_palettes_of_every_role() -> None:
    assert Counter(ROLES.values()) >= Counter(qualitative=10, sequential=7, diverging=5, cyclic=3)


@pytest.mark.parametrize("name", ["petroff6", "petroff8", "petroff10", "okabe_ito"])
def test_a_published_palette_has_its_published_colours(name: str) -> None:
    published = {mpl.colors.to_hex(colour) for colour in mpl.color_sequences[name]}
    assert set(load_palette(ROOT, name).colours or []) == published


@pytest.mark.parametrize(
    ("name", "clipped", "unclipped"),
    [
        # Design notes of figproof, measured with another program than figproof.colour.
        ("petroff6", 15.1, 20.5),
        ("petroff8", 10.5, 18.1),
        ("petroff10", 14.5, 16.1),
        ("okabe_ito", 11.0, 11.0),
        ("tol_high_contrast", 24.3, 24.3),
        ("tol_muted", 11.8, 11.8),
        ("tol_bright", 7.4, 7.4),
    ],
)
def test_a_palettes_distances_are_those_measured_before(name: str, clipped: float, unclipped: float) -> None:
    found = measure_colours(load_palette(ROOT, name).rgb())
    assert (found.worst, found.worst_unclipped) == pytest.approx((clipped, unclipped), abs=0.06)


def test_the_default_palettes_pass_the_published_limits() -> None:
    for name in ("petroff6", "petroff8", "petroff10"):
        found = measure_colours(load_palette(ROOT, name).rgb())
        assert found.worst_unclipped >= limits(found.n).distance
        assert found.grey >= limits(found.n).grey


@pytest.mark.parametrize(
    ("name", "row", "published"),
    [
        # Rows of the published tables (Scientific colour maps 8.0), sRGB from 0 to 1.
        ("batlow", 0, (0.005193, 0.098238, 0.349842)),
        ("batlow", 255, (0.981354, 0.800406, 0.981267)),
        ("vik", 0, (0.001328, 0.069836, 0.379529)),
    ],
)
def test_a_vendored_colormap_is_drawn_as_published(
    name: str, row: int, published: tuple[float, float, float]
) -> None:
    assert load_palette(ROOT, name).rgb()[row] == pytest.approx(published, abs=0.5 / 255 + 1e-6)


@pytest.mark.parametrize("name", OF_VALUES)
def test_the_lightness_of_a_colormap_runs_as_its_role_asks(name: str) -> None:
    ramp = load_palette(ROOT, name).ramp()
    assert ramp.faults == ()
    # What rounding to 8 bits makes at most.
    assert ramp.depth <= 0.25
    assert len(ramp.turns) == {"sequential": 0, "diverging": 1, "cyclic": 2}[ramp.role]


def test_what_is_advised_instead_of_a_rainbow_exists_and_plays_the_role() -> None:
    for role, names in INSTEAD.items():
        for name in names.replace(" or ", ", ").split(", "):
            assert ROLES[name] == role


def test_the_page_says_what_is_measured_now() -> None:
    made = _maker()
    assert made.page() == (ROOT / "docs/palettes.md").read_text(), "run: python docs/make_palettes.py"
    assert made.main(["--check"]) == 0


def test_a_changed_number_makes_the_page_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = _maker()
    made.PAGE = tmp_path / "palettes.md"
    made.PAGE.write_text(made.page().replace("*14.5* / 16.5", "*14.6* / 16.5"))
    assert made.main(["--check"]) == 1
    assert "stale: run python docs/make_palettes.py" in capsys.readouterr().out


def test_the_page_has_every_palette_and_those_that_are_not_to_be_used() -> None:
    text = (ROOT / "docs/palettes.md").read_text()
    for name in (*PALETTES, "tab10 (Matplotlib's default)", "seaborn colorblind", "jet", "turbo"):
        assert f"\n| {name} |" in text
    assert not {"tab10", "seaborn_colorblind", "jet"} & set(PALETTES)


def _maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_palettes", ROOT / "docs/make_palettes.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_colour_of_a_qualitative_palette_is_white_or_given_twice() -> None:
    assert QUALITATIVE
    for name in QUALITATIVE:
        colours = load_palette(ROOT, name).rgb()
        assert len(np.unique(colours, axis=0)) == len(colours)
        assert (colours < 1).any(axis=1).all()
