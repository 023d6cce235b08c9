"""``figproof style list | show | new``: what is found, who set what, and a file to begin with."""

import shutil
from pathlib import Path

import pytest

from figproof.cli import main
from figproof.header import load_header
from figproof.look import load_look, venue_names
from figproof.palette import load_palette, palette_names

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def said(capsys, monkeypatch):
    """Run a command of ``figproof style`` in a folder; its exit code and what it said."""

    def run(folder, *words):
        monkeypatch.chdir(folder)
        code = main(["style", *words])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


@pytest.fixture
def paper(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "styles").mkdir()
    (tmp_path / "config/config.yaml").write_text(
        "venue: nature\nformats: [pdf]\nsheet: styles/lab.mplstyle\n"
    )
    (tmp_path / "styles/lab.mplstyle").write_text("# ours\nlines.linewidth: 0.9\n")
    return tmp_path


def line_of(text, start):
    (line,) = [line for line in text.splitlines() if line.split()[:1] == [start]]
    return line


def test_the_list_names_each_venue_and_palette_with_status_widths_folder_and_source(said, paper):
    shutil.copy(ROOT / "styles/palettes/petroff6.yaml", paper / "styles")
    (paper / "styles/palettes").mkdir()
    shutil.move(paper / "styles/petroff6.yaml", paper / "styles/palettes/lab.yaml")
    code, text = said(paper, "list")
    assert code == 0
    names = {line.split()[0] for line in text.splitlines()}
    assert {*venue_names(paper), *palette_names(paper)} <= names
    venue = line_of(text, "nature")
    for part in (
        "verified",
        "single 3.504 in",
        "full 7.205 in",
        "figproof:styles",
        "Nature research figure guide",
    ):
        assert part in venue
    assert line_of(text, "lab").split()[:5] == ["lab", "qualitative", "6", "colours", "styles"]


def test_outside_a_project_the_list_is_figproofs(said, tmp_path):
    assert "figproof:styles" in line_of(said(tmp_path, "list")[1], "icml2025")


def test_show_says_who_set_each_value_and_what_it_overrode(said, paper):
    code, text = said(paper, "show", "nature")
    assert code == 0
    wide = line_of(text, "lines.linewidth")
    assert wide.split()[:3] == ["lines.linewidth", "0.9", "styles/lab.mplstyle:2"]
    assert "over 1.0 (figproof:styles/venues/nature.mplstyle:" in wide
    assert "1.2 (figproof:styles/base.mplstyle:" in wide
    assert line_of(text, "image.cmap").split()[1:] == ["viridis", "figproof:styles/palettes/viridis.yaml"]
    shown = {line.split()[0] for line in text.splitlines() if line.startswith("  ")}
    assert set(load_look(paper, "nature", "petroff10", "viridis", {}).composed.settings) <= shown


def test_show_says_what_the_venue_asks_for_and_where_that_comes_from(said, tmp_path):
    text = said(tmp_path, "show", "icml2025")[1]
    assert text.startswith("ICML 2025 (icml2025), transcribed, read 2026-11-21: example_paper.tex")
    assert line_of(text, "widths_in").split()[1:] == ["single", "3.25", "in,", "full", "6.75", "in"]
    assert "ours: no source asks for it" in line_of(text, "small_pt")
    assert line_of(text, "max_bytes").split()[1:] == ["no", "limit"]


def test_show_counts_what_is_overridden(said, paper):
    before = said(paper, "show", "nature")[1].splitlines()[-1]
    (paper / "styles/lab.mplstyle").write_text(
        "lines.linewidth: 0.9\naxes.linewidth: 0.7\nfont.stretch: 400\n"
    )
    after = said(paper, "show", "nature")[1].splitlines()[-1]
    assert int(after.split()[0]) == int(before.split()[0]) + 1


def test_show_without_a_name_shows_the_projects_venue(said, paper, tmp_path):
    assert said(paper, "show")[1].startswith("Nature (nature)")


def test_a_sheet_that_breaks_a_rule_is_refused_with_its_line(said, paper):
    (paper / "styles/lab.mplstyle").write_text("# ours\n\nlegend.fontsize: 4\n")
    code, text = said(paper, "show")
    assert code == 1
    assert "styles/lab.mplstyle: line 3: legend.fontsize: text of 4 pt; nature allows 5 pt or more" in text


def test_a_new_venue_loads_and_claims_no_source(said, paper):
    code, text = said(paper, "new", "venue", "workshop2027", "--like", "icml2025")
    assert (code, text.split(":")[0]) == (0, "styles/venues/workshop2027.mplstyle")
    look = load_look(paper, "workshop2027", "petroff10", "viridis", {})
    like = load_look(paper, "icml2025", "petroff10", "viridis", {})
    assert look.rc == like.rc and look.venue.widths_in == like.venue.widths_in
    header = load_header(paper / "styles/venues/workshop2027.mplstyle", "")
    assert (header.title, header.status, header.values) == ("workshop2027", "uncertain", {})
    assert header.source.startswith("to be filled in")


@pytest.mark.parametrize("like", ["petroff6", "viridis", "vik"])
def test_a_new_palette_loads_with_the_colours_of_another(said, paper, like):
    code, _ = said(paper, "new", "palette", "lab", "--like", like)
    assert code == 0
    new, old = load_palette(paper, "lab"), load_palette(paper, like)
    assert (new.role, new.colours, new.colormap) == (old.role, old.colours, old.colormap)
    assert new.source == f"to be filled in; the colours are those of {like}"


@pytest.mark.parametrize("name", venue_names(ROOT))
def test_every_venue_can_be_begun_from(said, paper, name):
    assert said(paper, "new", "venue", "mine", "--like", name)[0] == 0
    assert load_look(paper, "mine", "petroff10", "viridis", {}).venue.widths_in["full"] > 0


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("venue", "nature"), "figproof:styles/venues/nature.mplstyle: venue 'nature' exists"),
        (("palette", "Lab Colours"), "'Lab Colours' is no name"),
        (("venue", "../mine"), "'../mine' is no name"),
        (("venue", "mine", "--like", "natur"), "venue 'natur' is unknown. "),
    ],
)
def test_a_beginning_that_cannot_be_is_refused(said, paper, words, named):
    before = sorted(paper.rglob("*"))
    code, text = said(paper, "new", *words)
    assert code == 1 and named in text
    assert sorted(paper.rglob("*")) == before


def test_a_preview_goes_to_html_or_pdf_only(said, paper):
    before = sorted(paper.rglob("*"))
    code, text = said(paper, "preview", "nature", "--out", "page.png")
    assert code == 1 and "'page.png' is no .html or .pdf" in text
    assert sorted(paper.rglob("*")) == before
