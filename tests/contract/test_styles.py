"""Every sheet and font: read, measured again, and frozen by the changelog."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from pypdf import PdfReader

from baselines.release import present, released
from figproof.canvas import render
from figproof.conditions import load_conditions
from figproof.fonts import families
from figproof.header import load_header
from figproof.look import Look, load_look, venue_names

ROOT = Path(__file__).parents[2]
STYLES = ROOT / "styles"
VENUES = venue_names(ROOT)


def _look(venue: str) -> Look:
    conditions = load_conditions(ROOT / "config/conditions.yaml")
    return load_look(ROOT, venue, "petroff10", "viridis", conditions)


def test_the_walk_finds_sheets() -> None:
    assert {"neurips2025", "icml2025", "ieee", "nature"} <= set(VENUES)


# Sheets


@pytest.mark.parametrize(
    ("venue", "single", "full", "height"),
    [
        ("neurips2025", 5.5, 5.5, 9.0),
        ("icml2025", 3.25, 6.75, 9.0),
        ("ieee", 3.5, 7.16, 9.0),
        ("nature", 89 / 25.4, 183 / 25.4, 170 / 25.4),
    ],
)
def test_a_venue_has_the_size_that_its_source_gives(
    venue: str, single: float, full: float, height: float
) -> None:
    look = _look(venue).venue
    assert (look.widths_in["single"], look.widths_in["full"]) == pytest.approx((single, full), abs=1e-6)
    assert look.max_height_in == pytest.approx(height, abs=1e-6)


@pytest.mark.parametrize("venue", VENUES)
def test_a_venues_header_is_coherent(venue: str) -> None:
    header = load_header(STYLES / f"venues/{venue}.mplstyle", venue)
    assert header.min_text_pt <= header.small_pt <= header.text_pt
    assert header.widths_in.single <= header.widths_in.full
    assert len(header.source) > 20


@pytest.mark.parametrize("venue", VENUES)
def test_the_settings_hold_the_headers_sizes_and_no_line_under_its_minimum(venue: str) -> None:
    look = _look(venue)
    sizes = {
        key: value for key, value in look.rc.items() if key.endswith(("labelsize", "fontsize", "titlesize"))
    }
    assert look.rc["font.size"] == look.venue.text_pt
    assert set(sizes.values()) == {look.venue.text_pt, look.venue.small_pt}
    widths = [look.rc[key] for key in look.rc if re.search(r"linewidth|\.(major|minor)\.width", key)]
    assert len(widths) >= 8
    assert min(widths) >= min(look.venue.min_line_pt, 0.5)


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("width", ["single", "full"])
def test_a_plain_figure_is_camera_ready_at_each_width(venue: str, width: str) -> None:
    look = _look(venue)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for number, name in enumerate(look.conditions):
            axes.plot([0, 1, 2], [number, number + 1, number], label=look.label(name), **look.line(name))
        axes.set_xlabel("Epoch")
        axes.set_ylabel("Loss (nat)")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))

    # On slides and posters everything is larger.
    height_in = 2.4 * max(1.0, look.venue.text_pt / 9)
    content = render(draw, look, (look.venue.widths_in[width], height_in), ["pdf"], {})["pdf"]
    page = PdfReader(io.BytesIO(content)).pages[0]
    assert float(page.mediabox.width) == pytest.approx(look.venue.widths_in[width] * 72, abs=1e-5)


@pytest.mark.parametrize("venue", VENUES)
def test_the_text_is_in_the_venues_family_in_all_four_styles(venue: str) -> None:
    family = _look(venue).rc["font.family"][0]
    assert len(families(sorted((STYLES / "fonts").glob("*.ttf")))[family]) == 4


# Fonts and the changelog


def test_every_vendored_font_is_truetype_and_has_its_licence() -> None:
    fonts = sorted((STYLES / "fonts").glob("*.ttf"))
    assert fonts
    assert {path.suffix for path in (STYLES / "fonts").iterdir()} == {".ttf", ".txt"}
    assert "SIL OPEN FONT LICENSE Version 1.1" in (STYLES / "fonts/LICENSE-LiberationSans.txt").read_text()
    assert {path.name.partition("-")[0] for path in fonts} == {"LiberationSans"}


def test_a_released_file_is_frozen_and_another_value_is_another_version() -> None:
    """Published figures were drawn with it; each records the digests of its sheets."""
    rows, files = released(), present()
    assert len(files) >= 15, "the walk is broken"
    changed = [name for name in files if name not in rows or rows[name][-1][1] != files[name]]
    assert not changed, (
        f"{changed} differ from what was released. If that is meant, released figures change with it: "
        'run python tests/baselines/release.py "what changed", or give the new value a new name (icml2026)'
    )
    assert set(rows) == set(files), "a released file was removed: figures name it"


def test_versions_count_up_from_one_and_none_is_released_twice() -> None:
    for name, versions in released().items():
        assert [number for number, _ in versions] == list(range(1, len(versions) + 1)), name
        assert len({digest for _, digest in versions}) == len(versions), f"{name}: a version changes nothing"
