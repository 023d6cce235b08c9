import json
import shutil
from pathlib import Path

import pytest

from figproof.approvals import approve, compare
from figproof.errors import FigproofError
from figproof.project import Project

ROOT = Path(__file__).parents[2]
FIGURE = "kind: dot\npin: runs\nheight_in: 2.0\n"


@pytest.fixture
def built(tmp_path):
    for name in (
        "figures/a.pdf",
        "figures/a.provenance.json",
        "figures/b.pdf",
        "derived/a/x.csv",
        "index.html",
    ):
        path = tmp_path / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    for name, content in {
        "config.yaml": "venue: icml2025\nformats: [pdf]\n",
        "figures/a.yaml": FIGURE,
        "figures/b.yaml": FIGURE,
        "figures/new.yaml": FIGURE,
    }.items():
        (tmp_path / "config" / "figures").mkdir(parents=True, exist_ok=True)
        (tmp_path / "config" / name).write_text(content)
    for name in ("palettes/petroff10.yaml", "palettes/viridis.yaml"):
        (tmp_path / "styles" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "styles" / name).touch()
    shutil.copytree(ROOT / "styles/venues", tmp_path / "styles/venues")
    for name in ("figures/dot.py", "config/pins/runs.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return Project(tmp_path)


def test_without_a_lock_the_error_says_what_to_run(built):
    with pytest.raises(FigproofError, match=r"(?s)figures\.lock: does not exist.*figproof approve"):
        compare(built)


def test_what_was_approved_is_the_same_until_a_byte_changes(built):
    approve(built, [])
    assert len(compare(built).same) == compare(built).total == 5
    (built.results / "figures" / "a.pdf").write_text("other")
    (built.results / "derived" / "a" / "x.csv").unlink()
    (built.results / "figures" / "new.pdf").touch()
    result = compare(built)
    assert result.different == ("figures/a.pdf",)
    assert result.missing == ("derived/a/x.csv",)
    assert result.unapproved == ("figures/new.pdf",)
    assert (len(result.same), result.total) == (3, 5)


def test_what_a_killed_build_left_hidden_belongs_to_no_figure(built):
    approve(built, [])
    for name in ("derived/.a.x1y2/x.csv", "figures/.a.pdf.x1y2"):
        path = built.results / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert compare(built).left_over == () and compare(built).unapproved == ()


def test_approving_one_figure_leaves_the_others_as_they_were(built):
    approve(built, [])
    (built.results / "figures" / "a.pdf").write_text("other a")
    (built.results / "figures" / "b.pdf").write_text("other b")
    assert approve(built, ["a"]) == 1
    assert compare(built).different == ("figures/b.pdf",)


def test_approving_a_figure_that_is_not_built_is_an_error(built):
    with pytest.raises(FigproofError) as caught:
        approve(built, ["c", "bb", "a"])
    assert str(caught.value).splitlines() == [
        "results: no built figure is called 'bb'. Known: a, b, index.html. Did you mean b?",
        "results: no built figure is called 'c'. Known: a, b, index.html.",
    ]


@pytest.mark.parametrize("content", ["", "{}", "[]", json.dumps({"format": "other", "files": {}})])
def test_a_damaged_lock_is_named(built, content):
    built.approved_file.write_text(content)
    with pytest.raises(FigproofError, match=r"figures\.lock: is damaged"):
        compare(built)


def test_files_of_figures_and_formats_that_are_gone_are_named_and_not_approved(built):
    (built.figure_specs / "b.yaml").unlink()
    (built.results / "figures" / "a.svg").touch()
    approve(built, [])
    result = compare(built)
    assert result.left_over == ("figures/a.svg", "figures/b.pdf")
    assert (result.total, result.unapproved) == (4, ()) and "figures/b.pdf" not in result.same


def test_a_venue_that_takes_no_pdf_has_a_tiff_in_its_place(built):
    (built.figure_specs / "b.yaml").write_text(FIGURE + "venue: plos\n")
    (built.results / "figures" / "b.tiff").touch()
    approve(built, [])
    assert compare(built).left_over == ("figures/b.pdf",)
    assert "figures/b.tiff" in compare(built).same


def test_texts_belong_to_a_figure_whose_kind_writes_them(built):
    (built.results / "figures" / "a.tex").touch()
    approve(built, [])
    assert compare(built).left_over == ("figures/a.tex",)
    (built.kinds[0] / "dot.py").write_text("def texts(figure, table, params, look): ...\n")
    assert compare(built).unapproved == ("figures/a.tex",)


def test_a_figure_is_approved_with_the_files_of_all_figures_and_numbers_of_the_text_by_their_own_name(built):
    for name in ("figures.tex", "numbers.tex"):
        (built.results / name).write_text("old")
    approve(built, [])
    for name in ("figures.tex", "numbers.tex", "figures/a.pdf", "figures/b.pdf"):
        (built.results / name).write_text("new")
    assert approve(built, ["a"]) == 2
    assert compare(built).different == ("figures/b.pdf", "numbers.tex")
    assert approve(built, ["numbers.tex"]) == 1
    assert compare(built).different == ("figures/b.pdf",)
