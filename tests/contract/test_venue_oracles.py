"""Sizes of venues against two libraries that know some of them; where we differ, the reason stands here."""

import importlib.util
import tomllib
from pathlib import Path

import pytest
from tueplots import figsizes

from figproof.header import load_header

ROOT = Path(__file__).resolve().parents[2]
MM_IN = 25.4
SAME_MM = 0.5
"""Sources round to tenths of an inch, millimetres or points."""

TUEPLOTS = {
    ("neurips2025", "single"): "neurips2024",
    ("iclr2026", "full"): "iclr2024",
    ("icml2025", "single"): "icml2024_half",
    ("icml2025", "full"): "icml2024_full",
    ("aaai2025", "single"): "aaai2024_half",
    ("aaai2025", "full"): "aaai2024_full",
    ("cvpr", "single"): "cvpr2024_half",
    ("cvpr", "full"): "cvpr2024_full",
    ("tmlr", "full"): "tmlr2023",
    ("jmlr", "full"): "jmlr2001",
}
PLOTSTYLE = {
    "acm_sigconf": "acm",
    "aps": "prl",
    "elsevier": "elsevier",
    "ieee": "ieee",
    "nature": "nature",
    "plos": "plos",
    "science2025": "science",
    "science_older": "science",
}
KEYS = {"single": "single_column_mm", "full": "double_column_mm", "height": "max_height_mm"}

DIFFERENT = {
    ("tueplots", "aaai2025", "full"): "aaai25.sty sets a text width of 7.0 in; tueplots has 6.975",
    ("plotstyle", "acm_sigconf", "full"): "measured in the compiled class: 7.006 in; plotstyle has 180 mm",
    ("plotstyle", "acm_sigconf", "height"): "measured in the compiled class: 8.66 in; plotstyle has 235 mm",
    ("plotstyle", "ieee", "height"): "the guide of the Transactions: 9 in; plotstyle has 216 mm, 8.5 in",
    ("plotstyle", "plos", "single"): "single is the least width that PLOS takes; its text column is onehalf",
    (
        "plotstyle",
        "science2025",
        "single",
    ): "official pages conflict; plotstyle has a third set of widths",
    ("plotstyle", "science2025", "full"): "official pages conflict; plotstyle has a third set of widths",
    ("plotstyle", "science_older", "single"): "official pages conflict; plotstyle has a third set of widths",
    ("plotstyle", "science_older", "full"): "official pages conflict; plotstyle has a third set of widths",
}
"""(library, venue, size) -> why ours is another; a line that no longer holds fails."""


def plotstyle_sizes(name):
    """A journal's ``[dimensions]``, read from its file: importing it registers styles in Matplotlib."""
    folder = Path(importlib.util.find_spec("plotstyle").submodule_search_locations[0])
    return tomllib.loads((folder / "specs" / f"{name}.toml").read_text())["dimensions"]


def theirs_mm():
    """(library, venue, size) -> millimetres."""
    found = {
        ("tueplots", venue, width): getattr(figsizes, name)()["figure.figsize"][0] * MM_IN
        for (venue, width), name in TUEPLOTS.items()
    }
    for venue, name in PLOTSTYLE.items():
        sizes = plotstyle_sizes(name)
        found |= {("plotstyle", venue, size): sizes[key] for size, key in KEYS.items() if key in sizes}
    return found


def ours_mm(venue, size):
    header = load_header(ROOT / f"styles/venues/{venue}.mplstyle", venue)
    inches = header.max_height_in if size == "height" else getattr(header.widths_in, size)
    return inches * MM_IN


@pytest.mark.parametrize("library, venue, size", theirs_mm())
def test_a_size_is_what_the_library_has_or_the_reason_is_known(library, venue, size):
    same = ours_mm(venue, size) == pytest.approx(theirs_mm()[library, venue, size], abs=SAME_MM)
    reason = DIFFERENT.get((library, venue, size))
    assert same == (reason is None), reason or f"ours {ours_mm(venue, size)} mm"


def test_every_reason_is_about_a_size_that_was_compared():
    assert len(theirs_mm()) >= 25
    assert set(DIFFERENT) <= set(theirs_mm())


def test_one_column_of_plos_is_its_width_between():
    assert ours_mm("plos", "onehalf") == pytest.approx(
        plotstyle_sizes("plos")["single_column_mm"], abs=SAME_MM
    )
