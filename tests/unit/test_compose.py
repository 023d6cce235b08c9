"""Base, venue, a team's sheet, palettes: one set of values, and who set each; no rule of the venue broken."""

import shutil
from pathlib import Path

import pytest

from figproof.canonical import digest_file
from figproof.dag import Graph
from figproof.drawing import look_of
from figproof.errors import FigproofError
from figproof.look import load_look
from figproof.places import builtin
from figproof.project import Project
from figproof.specs import load_config, load_figure

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path):
    """A project without styles of its own; ``sheet(text)`` writes a team's sheet into it."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text("venue: icml2025\nformats: [pdf]\n")

    def sheet(text, name="styles/lab.mplstyle"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return tmp_path

    return sheet


def look(root, venue="icml2025", sheet="styles/lab.mplstyle"):
    return load_look(root, venue, "petroff10", "viridis", {}, sheet)


def refusal(root, **asked):
    with pytest.raises(FigproofError) as caught:
        look(root, **asked)
    return str(caught.value)


def line_of(file, key):
    lines = (builtin("styles") / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(f"{key}:"))


def test_a_teams_sheet_wins_over_the_venues_and_the_venues_over_base(project):
    root = project("lines.linewidth: 1.5\naxes.linewidth: 0.8\n")
    asked = look(root, "icml2025")
    plain = look(root, "icml2025", None)
    assert (asked.rc["lines.linewidth"], plain.rc["lines.linewidth"]) == (1.5, 1.2)
    assert (asked.rc["font.size"], asked.rc["axes.linewidth"]) == (8, 0.8)
    different = {key for key in asked.rc if asked.rc[key] != plain.rc[key]}
    assert different == {"lines.linewidth", "axes.linewidth"}


def test_each_value_names_every_sheet_and_line_that_gave_it(project):
    root = project("# ours\nxtick.major.size: 3\n")
    given = look(root, "nature").composed.settings["xtick.major.size"]
    assert [(setting.value, setting.sheet, setting.line) for setting in given] == [
        (2.5, "figproof:styles/base.mplstyle", line_of("base.mplstyle", "xtick.major.size")),
        (
            2.0,
            "figproof:styles/venues/nature.mplstyle",
            line_of("venues/nature.mplstyle", "xtick.major.size"),
        ),
        (3.0, "styles/lab.mplstyle", 2),
    ]


def test_the_palette_has_the_last_word_on_the_colormap(project):
    asked = look(project("image.cmap: magma\n"))
    assert asked.rc["image.cmap"] == "viridis"
    given = asked.composed.settings["image.cmap"]
    assert [(setting.value, setting.sheet) for setting in given] == [
        ("magma", "styles/lab.mplstyle"),
        ("viridis", "figproof:styles/palettes/viridis.yaml"),
    ]


def test_the_sheet_is_among_the_sources_with_its_digest(project):
    root = project("lines.linewidth: 1.5\n")
    assert look(root).sources["styles/lab.mplstyle"] == digest_file(root / "styles/lab.mplstyle")
    assert "styles/lab.mplstyle" not in look(root, sheet=None).sources


@pytest.mark.parametrize(
    ("venue", "line", "named"),
    [
        ("icml2025", "legend.fontsize: 4.5", "legend.fontsize: text of 4.5 pt; icml2025 allows 5 pt or more"),
        ("icml2025", "xtick.labelsize: xx-small", "text of 4.632 pt; icml2025 allows 5 pt or more"),
        ("nature", "axes.labelsize: 9", "text of 9 pt; nature allows 7 pt or less"),
        ("icml2025", "lines.linewidth: 0.4", "a line of 0.4 pt; icml2025 allows 0.5 pt or more"),
        ("nature", "axes.linewidth: 1.4", "a line of 1.4 pt; nature allows 1 pt or less"),
        ("nature", "axes.grid: True", "a grid; nature allows none"),
        ("nature", "font.family: DejaVu Serif", "DejaVu Serif; nature allows"),
        (
            "icml2025",
            "font.family: Comic Neue",
            "font.family: the font 'Comic Neue' does not ship with figproof",
        ),
        (
            "icml2025",
            "font.family: DejaVu Sans",
            "mathtext.fontset is 'stix', DejaVu Sans needs 'dejavusans'",
        ),
        (
            "nature",
            "mathtext.it: Times",
            "mathtext.it is 'Times', must name 'Liberation Sans' as the text does",
        ),
        ("icml2025", "savefig.bbox: tight", "savefig.bbox: given 'tight', allowed is only 'standard'"),
        ("icml2025", "figure.figsize: 6, 4", "figure.figsize: cannot be set"),
        ("icml2025", "backend: agg", "backend: cannot be set in a sheet"),
    ],
)
def test_a_sheet_that_breaks_a_rule_is_refused_at_its_line(project, venue, line, named):
    message = refusal(project(f"# ours\n\n{line}\n"), venue=venue)
    assert "styles/lab.mplstyle: line 3: " in message
    assert named in message


def test_a_broken_rule_says_where_the_venue_asks_for_it(project):
    message = refusal(project("axes.grid: True\n"), venue="nature")
    assert "(verified: Nature research figure guide" in message


@pytest.mark.parametrize(
    ("venue", "line"),
    [
        ("icml2025", "legend.fontsize: 5"),
        ("nature", "axes.labelsize: 7"),
        ("icml2025", "lines.linewidth: 0.5"),
        ("icml2025", "lines.markeredgewidth: 0"),
        ("nature", "axes.linewidth: 1"),
        ("icml2025", "axes.grid: True"),
        ("icml2025", "font.family: DejaVu Sans\nmathtext.fontset: dejavusans"),
    ],
)
def test_a_sheet_that_just_keeps_to_the_rules_is_taken(project, venue, line):
    key = line.partition(":")[0]
    asked = look(project(f"{line}\n"), venue)
    assert asked.composed.settings[key][-1].sheet == "styles/lab.mplstyle"


def test_all_broken_rules_are_listed_at_once(project):
    message = refusal(project("legend.fontsize: 4\nlines.linewidth: 0.1\nmathtext.fontset: cm\n"))
    assert [part in message for part in ("line 1: legend", "line 2: lines", "line 3: mathtext")] == [True] * 3


def test_a_base_that_leaves_a_required_value_out_is_refused(project):
    root = project("")
    base = (builtin("styles") / "base.mplstyle").read_text()
    shutil.copytree(builtin("styles"), root / "styles", dirs_exist_ok=True)
    (root / "styles/base.mplstyle").write_text(base.replace("pdf.fonttype: 42", ""))
    assert "pdf.fonttype must be 42, given 3" in refusal(root, sheet=None)


def test_a_sheet_is_found_beside_the_project_and_in_an_installed_package(project, tmp_path, monkeypatch):
    root = project("lines.linewidth: 1.6\n", "../lab/lab.mplstyle")
    assert look(root, sheet="../lab/lab.mplstyle").rc["lines.linewidth"] == 1.6
    project("lines.linewidth: 1.7\n", "site/labsheets_of_a_test/lab.mplstyle")
    (tmp_path / "site/labsheets_of_a_test/__init__.py").write_text("raise RuntimeError('never imported')")
    monkeypatch.syspath_prepend(tmp_path / "site")
    asked = look(root, sheet="labsheets_of_a_test/lab.mplstyle")
    assert asked.rc["lines.linewidth"] == 1.7
    assert "labsheets_of_a_test/lab.mplstyle" in asked.sources


@pytest.mark.parametrize(
    "name",
    ["/etc/lab.mplstyle", "no_such_package/lab.mplstyle", "styles/none.mplstyle", "figproof/../x.mplstyle"],
)
def test_a_sheet_that_is_nowhere_is_refused(project, name):
    message = refusal(project(""), sheet=name)
    assert name in message and "below the project" in message


@pytest.fixture
def demo(tmp_path):
    """The demo's configuration, with a team's sheet."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles/lab.mplstyle").write_text("lines.linewidth: 1.4\n")
    return Project(tmp_path)


