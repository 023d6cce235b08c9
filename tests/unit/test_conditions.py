"""The registry of conditions: what may stand in it, and looks that never move."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from figproof.assigning import assign
from figproof.cli import main
from figproof.conditions import (
    DASHES,
    MARKERS,
    Condition,
    Entry,
    load_conditions,
    read_entries,
    registered,
)
from figproof.errors import FigproofError
from figproof.pins import FORMAT
from figproof.project import Project

ROOT = Path(__file__).parents[2]
KIND = '''"""Lines."""
from figproof.kinds import KindParams


class Params(KindParams):
    conditions: list[str] | None = None


def derive(snapshot, params): ...
def draw(fig, table, params, look): ...
def example(): ...
'''
HEAD = "# Of the whole paper.\n"
ADAM = 'adam: {label: "Adam", slot: 1, marker: o, dash: solid}  # ours\n'
SGD = "sgd:\n  label: SGD  # theirs\n  slot: 0\n  marker: '^'\n  dash: [3, 1]\n"


def _conditions_refusal(folder: Path, text: str) -> str:
    path = folder / "conditions.yaml"
    path.write_text(text)
    with pytest.raises(FigproofError) as caught:
        load_conditions(path)
    return str(caught.value)


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


def test_an_entry_without_its_look_is_read_as_written_and_refused_where_looks_are_needed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "conditions.yaml"
    path.write_text("a: {label: A, marker: o}\n")
    assert read_entries(path) == {"a": Entry(label="A", marker="o")}
    message = _conditions_refusal(tmp_path, path.read_text())
    assert "a: has no slot, dash yet" in message and "run: figproof conditions assign" in message


def test_a_registry_of_comments_and_one_that_is_not_there_are_empty(tmp_path: Path) -> None:
    path = tmp_path / "conditions.yaml"
    assert load_conditions(path) == {}
    path.write_text("# nothing yet\n")
    assert load_conditions(path) == {}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a: {label: A, where: {optimizer: adam}}", "'optimizer' is not a config key. Write config.<key>"),
        ("a: {label: A, where: {config.lr: {min: 1}}}", "config.lr: give one value"),
        (
            "a: {label: A, where: {config.c: 1, config.b: 2}}\n"
            "b: {label: B, where: {config.b: 2, config.c: 1}}",
            "b.where: has the config values of 'a'; a run cannot be both",
        ),
    ],
)
def test_config_values_of_a_condition_are_single_and_its_own(tmp_path: Path, text: str, named: str) -> None:
    assert named in _conditions_refusal(tmp_path, text)


def test_names_that_are_not_registered_are_all_refused_with_the_nearest() -> None:
    known = load_conditions(ROOT / "config/conditions.yaml")
    assert list(registered(known, ["sigmoid", "adam", "sgd"])) == ["sgd", "adam", "sigmoid"]
    with pytest.raises(FigproofError) as caught:
        registered(known, ["adan", "sgd", "zzz"])
    assert "condition 'adan' has no look." in str(caught.value) and "Did you mean adam?" in str(caught.value)
    assert "condition 'zzz' has no look." in str(caught.value)


def test_a_digest_changes_with_what_a_reader_sees_and_not_with_how_it_is_written() -> None:
    one = Condition(label="A", slot=1, marker="o", dash="dashed")
    assert one.digest() == Condition(label="A", slot=1, marker="o", dash=[4.0, 1.6]).digest()
    assert one.digest() == one.model_copy(update={"where": {"config.a": 1}}).digest()
    changes: list[dict[str, object]] = [{"label": "B"}, {"slot": 2}, {"marker": "s"}, {"dash": "solid"}]
    assert len({one.digest(), *(one.model_copy(update=change).digest() for change in changes)}) == 5


# Assigning


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "config/figures").mkdir(parents=True)
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures/lines.py").write_text(KIND)
    (tmp_path / "figures/map.py").write_text(
        KIND.replace("\n\n\nclass", "\n\nSHOWS_CONDITIONS = False\n\n\nclass")
    )
    (tmp_path / "config/config.yaml").write_text("venue: icml2025\nformats: [pdf]\n")
    (tmp_path / "config/conditions.yaml").write_text(HEAD + ADAM + SGD)
    return Project(tmp_path)


def _pin(project: Project, name: str, *conditions: str) -> None:
    runs = [
        {"condition": condition, "seed": 1, "id": number, "digest": "ab" * 32}
        for number, condition in enumerate(conditions)
    ]
    whole = {"format": FORMAT, "experiment": "e", "expected_seeds": None, "runs": runs}
    project.pins.mkdir(exist_ok=True)
    (project.pins / f"{name}.json").write_text(json.dumps(whole))


def _figure(project: Project, name: str, pin: str, more: str = "", kind: str = "lines") -> None:
    (project.figure_specs / f"{name}.yaml").write_text(f"kind: {kind}\npin: {pin}\nheight_in: 2.0\n{more}")


def _add(project: Project, line: str) -> None:
    path = project.conditions_file
    path.write_text(path.read_text() + line)


def test_adding_a_condition_and_removing_one_change_nothing_else(project: Project) -> None:
    _pin(project, "all", "adam", "sgd", "lion", "sophia", "muon")
    _add(project, "lion: {label: Lion}\nsophia: {label: Sophia}\n")
    assert list(assign(project)) == ["lion", "sophia"]
    before, text = load_conditions(project.conditions_file), project.conditions_file.read_text()

    _add(project, "muon: {label: Muon}\n")
    assert list(assign(project)) == ["muon"]
    after = load_conditions(project.conditions_file)
    assert {name: look for name, look in after.items() if name != "muon"} == before
    assert project.conditions_file.read_text().startswith(text)

    lines = project.conditions_file.read_text().splitlines(keepends=True)
    project.conditions_file.write_text("".join(line for line in lines if not line.startswith("lion")))
    assert assign(project) == {}
    left = load_conditions(project.conditions_file)
    assert left == {name: look for name, look in after.items() if name != "lion"}


def test_comments_order_quotes_and_spelling_of_other_entries_stay(project: Project) -> None:
    _add(project, "lion: {label: Lion, where: {config.optimizer: lion}}  # new\n")
    assign(project)
    text = project.conditions_file.read_text()
    assert text.startswith(HEAD + ADAM)
    assert "label: SGD  # theirs" in text and "marker: '^'" in text and "dash: [3, 1]" in text
    assert (
        "lion: {label: Lion, where: {config.optimizer: lion}, slot: 2, marker: s, dash: dashed} # new" in text
    )


def test_a_new_look_differs_in_colour_marker_and_dash_while_there_are_any(project: Project) -> None:
    names = [f"c{number}" for number in range(8)]
    _pin(project, "all", "adam", "sgd", *names)
    _add(project, "".join(f"{name}: {{label: {name}}}\n" for name in names))
    assign(project)
    looks = load_conditions(project.conditions_file).values()
    assert len({look.slot for look in looks}) == len({look.marker for look in looks}) == 10
    assert {str(look.dash) for look in looks} >= set(DASHES)


def test_the_first_condition_makes_the_file(project: Project) -> None:
    project.conditions_file.unlink()
    _pin(project, "all", "adam")
    _figure(project, "curves", "all")
    assert list(assign(project)) == ["adam"]
    text = "adam: {label: adam, slot: 0, marker: o, dash: solid}\n"
    assert project.conditions_file.read_text() == text


def test_what_an_entry_gives_itself_is_kept(project: Project) -> None:
    _add(project, "lion: {label: Lion, slot: 7}\nmuon: {label: Muon, marker: h, dash: [1, 2]}\n")
    added = assign(project)
    assert added["lion"].slot == 7
    assert (added["muon"].marker, added["muon"].dash) == ("h", [1.0, 2.0])


def test_conditions_of_other_pins_may_share_a_colour_and_never_a_whole_look(project: Project) -> None:
    first, second = [[f"{pin}{number}" for number in range(10)] for pin in "pq"]
    _pin(project, "p", *first)
    _pin(project, "q", *second)
    project.conditions_file.write_text("".join(f"{name}: {{label: {name}}}\n" for name in first + second))
    assign(project)
    looks = load_conditions(project.conditions_file)
    for names in (first, second):
        assert len({looks[name].slot for name in names}) == 10
    assert len({look.look() for look in looks.values()}) == 20


def test_more_conditions_in_a_pin_than_colours_are_refused_with_what_else_to_do_and_nothing_is_written(
    project: Project,
) -> None:
    names = [f"c{number:02}" for number in range(11)]
    _pin(project, "all", *names)
    _add(project, "".join(f"{name}: {{label: {name}}}\n" for name in names))
    text = project.conditions_file.read_text()
    with pytest.raises(FigproofError) as caught:
        assign(project)
    message = str(caught.value)
    assert "config/conditions.yaml: c10: is in a pin with 10 others, and they have all 10 colours" in message
    assert "more panels (params.conditions)" in message and "`highlight`" in message
    assert project.conditions_file.read_text() == text
    (project.config_file).write_text("venue: icml2025\nformats: [pdf]\npalettes: {qualitative: petroff6}\n")
    with pytest.raises(FigproofError, match="use a longer palette") as caught:
        assign(project)
    assert "(okabe_ito, petroff10, petroff8, tol_bright, tol_light, tol_muted, tol_vibrant)" in str(
        caught.value
    )


def test_a_condition_that_a_figure_shows_is_registered_under_its_name_and_others_are_not(
    project: Project,
) -> None:
    _pin(project, "more", "adam", "lion", "muon")
    _pin(project, "sweep", "lr=0.1", "lr=0.2")
    _figure(project, "chosen", "more", "params: {conditions: [adam, lion]}\n")
    _figure(project, "heat", "sweep", kind="map")
    added = assign(project)
    assert list(added) == ["lion"] and added["lion"].label == "lion"
    assert list(load_conditions(project.conditions_file)) == ["adam", "sgd", "lion"]


def test_the_command_lists_the_registry_and_says_what_it_wrote(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.root)
    _pin(project, "all", "adam", "lion")
    _add(project, "lion: {label: Lion}\n")
    assert main(["conditions"]) == 1
    assert "lion: has no slot, marker, dash yet" in capsys.readouterr().err
    assert main(["conditions", "assign"]) == 0
    assert "lion  Lion: colour 2 (#bd1f01), marker s, dash dashed\n1 written" in capsys.readouterr().out
    assert main(["conditions", "assign"]) == 0
    assert "every condition has its look" in capsys.readouterr().out
    assert main(["conditions"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "adam  Adam: colour 1 (#ffa90e), marker o, dash solid  in pin all"
    assert lines[1].startswith("sgd ") and lines[1].endswith("in no pin")


def test_the_demos_registry_is_in_order() -> None:
    looks = load_conditions(ROOT / "config/conditions.yaml")
    assert {look.marker for look in looks.values()} <= set(MARKERS)
    assert looks["adam"].where == {"config.optimizer": "adam"}
