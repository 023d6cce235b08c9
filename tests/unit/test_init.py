"""``figproof init``: a whole repository for one paper, or nothing; what it writes is valid by itself."""

import subprocess
from pathlib import Path

import pytest

from figproof import __version__, paper
from figproof.cli import main
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.look import load_look
from figproof.paper import write_paper
from figproof.project import Project
from figproof.record.plan import load_plan
from figproof.specs import figure_ids, load_config, load_selection, selection_names
from figproof.yamlfile import load_yaml

ROOT = Path(__file__).resolve().parents[2]


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(params=[True, False], ids=["example", "own"])
def written(request, tmp_path):
    write_paper(tmp_path / "paper", "nature", example=request.param)
    return Project(tmp_path / "paper")


def test_every_file_of_a_new_paper_is_valid(written):
    assert load_config(written).venue == "nature"
    conditions = load_conditions(written.conditions_file)
    load_look(written.root, "nature", "petroff10", "viridis", conditions)
    (selection,) = selection_names(written)
    load_selection(written, selection)
    (figure,) = figure_ids(written)
    assert load_yaml(written.figure_specs / f"{figure}.yaml")["pin"] == selection
    assert subprocess.run(["bash", "-n", written.root / ".ci/run"], check=True).returncode == 0
    assert (written.root / ".ci/run").stat().st_mode & 0o111


def test_a_new_paper_has_what_a_git_repository_of_figures_needs_and_no_template_mark(written):
    there = files(written.root)
    needed = {".gitignore", ".ci/run", "README.md", "Snakefile", "profiles/default/config.yaml"}
    assert needed | {"config/config.yaml", "requirements.lock"} <= there
    for folder in ("experiments", "figures", "styles"):
        assert f"{folder}/README.md" in there
    assert not any("{{" in (written.root / name).read_text() for name in there)
    assert {"results/", ".figproof/", ".venv/"} <= set((written.root / ".gitignore").read_text().split())


def test_the_lock_pins_figproof_and_what_it_needs_at_the_installed_versions(written):
    pins = [line for line in written.lock_file.read_text().splitlines() if not line.startswith("#")]
    assert f"figproof=={__version__}" in pins
    assert "matplotlib==3.11.2" in pins
    # Needed by what figproof needs, and by nothing but the tests.
    assert any(pin.startswith("kiwisolver==") for pin in pins)
    assert not any(pin.startswith(("pytest==", "ruff==")) for pin in pins)
    assert all(pin.count("==") == 1 for pin in pins)


def test_the_example_plans_a_run_for_each_condition_and_seed_that_its_selection_expects(tmp_path):
    write_paper(tmp_path / "paper", "icml2025", example=True)
    project = Project(tmp_path / "paper")
    plan = load_plan(project, project.root / "plan.yaml")
    seeds = load_selection(project, "optimizers").seeds
    for condition in load_conditions(project.conditions_file):
        assert sum(run.config["optimizer"] == condition for run in plan) == seeds


def test_a_paper_builds_by_the_rules_and_settings_of_the_house():
    base = ROOT / "paper" / "base"
    profile = "profiles/default/config.yaml"
    assert (base / profile).read_text() == (ROOT / profile).read_text()
    rules = [(folder / "Snakefile").read_text().partition("\n")[2] for folder in (base, ROOT)]
    assert rules[0] == rules[1]


def test_the_readme_gives_the_commands_that_init_prints(tmp_path, capsys):
    assert main(["init", str(tmp_path / "paper"), "--example"]) == 0
    printed = capsys.readouterr().out
    readme = (tmp_path / "paper/README.md").read_text()
    for command in paper.EXAMPLE:
        assert f"    {command}\n" in printed
        assert f"    {command}\n" in readme


def test_a_folder_that_holds_something_is_refused_by_name_and_left_alone(tmp_path, capsys):
    for name in ("notes.tex", "figures.lock", ".hidden", "a", "b", "c"):
        (tmp_path / name).touch()
    before = files(tmp_path)
    assert main(["init", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "is not empty: it holds '.hidden', 'a', 'b', 'c', 'figures.lock' and 1 more" in said
    assert "name a folder that is new or empty" in said
    assert files(tmp_path) == before


def test_a_file_and_a_folder_below_a_file_are_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FigproofError, match="is a file"):
        write_paper(tmp_path / "file", "icml2025", example=False)
    with pytest.raises(FigproofError, match="cannot be written"):
        write_paper(tmp_path / "file" / "paper", "icml2025", example=False)


def test_a_fresh_clone_that_holds_nothing_but_git_is_filled(tmp_path):
    (tmp_path / ".git").mkdir()
    write_paper(tmp_path, "icml2025", example=False)
    assert (tmp_path / "Snakefile").is_file()


def test_an_unknown_venue_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(FigproofError, match=r"--venue: venue 'icml205' is unknown.*Did you mean icml2025"):
        write_paper(tmp_path / "paper", "icml205", example=False)
    assert not (tmp_path / "paper").exists()


@pytest.mark.parametrize("existed", [True, False])
@pytest.mark.parametrize("failing", ["write_atomic", "rename"])
def test_what_cannot_be_written_whole_is_not_written_at_all(tmp_path, monkeypatch, existed, failing):
    target = tmp_path / "paper"
    if existed:
        (target / ".git").mkdir(parents=True)
    calls = []

    def fails_late(do):
        def called(*arguments):
            calls.append(arguments)
            if len(calls) == 6:
                raise OSError(28, "No space left on device")
            return do(*arguments)

        return called

    if failing == "rename":
        monkeypatch.setattr(Path, "rename", fails_late(Path.rename))
    else:
        monkeypatch.setattr(paper, "write_atomic", fails_late(paper.write_atomic))
    with pytest.raises(FigproofError, match="No space left on device"):
        write_paper(target, "icml2025", example=False)
    assert len(calls) == 6, "it failed where it was meant to"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ([".git", "paper"] if existed else [])


def test_what_a_killed_init_left_aside_does_not_stand_in_the_way(tmp_path):
    (tmp_path / ".figproof-init" / "config").mkdir(parents=True)
    write_paper(tmp_path, "icml2025", example=False)
    assert not (tmp_path / ".figproof-init").exists()
