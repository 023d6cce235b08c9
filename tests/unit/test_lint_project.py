"""``figproof lint`` as it is run: figures of a project, their artists and waivers, reports, exit codes."""

import json
from pathlib import Path

import pytest

from figproof.canonical import digest_bytes, digest_json
from figproof.cli import main
from figproof.drawing import draw_figure
from figproof.lint.finding import Finding, Report
from figproof.lint.project import write_report
from figproof.lint.show import shown
from figproof.model import Table, frame
from figproof.project import Project
from figproof.provenance import part_inputs
from figproof.specs import load_figure
from figproof.tables import table_digest, table_files
from lint_files import curve, drawn, pdf, plot

KIND = '''"""A wave of one method, and what a test asks for besides."""

from figproof.kinds import Example, KindParams


class Params(KindParams):
    """What to draw."""

    label: str = "load (N)"
    colour: str = "#004488"
    legend: bool = False


def derive(snapshot, params):
    """Nothing: tests write the numbers."""
    raise NotImplementedError


def draw(fig, table, params, look):
    """One line."""
    axes = fig.subplots()
    wave = table.frame("wave")
    axes.plot(wave["x"], wave["y"], color=params.colour, label="load")
    axes.set_xlabel("time (s)")
    axes.set_ylabel(params.label)
    if params.legend:
        axes.legend(loc="center", framealpha=1)


def describe(table, params, look):
    """In words."""
    return "A wave."


def example():
    """None."""
    raise NotImplementedError
'''


CLOSE = pdf(curve((0.2, 0.4, 0.8), 40) + curve((0.2, 0.45, 0.8), 90))
"""Two lines of nearly one colour."""
PIN = {
    "format": "figproof-pin-1",
    "experiment": "bench",
    "expected_seeds": 1,
    "runs": [{"condition": "a", "seed": 1, "id": 1, "digest": 64 * "0"}],
}
CONDITIONS = "a: {label: A, slot: 0, marker: o, dash: solid}\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project at ICML whose kind is ``wave``; it has no figure yet."""
    for folder in ("config/figures", "config/pins", "figures"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "config/config.yaml").write_text("venue: icml2025\nformats: [pdf]\n")
    (tmp_path / "config/pins/runs.json").write_text(json.dumps(PIN))
    (tmp_path / "config/conditions.yaml").write_text(CONDITIONS)
    (tmp_path / "figures/wave.py").write_text(KIND)
    monkeypatch.chdir(tmp_path)
    return Project.find(tmp_path)


def build(project, figure, params="{}", more=""):
    """Write a figure's YAML and numbers, and draw it."""
    yaml = f"kind: wave\npin: runs\nheight_in: 2\nparams: {params}\n{more}"
    (project.root / f"config/figures/{figure}.yaml").write_text(yaml)
    table = Table({"wave": frame(x=list(range(20)), y=[n % 5 + 0.1 for n in range(20)])}, {"unit": "N"})
    files = table_files(table)
    folder = project.derived(figure)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    spec = load_figure(project, figure)
    (_, panel), *_ = spec.parts()
    listing = {
        "": {
            "digest": table_digest(files),
            "files": {name: digest_bytes(content) for name, content in files.items()},
            "from": digest_json(part_inputs(project, panel)),
            "configs": {"same": {}, "differ": {}},
        }
    }
    (folder / "TABLES.json").write_text(json.dumps(listing))
    draw_figure(project, figure)


def lint(capsys, *words):
    """Exit code and what was printed."""
    code = main(["lint", *words])
    return code, capsys.readouterr().out


def test_a_figure_of_the_project_is_held_to_its_venue_and_its_artists_are_asked(project, capsys):
    build(project, "clean")
    assert lint(capsys, "results/figures/clean.pdf") == (0, "results/figures/clean.pdf at ICML 2025: clean\n")
    # Of a file from elsewhere lines and numbers are all there is; here the artists know of the label.
    unnamed = drawn(lambda axes: [plot(axes), axes.set_ylabel("")])
    project.figure_file("clean", "pdf").write_bytes(unnamed)
    assert lint(capsys, "results/figures/clean.pdf")[1].endswith("ICML 2025: clean\n")
    Path("elsewhere.pdf").write_bytes(unnamed)
    assert "warning  axis-label" in lint(capsys, "elsewhere.pdf")[1]


