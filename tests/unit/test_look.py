"""Colour belongs to a name: conditions, palettes and venues are looked up, never guessed."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from figproof.canonical import digest_file
from figproof.colour import INSTEAD
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.look import Look, load_look
from figproof.palette import load_palette

ROOT = Path(__file__).parents[2]


def _look(qualitative: str = "petroff10", venue: str = "icml2025", sequential: str = "viridis") -> Look:
    return load_look(ROOT, venue, qualitative, sequential, load_conditions(ROOT / "config/conditions.yaml"))


def test_a_condition_has_the_same_look_in_every_venue() -> None:
    looks = [_look(venue=venue) for venue in ("icml2025", "nature", "ieee", "neurips2025")]
    assert {(look.colour("adam"), look.marker("adam"), look.dash("adam")) for look in looks} == {
        ("#bd1f01", "^", (0.0, (5.0, 1.5, 1.0, 1.5)))
    }


def test_line_gives_colour_and_dash_and_leaves_the_marker_to_the_kind() -> None:
    assert _look().line("momentum") == {"color": "#ffa90e", "linestyle": (0.0, (4.0, 1.6))}


def test_conditions_are_ordered_as_registered_and_not_as_given() -> None:
    assert _look().ordered(["sigmoid", "adam", "sgd", "adam"]) == ("sgd", "adam", "sigmoid")


def test_an_unknown_condition_is_refused_with_the_nearest_name_and_the_file() -> None:
    with pytest.raises(FigproofError, match=r"condition 'adan' has no look.*Did you mean adam\?") as caught:
        _look().ordered(np.array(["adan"]))
    assert "add a line for adan, or run: figproof conditions assign" in str(caught.value)


def test_an_unknown_venue_or_palette_is_refused_with_the_nearest_name_and_the_file_to_add() -> None:
    with pytest.raises(FigproofError, match=r"venue 'icml205' is unknown.*Did you mean icml2025\?") as caught:
        _look(venue="icml205")
    assert "add styles/venues/icml205.mplstyle to define it" in str(caught.value)
    with pytest.raises(
        FigproofError, match=r"palette 'okabe' is unknown.*Did you mean okabe_ito\?"
    ) as caught:
        _look("okabe")
    assert "add styles/palettes/okabe.yaml to define it" in str(caught.value)


def test_a_palette_of_another_role_is_refused() -> None:
    with pytest.raises(FigproofError, match=r"viridis\.yaml: is sequential, a qualitative palette is needed"):
        _look("viridis")
    with pytest.raises(
        FigproofError, match=r"petroff6\.yaml: is qualitative, a sequential palette is needed"
    ):
        _look(sequential="petroff6")


def test_a_palette_too_short_for_a_slot_names_those_that_are_long_enough() -> None:
    with pytest.raises(FigproofError) as caught:
        _look("petroff6")
    assert "petroff6.yaml: has 6 colours; condition sigmoid needs 7" in str(caught.value)
    assert "use one of: okabe_ito, petroff10, petroff8, tol_bright, tol_light, tol_muted, tol_vibrant" in str(
        caught.value
    )


def test_classes_never_share_a_colour_or_a_marker() -> None:
    look = _look()
    assert len(set(look.class_colours(10))) == 10
    assert len(set(look.class_markers(12))) == 12
    with pytest.raises(FigproofError, match="11 classes need 11 colours, palette 'petroff10' has 10"):
        look.class_colours(11)
    with pytest.raises(FigproofError, match="13 classes need 13 markers, there are 12"):
        look.class_markers(13)


def test_lines_marks_and_lengths_are_as_given_on_paper_and_grow_with_the_venue() -> None:
    paper, poster = _look(venue="neurips2025"), _look(venue="poster")
    assert (paper.line_pt(1.1), paper.mark_pt(2.6), paper.room_in(0.95)) == (1.1, 2.6, 0.95)
    assert poster.line_pt(1.0) == pytest.approx(3.0)
    assert poster.mark_pt(2.0) == pytest.approx(6.0)
    assert poster.room_in(1.0) == pytest.approx(2.4)


def test_no_line_is_thinner_or_thicker_than_the_venue_allows() -> None:
    nature, paper = _look(venue="nature"), _look(venue="neurips2025")
    assert (nature.line_pt(0.1), nature.line_pt(5.0)) == (0.25, 1.0)
    assert (paper.line_pt(0.4), paper.line_pt(5.0)) == (0.5, 5.0)


def test_a_value_has_the_headers_source_unless_it_has_its_own() -> None:
    venue = _look(venue="jmlr").venue
    assert (venue.said("title").status, venue.said("title").source) == ("transcribed", venue.source)
    assert venue.said("widths_in").status == "verified"
    assert venue.said("min_text_pt").status == "ours"


def test_colormaps_are_found_by_role() -> None:
    look = _look()
    assert look.cmap().name == "viridis"
    assert look.cmap("diverging").name == "RdBu_r"
    assert look.cmap("cyclic").name == "twilight"
    with pytest.raises(FigproofError, match="colormap role 'rainbow' is unknown"):
        look.cmap("rainbow")


def test_a_figure_may_choose_the_palette_of_every_role() -> None:
    conditions = load_conditions(ROOT / "config/conditions.yaml")
    look = load_look(ROOT, "ieee", "tol_muted", "batlow", conditions, diverging="vik", cyclic="romao")
    drawn = {role: look.cmap(role) for role in ("sequential", "diverging", "cyclic")}
    names = {role: cmap.name.partition("-")[0] for role, cmap in drawn.items()}
    assert names == {"sequential": "batlow", "diverging": "vik", "cyclic": "romao"}
    assert to_hex(drawn["diverging"](0.0)) == "#001261" and drawn["diverging"].N == 256
    # What draws without asking for a role gets the same map.
    with mpl.rc_context({"image.cmap": look.rc["image.cmap"]}):
        assert Figure().subplots().imshow([[0, 1]]).get_cmap() == drawn["sequential"]
    assert {"styles/palettes/vik.yaml", "styles/palettes/romao.yaml"} <= set(look.sources)
    # Another figure of the same process asks for the same one; Matplotlib warns of names given twice.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_look(ROOT, "ieee", "tol_muted", "batlow", conditions).cmap() == look.cmap()


def test_sources_are_the_digests_of_every_file_the_look_was_read_from() -> None:
    sources = _look(venue="nature").sources
    assert {name for name in sources if not name.startswith("styles/fonts/")} == {
        "styles/base.mplstyle",
        "styles/palettes/petroff10.yaml",
        "styles/palettes/rdbu.yaml",
        "styles/palettes/twilight.yaml",
        "styles/palettes/viridis.yaml",
        "styles/venues/nature.mplstyle",
    }
    assert len([name for name in sources if name.startswith("styles/fonts/LiberationSans")]) == 4
    assert all(digest == digest_file(ROOT / name) for name, digest in sources.items())


def test_a_changed_sheet_changes_its_digest_and_the_look(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "styles", tmp_path / "styles")
    sheet = tmp_path / "styles/venues/ieee.mplstyle"
    sheet.write_text(sheet.read_text().replace("font.size: 9", "font.size: 9.5"))
    changed, before = load_look(tmp_path, "ieee", "petroff6", "viridis", {}), _look(venue="ieee")
    assert (before.rc["font.size"], changed.rc["font.size"]) == (9.0, 9.5)
    name = "styles/venues/ieee.mplstyle"
    assert changed.sources[name] != before.sources[name]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("role: qualitative\ncolours: ['#FF0000', '#00ff00']\n", "write colours as #rrggbb in lower case"),
        ("role: qualitative\ncolours: ['#ff0000', '#ff0000']\n", "a colour is given twice"),
        ("role: qualitative\ncolormap: viridis\n", "a qualitative palette has colours and no colormap"),
        ("role: sequential\ncolormap: viridos\n", "colormap 'viridos' is unknown to Matplotlib"),
        (
            "role: cyclic\ncolormap: twilight\ncolours: ['#ff0000', '#00ff00']\n",
            "either colours or a colormap",
        ),
        ("role: diverging\n", "a diverging palette has either colours or a colormap"),
        ("role: rainbow\ncolormap: jet\n", "given 'rainbow'"),
    ],
)
def test_a_wrong_palette_is_named(tmp_path: Path, text: str, named: str) -> None:
    shutil.copytree(ROOT / "styles", tmp_path / "styles")
    (tmp_path / "styles/palettes/mine.yaml").write_text(f"{text}source: test\n")
    with pytest.raises(FigproofError) as caught:
        load_look(tmp_path, "ieee", "mine", "viridis", {})
    assert "styles/palettes/mine.yaml" in str(caught.value)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("role", "colormap", "named"),
    [
        ("sequential", "jet", "it is the rainbow jet"),
        ("diverging", "turbo", "it is the rainbow turbo"),
        ("cyclic", "hsv", "lightness J' goes back at 78 of its steps, by up to 5.8 (at most 0.5)"),
        ("sequential", "gist_ncar_r", "it is the rainbow gist_ncar"),
        ("sequential", "terrain", "lightness J' goes back at 64 of its steps, by up to 52.3"),
        ("sequential", "RdBu", "goes back"),
        ("diverging", "viridis", "lightness turns at 1.00 of its length, not in the middle"),
        ("diverging", "RdYlGn", "its ends are 7.9 apart for some readers"),
        ("diverging", "berlin", "it is darkest in the middle"),
        ("cyclic", "viridis", "a seam"),
    ],
)
def test_a_rainbow_or_a_map_of_another_role_is_refused_with_what_was_measured_and_what_to_use(
    tmp_path: Path, role: str, colormap: str, named: str
) -> None:
    shutil.copytree(ROOT / "styles", tmp_path / "styles")
    path = tmp_path / "styles/palettes/mine.yaml"
    path.write_text(f"role: {role}\ncolormap: {colormap}\nsource: test\n")
    with pytest.raises(FigproofError) as caught:
        load_palette(tmp_path, "mine")
    message = str(caught.value)
    assert message.startswith(f"styles/palettes/mine.yaml: cannot be {role}: ")
    assert named in message
    assert f"use {INSTEAD[role]}" in message


def test_a_team_may_write_a_colormap_as_its_colours(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "styles", tmp_path / "styles")
    path = tmp_path / "styles/palettes/mine.yaml"
    path.write_text("role: sequential\ncolours: ['#000000', '#808080', '#ffffff']\nsource: test\n")
    look = load_look(tmp_path, "ieee", "petroff6", "mine", {})
    assert to_hex(look.cmap()(0.5)) == "#808080" and look.cmap().N == 256
    path.write_text(path.read_text().replace("808080", "ffffff").replace("'#ffffff']", "'#808080']"))
    with pytest.raises(FigproofError, match=r"lightness J' goes back at 12[78] of its steps"):
        load_look(tmp_path, "ieee", "petroff6", "mine", {})
