"""Colour belongs to a name: conditions, palettes and venues are looked up, never guessed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from figproof.canonical import digest_file
from figproof.errors import FigproofError
from figproof.style import Condition, Look, load_conditions, load_look

ROOT = Path(__file__).parents[2]


def _look(qualitative: str = "petroff10", venue: str = "icml2025", sequential: str = "viridis") -> Look:
    return load_look(ROOT, venue, qualitative, sequential, load_conditions(ROOT / "config/conditions.yaml"))


def _conditions_refusal(folder: Path, text: str) -> str:
    path = folder / "conditions.yaml"
    path.write_text(text)
    with pytest.raises(FigproofError) as caught:
        load_conditions(path)
    return str(caught.value)


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
    assert "add a line for adan to config/conditions.yaml" in str(caught.value)


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
    assert "use one of: okabe_ito, petroff10, petroff8" in str(caught.value)


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
    with pytest.raises(FigproofError, match="colormap role 'cyclic' is unknown"):
        look.cmap("cyclic")


def test_sources_are_the_digests_of_every_file_the_look_was_read_from() -> None:
    sources = _look(venue="nature").sources
    assert {name for name in sources if not name.startswith("styles/fonts/")} == {
        "config/conditions.yaml",
        "styles/base.mplstyle",
        "styles/palettes/petroff10.yaml",
        "styles/palettes/rdbu.yaml",
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
        ("a: {label: A, slot: 0, marker: o, dash: dahsed}", "a.dash: dash 'dahsed' is unknown."),
        ("a: {label: A, slot: 0, marker: '$x$', dash: solid}", "a.marker: marker '$x$' is unknown."),
        ("a: {label: A, slot: -1, marker: o, dash: solid}", "a.slot: Input should be greater than or equal"),
        ("a: {label: A, slot: '0', marker: o, dash: solid}", "a.slot: Input should be a valid integer"),
        ("a: {label: A, slot: 0, marker: o, dash: solid, colour: red}", "unknown key 'colour'."),
        ("a: {label: A, slot: 0, marker: o, dash: [1, 2, 3]}", "an even number of lengths"),
        ("a: 3", "a: must map keys to values, given int"),
        ("[a, b]", "must map condition names to their looks"),
    ],
)
def test_a_wrong_condition_is_named_with_file_and_key(tmp_path: Path, text: str, named: str) -> None:
    message = _conditions_refusal(tmp_path, text)
    assert "conditions.yaml" in message
    assert named in message


def test_two_conditions_with_one_look_are_refused_however_the_dash_is_spelled(tmp_path: Path) -> None:
    text = "a: {label: A, slot: 1, marker: o, dash: dashed}\n"
    text += "b: {label: B, slot: 1, marker: o, dash: [4.0, 1.6]}\n"
    assert "b: has the slot, marker and dash of 'a'" in _conditions_refusal(tmp_path, text)


def test_a_condition_may_share_a_colour_when_marker_or_dash_differ(tmp_path: Path) -> None:
    path = tmp_path / "conditions.yaml"
    path.write_text(
        "a: {label: A, slot: 1, marker: o, dash: solid}\nb: {label: B, slot: 1, marker: s, dash: [3, 1]}\n"
    )
    conditions = load_conditions(path)
    assert conditions["b"] == Condition(label="B", slot=1, marker="s", dash=[3.0, 1.0])
    assert conditions["b"].dash_pattern() == (0.0, (3.0, 1.0))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("role: qualitative\ncolours: ['#FF0000', '#00ff00']\n", "write colours as #rrggbb in lower case"),
        ("role: qualitative\ncolours: ['#ff0000', '#ff0000']\n", "a colour is given twice"),
        ("role: qualitative\ncolormap: viridis\n", "a qualitative palette has colours and no colormap"),
        ("role: sequential\ncolormap: viridos\n", "colormap 'viridos' is unknown to Matplotlib"),
        ("role: rainbow\ncolormap: jet\n", "given 'rainbow'"),
    ],
)
def test_a_wrong_palette_is_named(tmp_path: Path, text: str, named: str) -> None:
    shutil.copytree(ROOT / "styles", tmp_path / "styles")
    (tmp_path / "styles/palettes/mine.yaml").write_text(f"{text}source: test\nmeasured: {{}}\n")
    with pytest.raises(FigproofError) as caught:
        load_look(tmp_path, "ieee", "mine", "viridis", {})
    assert "styles/palettes/mine.yaml" in str(caught.value)
    assert named in str(caught.value)
