"""Every sheet and font: read, measured again, and frozen by the changelog."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from pypdf import PdfReader

from baselines.release import present, released, unreleased
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


MM = 1 / 25.4

# What each venue's source gives, in inches: single, onehalf, full, height; and how far it is trusted.
SIZES: dict[str, tuple[float, float | None, float, float, str]] = {
    "neurips2025": (5.5, None, 5.5, 9.0, "verified"),
    "iclr2026": (5.5, None, 5.5, 9.0, "verified"),
    "icml2025": (3.25, None, 6.75, 9.0, "transcribed"),
    "aaai2025": (3.3125, None, 7.0, 9.0, "verified"),
    "acl": (77 * MM, None, 160 * MM, 247 * MM, "verified"),
    "cvpr": (3.25, None, 6.875, 8.875, "verified"),
    "ieee": (3.5, None, 7.16, 9.0, "transcribed"),
    "tmlr": (6.5, None, 6.5, 9.0, "verified"),
    "jmlr": (6.0, None, 6.0, 8.5, "transcribed"),
    "acm_sigconf": (3.337, None, 7.006, 8.66, "verified"),
    "nature": (89 * MM, 120 * MM, 183 * MM, 170 * MM, "verified"),
    "science2025": (90 * MM, None, 183 * MM, 227.5 * MM, "uncertain"),
    "science_older": (57 * MM, 121 * MM, 184 * MM, 227.5 * MM, "uncertain"),
    "pnas": (87 * MM, 114 * MM, 178 * MM, 225 * MM, "transcribed"),
    "plos": (66.8 * MM, 132 * MM, 190.5 * MM, 222.3 * MM, "verified"),
    "elsevier": (90 * MM, 140 * MM, 190 * MM, 240 * MM, "verified"),
    "aps": (3.375, None, 7.0, 9.0, "transcribed"),
    "slides": (6.0, None, 12.3, 5.8, "ours"),
    "poster": (10.0, None, 31.0, 20.0, "ours"),
}


def test_every_venue_has_the_sizes_and_the_status_of_its_source() -> None:
    measured = {}
    for name in VENUES:
        venue = _look(name).venue
        widths = (venue.widths_in.get(width) for width in ("single", "onehalf", "full"))
        measured[name] = (*widths, venue.max_height_in, venue.status)
    assert set(measured) == set(SIZES)
    for name, expected in SIZES.items():
        assert measured[name][4] == expected[4], name
        assert measured[name][:4] == tuple(
            None if size is None else pytest.approx(size, abs=1e-6) for size in expected[:4]
        ), name


# Rules that only some venues have; a venue that is not named must not have one.
RULES = {
    "grid": {"nature": False},
    "title_inside": {"icml2025": False},
    "transparency": {"plos": False},
    "alt_text": {"acm_sigconf": True},
    "grey_safe": {"acl": True},
    "colour_alone": {"acl": False, "cvpr": False},
    "max_bytes": {"plos": 10_000_000},
    "max_line_pt": {"nature": 1.0, "elsevier": 1.5},
    "max_text_pt": {"nature": 7.0, "plos": 12.0, "science2025": 9.0},
}
USUAL = {
    "grid": True,
    "title_inside": True,
    "transparency": True,
    "alt_text": False,
    "grey_safe": False,
    "colour_alone": True,
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_holds_where_a_source_gives_it_and_nowhere_else(rule: str) -> None:
    found = {name: getattr(_look(name).venue, rule) for name in VENUES}
    assert {name: value for name, value in found.items() if value != USUAL.get(rule)} == RULES[rule]


LEAST = {
    "min_line_pt": {"icml2025": 0.5, "nature": 0.25, "pnas": 0.25, "elsevier": 0.1, "aps": 0.5},
    "min_text_pt": {
        "nature": 5,
        "science2025": 6,
        "science_older": 5,
        "pnas": 6,
        "plos": 8,
        "elsevier": 6,
        "aps": 8,
    },
}


@pytest.mark.parametrize("field", LEAST)
def test_a_minimum_is_the_sources_or_says_that_it_is_ours(field: str) -> None:
    of = {name: _look(name).venue for name in VENUES}
    theirs = {name for name, venue in of.items() if venue.said(field).status != "ours"}
    assert {name: getattr(of[name], field) for name in theirs} == LEAST[field]


@pytest.mark.parametrize("venue", VENUES)
def test_what_a_venue_takes_can_be_written_and_is_fine_enough(venue: str) -> None:
    header = load_header(STYLES / f"venues/{venue}.mplstyle", venue)
    assert {"pdf", "tiff"} & set(header.formats), "figproof writes no EPS"
    assert header.png_dpi >= header.raster_dpi.photo
    family = _look(venue).rc["font.family"][0]
    assert not header.families or family in header.families
    assert header.max_text_pt is None or header.text_pt <= header.max_text_pt


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


@pytest.mark.parametrize(
    ("venue", "width"), [(name, width) for name in VENUES for width in _look(name).venue.widths_in]
)
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
    assert len(present()) >= 30, "the walk is broken"
    assert not unreleased(), (
        f"{sorted(unreleased())} differ from what was released. If that is meant, published figures "
        'change: run python tests/baselines/release.py "what changed", or name a new version (icml2026)'
    )
    assert set(released()) == set(present()), "a released file was removed: figures name it"


def test_versions_count_up_from_one_and_none_is_released_twice() -> None:
    for name, versions in released().items():
        assert [number for number, _ in versions] == list(range(1, len(versions) + 1)), name
        assert len({digest for _, digest in versions}) == len(versions), f"{name}: a version changes nothing"
