"""Which conditions belong to a figure, and what their looks may not do to a reader."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from figproof.apart import check_apart
from figproof.cli import main
from figproof.conditions import Condition, load_conditions
from figproof.dag import Graph
from figproof.drawing import look_of
from figproof.errors import FigproofError
from figproof.kinds import kind_names, load_kind, shows_conditions
from figproof.look import Look, load_look
from figproof.pins import FORMAT
from figproof.project import Project
from figproof.schemas import FigureSpec
from figproof.shown import look_digests, shown_conditions
from figproof.specs import load_config, load_figures

ROOT = Path(__file__).parents[2]
REGISTRY = load_conditions(ROOT / "config/conditions.yaml")


def _spec(**keys: object) -> FigureSpec:
    return FigureSpec.model_validate({"kind": "loss_curves", "pin": "optimizers", "height_in": 2.0, **keys})


# What a figure shows


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ({}, {"adam", "momentum", "sgd"}),
        ({"params": {"conditions": ["adam", "sgd"]}}, {"adam", "sgd"}),
        ({"kind": "epoch_strip", "params": {"condition": "adam"}}, {"adam"}),
        ({"kind": "confusion", "params": {"condition": "adam"}}, set()),
        ({"kind": "sweep_heatmap", "pin": "sweep"}, set()),
        # One landscape has no name on it, two have.
        ({"kind": "loss_landscape", "pin": "landscape_pca"}, set()),
        ({"kind": "loss_landscape", "pin": "landscape_pair"}, {"plain", "shortcuts"}),
        (
            {
                "kind": None,
                "pin": None,
                "layout": ["ab"],
                "panels": [{"kind": "loss_curves", "pin": "depth"}, {"kind": "confusion", "pin": "adam"}],
            },
            {"relu", "sigmoid"},
        ),
    ],
)
def test_a_figure_shows_the_conditions_of_its_pins_that_its_kinds_ask_for(
    keys: dict[str, object], shown: set[str]
) -> None:
    assert shown_conditions(Project(ROOT), _spec(**keys)) == shown


def test_every_kind_asks_for_no_other_look_than_it_says() -> None:
    without = [
        name for name in kind_names(ROOT / "figures") if not shows_conditions(ROOT / "figures", name, 1)
    ]
    assert "confusion" in without and "loss_curves" not in without
    look = load_look(ROOT, "neurips2025", "petroff10", "viridis", {})
    for name in without:
        kind = load_kind(ROOT / "figures", name)
        example = kind.example()
        table = kind.derive(example.snapshot, example.params)
        kind.draw(Figure((5.5, 3.0)), table, example.params, look)


@pytest.mark.parametrize(("value", "one", "two"), [("True", 1, 1), ("False", 0, 0), ("'several'", 0, 1)])
def test_a_kind_says_whether_it_shows_conditions(tmp_path: Path, value: str, one: int, two: int) -> None:
    (tmp_path / "dot.py").write_text(f"SHOWS_CONDITIONS = {value}\n")
    assert (shows_conditions(tmp_path, "dot", 1), shows_conditions(tmp_path, "dot", 2)) == (one, two)


@pytest.mark.parametrize("value", ["None", "0", "'one'", "not True"])
def test_anything_else_that_a_kind_says_is_refused_at_its_line(tmp_path: Path, value: str) -> None:
    (tmp_path / "dot.py").write_text(f"\nSHOWS_CONDITIONS = {value}\n")
    with pytest.raises(FigproofError, match=r"dot\.py:2: SHOWS_CONDITIONS must be True, False or 'several'"):
        shows_conditions(tmp_path, "dot", 1)


def test_a_kind_that_asks_against_its_word_is_told() -> None:
    with pytest.raises(FigproofError, match="must not say SHOWS_CONDITIONS = False"):
        load_look(ROOT, "ieee", "petroff10", "viridis", {}).label("adam")


def test_digests_come_in_the_order_of_legends_and_unregistered_names_last() -> None:
    digests = look_digests(REGISTRY, ["zzz", "adam", "sgd"])
    assert digests == [["sgd", REGISTRY["sgd"].digest()], ["adam", REGISTRY["adam"].digest()], ["zzz", None]]
    turned = dict(reversed(REGISTRY.items()))
    assert [name for name, _ in look_digests(turned, ["adam", "sgd"])] == ["adam", "sgd"]


# Keys of the DAG


@pytest.fixture
def demo(tmp_path: Path) -> Project:
    """The demo's configuration, without results."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return Project(tmp_path)