def keys(project):
    Graph.load(project.root).build_lock.close()
    found = {path.stem: path.read_bytes() for path in project.key_file("draw", "x").parent.glob("*.json")}
    assert len(found) > 20
    return found


def test_a_sheet_of_one_figure_and_its_bytes_are_in_that_figures_key_alone(demo):
    before = keys(demo)
    path = demo.figure_specs / "optimizers_loss.yaml"
    path.write_text(path.read_text() + "sheet: styles/lab.mplstyle\n")
    named = keys(demo)
    assert {figure for figure in before if named[figure] != before[figure]} == {"optimizers_loss"}
    (demo.root / "styles/lab.mplstyle").write_text("lines.linewidth: 1.5\n")
    edited = keys(demo)
    assert {figure for figure in before if edited[figure] != named[figure]} == {"optimizers_loss"}


def test_a_sheet_of_the_project_is_in_every_figures_key(demo):
    before = keys(demo)
    demo.config_file.write_text(demo.config_file.read_text() + "sheet: styles/lab.mplstyle\n")
    after = keys(demo)
    assert all(after[figure] != before[figure] for figure in before)
    assert b"styles/lab.mplstyle" in after["optimizers_loss"]


def test_a_missing_sheet_is_named_where_it_is_asked_for(demo):
    demo.config_file.write_text(demo.config_file.read_text() + "sheet: styles/none.mplstyle\n")
    with pytest.raises(
        FigproofError, match=r"config/config\.yaml: sheet: 'styles/none\.mplstyle' is no file"
    ):
        load_config(demo)


def test_a_figures_own_sheet_takes_the_place_of_the_projects(demo):
    demo.config_file.write_text(demo.config_file.read_text() + "sheet: styles/lab.mplstyle\n")
    (demo.root / "styles/wide.mplstyle").write_text("axes.linewidth: 0.9\n")
    path = demo.figure_specs / "optimizers_loss.yaml"
    path.write_text(path.read_text() + "sheet: styles/wide.mplstyle\n")
    config = load_config(demo)
    own, other = (
        look_of(demo, load_figure(demo, figure), config).composed.sheets
        for figure in ("optimizers_loss", "optimizers_accuracy")
    )
    assert "styles/wide.mplstyle" in own and "styles/lab.mplstyle" not in own
    assert "styles/lab.mplstyle" in other
