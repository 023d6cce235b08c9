"""An edit rebuilds exactly what depends on it."""

import os
import re
from pathlib import Path

import pytest

from figproof.project import Project
from figproof.shown import shown_conditions
from figproof.specs import load_config, load_figures

# One figure of one kind, drawn from one pin; the assertions below follow from config/figures.
FIGURE = "confusion_adam"


TABLE = "results"


def figures_with(root: Path, wanted) -> set[str]:
    found = {name for name, spec in load_figures(Project(root)).items() if wanted(spec)}
    assert found, "no figure fits: the test would pass for nothing"
    return found


def jobs(figures: set[str], *rules: str) -> set[str]:
    """The jobs of some figures: a table is written again whenever it is drawn; the page shows all."""
    written = {f"write {figure}" for figure in figures & {TABLE}}
    return {f"{rule} {figure}" for rule in rules for figure in figures} | written | {"index"}


def test_a_second_build_does_nothing(built):
    assert "Nothing to be done" in built.run("snakemake").stdout
    assert built.planned() == set()


def test_touching_every_file_rebuilds_nothing(copy):
    for path in copy.root.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            path.touch()
    assert copy.planned() == set()


def test_losing_what_snakemake_remembers_rebuilds_nothing_and_hides_no_edit(copy):
    copy.forget()
    assert copy.planned() == set()
    copy.edit(f"config/figures/{FIGURE}.yaml", "kind: confusion", "kind: confusion\nwidth: full")
    copy.forget()
    assert copy.planned() == jobs({FIGURE}, "draw") | {"latex"}


def test_editing_the_size_of_a_figure_draws_it_again(copy):
    path = f"config/figures/{FIGURE}.yaml"
    height = re.search(r"height_in: (\S+)", (copy.root / path).read_text())[0]
    copy.edit(path, height, "height_in: 3.21")
    assert copy.planned() == jobs({FIGURE}, "draw")


def test_editing_a_number_of_the_text_writes_the_macros_again(copy):
    copy.edit("config/numbers.yaml", "percent: true", "decimals: 3")
    assert copy.planned() == {"latex"}


def test_a_comment_in_a_figures_yaml_rebuilds_nothing(copy):
    path = copy.root / f"config/figures/{FIGURE}.yaml"
    path.write_text("# a comment\n" + path.read_text())
    assert copy.planned() == set()


def test_editing_a_figures_params_derives_and_draws_it_again(copy):
    copy.edit(f"config/figures/{FIGURE}.yaml", "normalise: row", "normalise: none")
    assert copy.planned() == jobs({FIGURE}, "derive", "draw")


def test_an_edit_with_an_old_modification_time_is_seen(copy):
    path = f"config/figures/{FIGURE}.yaml"
    copy.edit(path, "normalise: row", "normalise: none")
    os.utime(copy.root / path, (0, 0))
    assert copy.planned() == jobs({FIGURE}, "derive", "draw")


def test_editing_a_kind_rebuilds_the_figures_of_that_kind(copy):
    path = copy.root / "figures" / "confusion.py"
    path.write_text(path.read_text() + "\n# changed\n")
    users = figures_with(copy.root, lambda s: any(p.kind == "confusion" for _, p in s.parts()))
    assert copy.planned() == jobs(users, "derive", "draw")


def test_editing_a_venues_sheet_draws_the_figures_of_that_venue(copy):
    default = load_config(Project(copy.root)).venue
    sheet = copy.root / "styles" / "venues" / "nature.mplstyle"
    sheet.write_text(sheet.read_text() + "\n# changed\n")
    users = figures_with(copy.root, lambda s: (s.venue or default) == "nature")
    assert copy.planned() == jobs(users, "draw") | {"latex"}


def test_editing_the_base_sheet_draws_every_figure(copy):
    sheet = copy.root / "styles" / "base.mplstyle"
    sheet.write_text(sheet.read_text() + "\n# changed\n")
    assert copy.planned() == jobs(figures_with(copy.root, lambda s: True), "draw")


def test_editing_a_pin_rebuilds_what_is_made_from_it(copy):
    (pin,) = {p.pin for _, p in load_figures(Project(copy.root))[FIGURE].parts()}
    path = f"config/pins/{pin}.json"
    digest = re.search(r'"digest": "(\w+)"', (copy.root / path).read_text())[1]
    copy.edit(path, digest, "0" * 64)
    users = figures_with(copy.root, lambda s: any(p.pin == pin for _, p in s.parts()))
    assert copy.planned() == jobs(users, "derive", "draw") | {f"snapshot {pin}", "latex"}


def test_a_new_figure_builds_that_figure(copy):
    text = (copy.root / f"config/figures/{FIGURE}.yaml").read_text()
    (copy.root / "config/figures/another.yaml").write_text(text)
    assert copy.planned() == jobs({"another"}, "derive", "draw") | {"latex"}


def test_adding_a_condition_draws_nothing(copy):
    path = copy.root / "config/conditions.yaml"
    path.write_text(path.read_text() + "lion: {label: Lion}\n")
    copy.run("figproof", "conditions", "assign")
    assert re.search(r"^lion: .*slot: \d+", path.read_text(), re.M)
    assert copy.planned() == set()


def test_a_new_label_draws_exactly_the_figures_that_show_the_condition(copy):
    project = Project(copy.root)
    shows = figures_with(copy.root, lambda s: "momentum" in shown_conditions(project, s))
    assert FIGURE not in shows and shows < set(load_figures(project))
    copy.edit("config/conditions.yaml", "label: Momentum", "label: SGD with momentum")
    assert copy.planned() == jobs(shows, "draw")


@pytest.mark.parametrize("name", ["canvas.py", "numerics/curves.py"])
def test_editing_the_library_rebuilds_every_figure(copy, name):
    # The installed library is shared with this test run, so it is edited in a copy on PYTHONPATH.
    source = copy.root / "src" / "figproof" / name
    source.write_text(source.read_text() + "\n# changed\n")
    every = figures_with(copy.root, lambda s: True)
    planned = copy.planned(env={"PYTHONPATH": str(copy.root / "src")})
    assert planned == jobs(every, "derive", "draw") | {"latex"}