def test_a_unit_of_the_numbers_that_no_text_shows_is_a_warning(project, capsys):
    build(project, "unitless", "{label: load}")
    code, said = lint(capsys, "results/figures/unitless.pdf")
    assert code == 0 and "warning  axis-unit  unit 'N' (unit) is not shown" in said


def test_a_legend_on_the_line_is_found_among_the_artists(project, capsys):
    build(project, "legend", "{legend: true}")
    assert "warning  legend-over-data" in lint(capsys, "results/figures/legend.pdf")[1]


def test_a_waived_rule_is_shown_with_its_reason_and_fails_nothing(project, capsys):
    reason = "both lines are named at their ends"
    build(project, "close", "{label: load}", f"waive: {{series-colour: {reason}}}\n")
    project.figure_file("close", "pdf").write_bytes(CLOSE)
    code, said = lint(capsys, "results/figures/close.pdf")
    assert code == 0
    assert "0 errors, 1 warning, 1 waived" in said
    assert "waived   series-colour" in said and f"waived: {reason}" in said
    found = json.loads(lint(capsys, "results/figures/close.pdf", "--format", "json")[1])["files"][0]
    waived = {one["rule"]: one["waived"] for one in found["findings"]}
    assert waived == {"series-colour": reason, "axis-unit": ""}
    annotations = lint(capsys, "results/figures/close.pdf", "--format", "github")[1].splitlines()
    assert [line.split(" ")[0] for line in annotations] == ["::notice", "::warning"]


def test_a_waiver_that_nothing_needs_is_noted(project, capsys):
    build(project, "clean", more="waive: {font-type3: the printer asked for it twice}\n")
    code, said = lint(capsys, "results/figures/clean.pdf")
    assert code == 0 and "note: waives font-type3, which it does not break" in said


@pytest.mark.parametrize(
    ("waive", "problem"),
    [("{font-tpye3: because of the printer}", "Did you mean font-type3?"), ("{font-type3: no}", "say why")],
)
def test_a_waiver_names_a_rule_and_a_reason(project, capsys, waive, problem):
    build(project, "clean")
    path = project.root / "config/figures/clean.yaml"
    path.write_text(path.read_text() + f"waive: {waive}\n")
    assert main(["lint", "--all"]) == 1
    assert problem in capsys.readouterr().err


def test_all_figures_are_linted_each_at_its_own_venue_and_one_error_fails_them(project, capsys):
    build(project, "clean")
    build(project, "wide", more="width: full\nvenue: neurips2025\n")
    code, said = lint(capsys, "--all")
    assert code == 0
    assert "results/figures/clean.pdf at ICML 2025: clean" in said
    assert "results/figures/wide.pdf at NeurIPS 2025: clean" in said
    assert said.endswith("2 files: 0 errors, 0 warnings\n")
    project.figure_file("clean", "pdf").write_bytes(b"%PDF-1.7")
    code, said = lint(capsys, "--all")
    assert code == 1 and said.endswith("2 files: 1 error, 0 warnings\n")


def test_a_figure_that_is_not_built_is_an_error_and_not_passed_over(project, capsys):
    build(project, "clean")
    project.figure_file("clean", "pdf").unlink()
    code, said = lint(capsys, "--all")
    assert code == 1 and "cannot be opened: No such file or directory" in said


def test_numbers_that_are_gone_are_noted_and_the_file_is_still_read(project, capsys):
    build(project, "clean")
    (project.derived("clean") / "TABLES.json").unlink()
    code, said = lint(capsys, "results/figures/clean.pdf")
    assert code == 0 and "note: no look at its artists: " in said and "figproof derive clean" in said


def test_the_step_of_the_dag_writes_the_report_and_does_not_fail(project):
    build(project, "close")
    project.figure_file("close", "pdf").write_bytes(CLOSE)
    write_report(project, "close", said=[])
    report = json.loads(project.lint_file("close").read_text())
    assert report["errors"] == 1
    assert report["files"][0]["file"] == "results/figures/close.pdf"
    assert str(project.root) not in project.lint_file("close").read_text()