def _keys(project: Project) -> dict[str, bytes]:
    Graph.load(project.root).build_lock.close()
    found = {path.stem: path.read_bytes() for path in project.key_file("draw", "x").parent.glob("*.json")}
    assert len(found) > 20
    return found


def _edit(project: Project, old: str, new: str) -> None:
    text = project.conditions_file.read_text()
    assert text.count(old) == 1
    project.conditions_file.write_text(text.replace(old, new))


def test_adding_a_condition_and_naming_its_config_values_change_no_key(demo: Project) -> None:
    before = _keys(demo)
    first = next(iter(REGISTRY))
    _edit(demo, f"{first}: {{", f"lion: {{label: Lion, slot: 9, marker: h, dash: solid}}\n{first}: {{")
    _edit(
        demo, "overfitting: {label: Overfitting,", "overfitting: {label: Overfitting, where: {config.a: 1},"
    )
    assert _keys(demo) == before


def test_a_new_label_changes_the_keys_of_exactly_the_figures_that_show_it(demo: Project) -> None:
    before = _keys(demo)
    shows = {
        figure for figure, spec in load_figures(demo).items() if "momentum" in shown_conditions(demo, spec)
    }
    _edit(demo, "label: Momentum", "label: SGD with momentum")
    after = _keys(demo)
    assert {figure for figure in after if after[figure] != before[figure]} == shows
    assert {"optimizers_loss", "optimizers_accuracy"} <= shows and "confusion_adam" not in shows


def test_another_order_changes_the_keys_of_figures_that_show_both(demo: Project) -> None:
    before = _keys(demo)
    lines = demo.conditions_file.read_text().splitlines(keepends=True)
    relu = next(line for line in lines if line.startswith("relu:"))
    demo.conditions_file.write_text("".join([line for line in lines if line != relu] + [relu]))
    after = _keys(demo)
    both = {
        figure
        for figure, spec in load_figures(demo).items()
        if {"relu", "sigmoid"} <= shown_conditions(demo, spec)
    }
    assert {figure for figure in after if after[figure] != before[figure]} == both
    assert "gradients_depth" in both


