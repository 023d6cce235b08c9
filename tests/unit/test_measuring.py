"""``figproof style measure``: the numbers of a palette in lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from figproof.cli import main
from figproof.errors import FigproofError
from figproof.measuring import measured

ROOT = Path(__file__).parents[2]


def test_a_palette_is_measured_clipped_and_unclipped_per_deficiency_and_in_grey() -> None:
    lines = measured(ROOT, "petroff8")
    assert lines[0] == "8 colours; at least 18 between two are asked, 4.2 in grey"
    assert "tritan: 10.5 (unclipped 18.1)" in lines and "grey: 4.2" in lines
    assert lines[-1] == "passes Petroff's limits, unclipped only"
    assert measured(ROOT, "tol_high_contrast")[-1] == "passes Petroff's limits"


def test_a_list_of_matplotlib_is_measured_as_it_is_used() -> None:
    lines = measured(ROOT, "tab10")
    assert lines[-1] == "does not pass Petroff's limits"
    assert "closest, as a screen shows them: colours 1 and 2" in lines
    assert "under 3:1 on white: colours 1, 6, 8, 9" in lines


def test_a_file_is_measured_and_not_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("role: sequential\ncolormap: jet\nsource: test\n")
    lines = measured(ROOT, str(path))
    assert "goes back at 105 of its steps, by up to 66.27" in lines[0]
    assert lines[1].startswith("  it is the rainbow jet")
    path.write_text("role: qualitative\ncolours: ['#000000', '#ffffff']\nsource: test\n")
    assert measured(ROOT, str(path))[0].startswith("2 colours; at least 20")


def test_a_colormap_of_matplotlib_is_measured_for_every_role() -> None:
    assert measured(ROOT, "turbo")[0] == "fits no role"
    lines = measured(ROOT, "RdBu")
    assert lines[0] == "fits: diverging"
    assert [line.split(":")[0] for line in lines if line.startswith("as ")] == [
        "as sequential",
        "as diverging",
        "as cyclic",
    ]


def test_what_is_none_of_these_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        FigproofError, match=r"'petrof8' is no palette, file or colormap.*Did you mean petroff8\?"
    ):
        measured(ROOT, "petrof8")


def test_the_command_measures_several(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["style", "measure", "petroff6", "vik"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("petroff6\n  6 colours") and "\nvik\n  as diverging: J' 13.5, 92.9" in out