def test_another_venue_holds_the_project_s_figure_as_a_file_from_elsewhere(project, capsys):
    build(project, "clean")
    code, said = lint(capsys, "results/figures/clean.pdf", "--venue", "neurips2025")
    assert code == 1 and "error    page-width  3.25 in wide; allowed: single 5.5 in" in said


# Without a project


def test_a_file_outside_a_project_is_held_to_what_every_reader_needs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("wave.pdf").write_bytes(pdf(curve((0, 0.2, 0.5), 50)))
    Path("pale.pdf").write_bytes(pdf(curve((0.7, 0.7, 0.7), 50)))
    assert lint(capsys, "wave.pdf") == (0, "wave.pdf: clean\n")
    code, said = lint(capsys, "wave.pdf", "pale.pdf")
    assert code == 0 and said.endswith("2 files: 0 errors, 1 warning\n")
    code, said = lint(capsys, "wave.pdf", "--venue", "nature")
    assert code == 1 and "page-width" in said


def test_the_page_of_a_pdf_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("wave.pdf").write_bytes(pdf(""))
    assert lint(capsys, "wave.pdf", "--page", "1")[0] == 0
    code, said = lint(capsys, "wave.pdf", "--page", "2")
    assert code == 1 and "has 1 page, none is number 2" in said


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "give either files, or --all"),
        (["a.pdf", "--all"], "give either files, or --all"),
        (["--all", "--venue", "acl"], "give either files, or --all"),
        (["a.pdf", "--page", "0"], "--page 0: counts from 1"),
        (["a.pdf", "--venue", "icml205"], "Did you mean icml2025?"),
    ],
)
def test_a_wrong_question_is_refused(tmp_path, monkeypatch, capsys, words, problem):
    monkeypatch.chdir(tmp_path)
    assert main(["lint", *words]) == 1
    assert problem in capsys.readouterr().err


def test_a_project_without_figures_says_so(project, capsys):
    assert main(["lint", "--all"]) == 1
    assert "no figure is defined" in capsys.readouterr().err


# Reports

FOUND = Finding(
    "text-size", "error", '4.9 pt "100%, x"', "5 pt or more", "ICML (verified): a,b", "larger\ntext"
)
WAIVED = Finding("mark-contrast", "warning", "#ffa90e 1.9:1", "3:1", "WCAG", "darker", "named beside its end")
REPORT = Report("a:b,c.pdf", "ICML 2025", (FOUND, WAIVED), ("has 2 pages, page 1 is read",))


def test_annotations_are_escaped_as_github_reads_them():
    first, second = shown([REPORT], "github").splitlines()
    assert first == (
        '::error file=a%3Ab%2Cc.pdf,title=figproof text-size::4.9 pt "100%25, x"; allowed: 5 pt or more '
        "(by ICML (verified): a,b). Fix: larger%0Atext"
    )
    assert second.startswith("::notice file=") and second.endswith("Waived: named beside its end")


def test_json_holds_every_finding_and_counts_what_is_not_waived():
    content = json.loads(shown([REPORT], "json"))
    assert (content["errors"], content["warnings"]) == (1, 0)
    (file,) = content["files"]
    assert file["findings"][0] == {
        "rule": "text-size",
        "severity": "error",
        "measured": '4.9 pt "100%, x"',
        "limit": "5 pt or more",
        "source": "ICML (verified): a,b",
        "fix": "larger\ntext",
        "waived": "",
    }
    assert file["notes"] == ["has 2 pages, page 1 is read"]


def test_the_table_says_rule_measure_limit_source_and_fix():
    lines = shown([REPORT], "table").splitlines()
    assert lines[0] == "a:b,c.pdf at ICML 2025: 1 error, 0 warnings, 1 waived"
    assert [line.strip() for line in lines[1:4]] == [
        'error    text-size      4.9 pt "100%, x"; allowed: 5 pt or more',
        "by ICML (verified): a,b",
        "fix: larger",
    ]
    assert lines[-1] == "  note: has 2 pages, page 1 is read"