def test_check_names_unregistered_conditions_of_pins_and_broken_files_that_nothing_uses(
    demo: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(demo.root)
    _edit(demo, "sigmoid: {", "sigmoidal: {")
    for name, content in {
        "styles/palettes/ours.yaml": "role: sequential\ncolormap: jet\nsource: test\n",
        "styles/venues/ours.mplstyle": "font.size: 9\n",
    }.items():
        (demo.root / name).parent.mkdir(parents=True, exist_ok=True)
        (demo.root / name).write_text(content)
    assert main(["check"]) == 1
    said = capsys.readouterr().err
    assert "condition 'sigmoid' has no look." in said and "Did you mean sigmoidal?" in said
    assert "styles/palettes/ours.yaml: cannot be sequential: it is the rainbow jet" in said
    assert "styles/venues/ours.mplstyle" in said


# Conditions of one panel


def _look(
    *conditions: tuple[int, str, str], palette: str = "petroff10", highlight: tuple[str, ...] = ()
) -> Look:
    """A look of conditions a, b, ... given as slot, marker and dash."""
    entries = {
        "abcdefghijklmnop"[number]: Condition(label=f"{number}", slot=slot, marker=marker, dash=dash)
        for number, (slot, marker, dash) in enumerate(conditions)
    }
    return load_look(ROOT, "ieee", palette, "viridis", entries, highlight=highlight)


def _panel(look: Look, *names: str) -> Look:
    for name in names or look.conditions:
        look.line(name)
    return look


def test_colours_that_are_far_apart_need_no_other_difference() -> None:
    check_apart(_panel(_look((0, "o", "solid"), (1, "o", "solid"), (2, "o", "solid"))), ROOT)


def test_a_venue_that_asks_for_more_than_colour_refuses_colour_alone_however_far_apart() -> None:
    for marker in ("o", "s"):
        entries = {
            "a": Condition(label="A", slot=0, marker="o", dash="solid"),
            "b": Condition(label="B", slot=1, marker=marker, dash="solid"),
        }
        look = _panel(load_look(ROOT, "cvpr", "petroff10", "viridis", entries))
        if marker == "o":
            with pytest.raises(FigproofError, match="no difference that cvpr accepts alone"):
                check_apart(look, ROOT)
        else:
            check_apart(look, ROOT)


def test_colours_that_are_close_for_some_reader_are_refused_without_another_marker_or_dash() -> None:
    # petroff8's second and third: 18.1 apart as published, 10.5 as a screen shows them to tritanopes.
    look = _look((1, "o", "solid"), (2, "o", "solid"), palette="petroff8")
    with pytest.raises(FigproofError) as caught:
        check_apart(_panel(look), ROOT)
    message = str(caught.value)
    assert "'a' and 'b' differ by colour alone" in message
    assert "10.5 apart for tritan readers (at least 20)" in message
    assert "another marker or dash" in message
    check_apart(_panel(_look((1, "o", "solid"), (2, "s", "solid"), palette="petroff8")), ROOT)
    check_apart(_panel(_look((1, "o", "solid"), (2, "o", "dashed"), palette="petroff8")), ROOT)


def test_colours_of_one_grey_are_refused_in_print() -> None:
    # Okabe and Ito's orange and sky blue: far apart in colour, and one grey in print.
    pair = _look((1, "o", "solid"), (5, "o", "solid"), palette="okabe_ito")
    with pytest.raises(FigproofError, match=r"3\.4 apart in grey \(at least 5\.0\)") as caught:
        check_apart(_panel(pair), ROOT)
    assert "readers" not in str(caught.value)


def test_only_conditions_that_a_panel_asked_colours_for_are_compared() -> None:
    look = _look((1, "o", "solid"), (2, "o", "solid"), (0, "o", "solid"), palette="petroff8")
    check_apart(_panel(look, "a", "c"), ROOT)
    other = replace(look, asked=set())
    assert other.label("b") and not other.asked
    check_apart(_panel(other, "b", "c"), ROOT)


def test_one_colour_with_two_markers_is_the_registrys_choice() -> None:
    check_apart(_panel(_look((3, "o", "solid"), (3, "s", "solid"))), ROOT)


def test_a_panel_with_more_conditions_than_colours_is_refused_with_longer_palettes_panels_and_highlight() -> (
    None
):
    many = [(number % 6, marker, "solid") for number, marker in enumerate("os^DvPX")]
    with pytest.raises(FigproofError) as caught:
        check_apart(_panel(_look(*many, palette="petroff6")), ROOT)
    message = str(caught.value)
    assert "7 conditions in one panel need 7 colours, palette 'petroff6' has 6" in message
    assert "use a longer palette (okabe_ito, petroff10, petroff8, " in message
    assert "more panels (params.conditions)" in message and "`highlight` of the figure's YAML" in message
    check_apart(_panel(_look(*many, palette="petroff6", highlight=("a", "c"))), ROOT)


def test_highlighting_leaves_the_others_grey_and_compares_them_with_what_is_highlighted() -> None:
    look = _panel(_look((0, "o", "solid"), (1, "s", "solid"), (2, "^", "solid"), highlight=("b",)))
    assert [look.colour(name) for name in "abc"] == [look.muted, "#ffa90e", look.muted]
    check_apart(look, ROOT)
    # Its grey is petroff10's ninth colour but for a shade.
    close = _look((8, "o", "solid"), (1, "o", "solid"), highlight=("a",))
    with pytest.raises(FigproofError, match="'a' and 'b' differ by colour alone"):
        check_apart(_panel(close), ROOT)


def test_a_slot_beyond_the_palette_does_not_matter_for_a_condition_left_grey() -> None:
    look = _look((9, "o", "solid"), (1, "s", "solid"), palette="petroff6", highlight=("b",))
    assert look.colour("a") == look.muted
    with pytest.raises(FigproofError, match="has 6 colours; condition a needs 10"):
        _look((9, "o", "solid"), (1, "s", "solid"), palette="petroff6")


def test_a_figure_highlights_only_what_it_shows() -> None:
    project = Project(ROOT)
    config = load_config(project)
    look = look_of(project, _spec(highlight=["adam"]), config)
    assert (look.colour("adam"), look.colour("sgd")) == ("#bd1f01", look.muted)
    assert set(look.conditions) == {"sgd", "momentum", "adam"}
    with pytest.raises(FigproofError, match=r"highlight: 'relu' is not shown\. Known: adam, momentum, sgd"):
        look_of(project, _spec(highlight=["relu"]), config)


def test_an_unregistered_condition_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    project = Project(tmp_path)
    runs = [
        {"condition": name, "seed": 1, "id": at, "digest": "ab" * 32}
        for at, name in enumerate(["adam", "lion"])
    ]
    whole = {"format": FORMAT, "experiment": "e", "expected_seeds": None, "runs": runs}
    (project.pins / "new.json").write_text(json.dumps(whole))
    with pytest.raises(
        FigproofError, match=r"config/conditions\.yaml: condition 'lion' has no look"
    ) as caught:
        look_of(project, _spec(pin="new"), load_config(project))
    assert "figproof conditions assign, which adds it" in str(caught.value)
