"""A venue's sheet is data: what runs code, fetches, crops or depends on the machine is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from figproof.errors import FigproofError
from figproof.header import load_header
from figproof.venue import Setting, load_settings

ROOT = Path(__file__).parents[2]
HEADER = [
    line for line in (ROOT / "styles/venues/ieee.mplstyle").read_text().splitlines() if line[:2] == "#:"
]


def _refusal(folder: Path, *lines: str) -> str:
    path = folder / "mine.mplstyle"
    path.write_text("\n".join(lines))
    with pytest.raises(FigproofError) as caught:
        load_settings(path, "styles/venues/mine.mplstyle")
    return str(caught.value)


def test_a_setting_is_read_with_its_type_and_without_its_comment(tmp_path: Path) -> None:
    path = tmp_path / "mine.mplstyle"
    path.write_text(
        '# whole line\nlines.linewidth: 1.5  # points\ntext.color: "#1a1a1a"\n\naxes.grid: False\n'
    )
    assert load_settings(path, "mine") == {
        "lines.linewidth": Setting(1.5, "mine", 2),
        "text.color": Setting("#1a1a1a", "mine", 3),
        "axes.grid": Setting(False, "mine", 5),
    }


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("lines.linewith: 2", "lines.linewith: is no Matplotlib setting (given '2')"),
        ("backend: agg", "backend: cannot be set in a sheet (given 'agg'). Allowed groups: axes"),
        ("text.usetex: True", "text.usetex: given 'True', allowed is only False"),
        ("text.latex.preamble: \\input{x}", "text.latex.preamble: cannot be set"),
        ("savefig.bbox: tight", "savefig.bbox: given 'tight', allowed is only 'standard'"),
        ("pdf.fonttype: 3", "pdf.fonttype: given '3', allowed is only 42"),
        ("svg.fonttype: none", "svg.fonttype: given 'none', allowed is only 'path'"),
        ("axes.prop_cycle: cycler('color', ['r'])", "axes.prop_cycle: cannot be set"),
        ("font.family: https://fonts.example/x.ttf", "font.family: holds a URL"),
        ("figure.hooks: os:system", "figure.hooks: cannot be set"),
        ("lines.linewidth: thick", "lines.linewidth: given 'thick'"),
        ("animation.ffmpeg_path: /bin/sh", "animation.ffmpeg_path: cannot be set in a sheet"),
        ("axes.formatter.use_locale: True", "axes.formatter.use_locale: given 'True', allowed is only False"),
        ("just text", "is not 'key: value'"),
    ],
)
def test_what_a_sheet_may_not_hold_is_named_with_file_line_and_value(
    tmp_path: Path, line: str, named: str
) -> None:
    message = _refusal(tmp_path, "# first line", line)
    assert message.startswith("styles/venues/mine.mplstyle: line 2: ")
    assert named in message


def test_a_typing_error_gets_the_nearest_setting(tmp_path: Path) -> None:
    assert "Did you mean lines.linewidth?" in _refusal(tmp_path, "lines.linewith: 2")


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    assert "line 2: font.size: is given twice" in _refusal(tmp_path, "font.size: 8", "font.size: 9")


def test_all_wrong_lines_are_listed_at_once(tmp_path: Path) -> None:
    message = _refusal(tmp_path, "backend: agg", "nonsense.key: 1", "savefig.bbox: tight")
    assert [n in message for n in ("line 1: backend", "line 2: nonsense.key", "line 3: savefig.bbox")] == [
        True
    ] * 3


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("#: year: 2025", "#: year: soon", "year: Input should be a valid integer; given 'soon'"),
        (
            "#: status: transcribed",
            "#: status: sure",
            "'verified', 'transcribed', 'uncertain' or 'ours'; given 'sure'",
        ),
        ("#: grid: true", "#: gird: true", "unknown key 'gird'."),
        ("#: grid: true", "", "grid: is needed and not given"),
        ("weight: normal", "wieght: normal", "panel_letter.wieght: unknown key 'wieght'."),
        ("#: year: 2025", "#: year: 2025\n#: year: 2026", 'duplicate key "year"'),
        ("2026-11-21", "in spring", """read: must be a day as "2026-11-21"; given 'in spring'"""),
        (
            "formats: [pdf,",
            "formats: [gif,",
            "'pdf', 'svg', 'png', 'tiff' or 'eps'; given 'gif'",
        ),
        ("max_line_pt: null", "max_line_pt: 0.4", "max_line_pt 0.4 is under min_line_pt 0.5"),
        (
            "single: 3.5",
            "single: 7.5",
            "must rise from single over onehalf to full, given [7.5, 7.16]",
        ),
        ("  small_pt: {", "  smal_pt: {", "values: 'smal_pt' is no field of the header."),
        ("raster_dpi: {line: 600,", "raster_dpi: {lines: 600,", "raster_dpi.lines: unknown key 'lines'."),
        ("#: alt_text: false", "", "alt_text: is needed and not given"),
    ],
)
def test_a_wrong_header_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    text = "\n".join(HEADER)
    assert old in text
    path = tmp_path / "mine.mplstyle"
    path.write_text(text.replace(old, new))
    with pytest.raises(FigproofError) as caught:
        load_header(path, "styles/venues/mine.mplstyle")
    assert named in str(caught.value)


def test_a_sheet_without_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.mplstyle"
    path.write_text("font.size: 8\n")
    with pytest.raises(FigproofError, match="has no header"):
        load_header(path, "mine")
