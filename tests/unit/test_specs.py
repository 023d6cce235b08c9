"""What a user can get wrong in YAML, and the sentence that each mistake gets."""

from pathlib import Path

import pytest

from figproof.errors import FigproofError, suggest
from figproof.project import Project
from figproof.schemas import rectangle
from figproof.specs import load_config, load_figure, load_figures, load_params, load_selection, text_figures

KIND = '''"""A dot."""
from pydantic import Field
from figproof.kinds import KindParams


class Params(KindParams):
    metric: str = Field(description="metric")
    size: float = Field(1.0, gt=0, description="size")


def derive(snapshot, params): ...
def draw(fig, table, params, look): ...
def example(): ...
'''


@pytest.fixture
def project(tmp_path: Path) -> Project:
    files = {
        "config/config.yaml": "venue: icml2025\nformats: [pdf]\n",
        "config/figures/dots.yaml": "kind: dot\npin: optimizers\nheight_in: 2.0\nparams: {metric: loss}\n",
        "config/pins/optimizers.json": "{}",
        "config/selections/optimizers.yaml": "experiment: digits_mlp\n",
        "figures/dot.py": KIND,
        "styles/venues/icml2025.mplstyle": "",
        "styles/palettes/petroff10.yaml": "",
        "styles/palettes/viridis.yaml": "",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return Project(tmp_path)


def figure_error(project: Project, yaml: str) -> str:
    (project.figure_specs / "dots.yaml").write_text(yaml)
    with pytest.raises(FigproofError) as error:
        load_params(project, "dots", load_figure(project, "dots"))
    return str(error.value)


PANEL = "{kind: dot, pin: optimizers}"
GOOD = "kind: dot\npin: optimizers\nheight_in: 2.0\nparams: {metric: loss}\n"


def test_a_good_figure_has_one_part_without_a_letter(project):
    spec = load_figure(project, "dots")
    assert [(letter, panel.kind) for letter, panel in spec.parts()] == [("", "dot")]
    assert load_params(project, "dots", spec)[0].metric == "loss"


@pytest.mark.parametrize(
    ("yaml", "sentences"),
    [
        (
            GOOD + "venu: ieee\n",
            ["config/figures/dots.yaml: venu: unknown key 'venu'", "Did you mean venue?"],
        ),
        (
            GOOD.replace("loss}", "loss, sise: 2.0}"),
            ["params.sise: unknown key 'sise'", "Did you mean size?"],
        ),
        (GOOD + "palettes: {qualitativ: petroff10}\n", ["palettes.qualitativ", "Did you mean qualitative?"]),
        (GOOD.replace("2.0", "high"), ["height_in", "given 'high'"]),
        (GOOD.replace("2.0", "true"), ["height_in", "given True"]),
        (GOOD.replace("{metric: loss}", "{metric: 3}"), ["params.metric", "given 3"]),
        (GOOD.replace("{metric: loss}", "{}"), ["params.metric: is needed and not given"]),
        (GOOD.replace("loss}", "loss, size: -1.0}"), ["params.size", "greater than 0", "given -1.0"]),
        (
            GOOD.replace("kind: dot", "kind: dots"),
            ["kind 'dots' is unknown", "Did you mean dot?", "figures/dots.py"],
        ),
        (GOOD.replace("optimizers", "optimizer"), ["pin 'optimizer' is unknown", "Did you mean optimizers?"]),
        (
            GOOD + "venue: icml205\n",
            ["venue 'icml205' is unknown", "Did you mean icml2025?", "styles/venues/icml205"],
        ),
        (
            GOOD + "palettes: {sequential: viridris}\n",
            ["palettes.sequential: palette 'viridris' is unknown", "Did you mean viridis?"],
        ),
        (
            GOOD + "width: half\n",
            [
                "dots.yaml: width: 'half' is no width",
                "single, onehalf, full, or a fraction of full from 0.1 to 1",
            ],
        ),
        (GOOD + "width: 1.01\n", ["width: 1.01 is no width"]),
        (GOOD + "width: 0.09\n", ["width: 0.09 is no width"]),
        (GOOD + "width: .nan\n", ["width: nan is no width"]),
        (GOOD + "width: true\n", ["width: True is no width"]),
        (GOOD + "width: [1]\n", ["width: [1] is no width"]),
        ("height_in: 2.0\n", ["kind and pin are needed"]),
        ("- a\n- b\n", ["config/figures/dots.yaml", "must map keys", "list"]),
        ("", ["config/figures/dots.yaml", "must map keys to values, it is empty"]),
        (
            GOOD + "panels: [{kind: dot, pin: optimizers}]\nlayout: [a]\n",
            ["either kind, pin and params, or panels and layout"],
        ),
        (
            "height_in: 2.0\npanels: [{kind: dot, pin: optimizers}]\nlayout: [ab]\n",
            ["uses 'ab'", "panels are 'a'"],
        ),
        (
            f"height_in: 2.0\npanels: [{PANEL}, {PANEL}]\nlayout: [ab, ba]\n",
            ["'a' is not a rectangle"],
        ),
    ],
)
def test_a_wrong_figure_is_explained_with_file_and_key(project, yaml, sentences):
    error = figure_error(project, yaml)
    assert [sentence for sentence in sentences if sentence not in error] == []


def test_all_problems_of_a_file_are_told_at_once(project):
    error = figure_error(project, "kind: dots\npin: optimizer\nheight_in: 2.0\nvenue: x\n")
    assert error.count("config/figures/dots.yaml") == 3


def test_two_files_for_one_figure_are_an_error(project):
    (project.figure_specs / "dots.yml").write_text(GOOD)
    with pytest.raises(FigproofError, match="duplicate id 'dots'"):
        load_figures(project)


@pytest.mark.parametrize("name", ["Fig 1.yaml", "-x.yaml", "ä.yaml"])
def test_a_file_name_that_is_no_id_is_an_error(project, name):
    (project.figure_specs / name).write_text(GOOD)
    with pytest.raises(FigproofError, match="is no name"):
        load_figures(project)


def test_a_figure_that_does_not_exist_is_answered_with_the_nearest(project):
    with pytest.raises(FigproofError, match=r"(?s)figure 'dot' is unknown.*Did you mean dots\?"):
        load_figure(project, "dot")


def test_a_pin_that_nothing_asks_for_needs_a_selection_first(project):
    said = figure_error(project, GOOD.replace("optimizers", "wide"))
    assert "Hint: ask for its runs in config/selections/wide.yaml, then run: figproof pin wide" in said
    (project.selections / "wide.yaml").write_text("experiment: digits_mlp\n")
    assert "Hint: run: figproof pin wide" in figure_error(project, GOOD.replace("optimizers", "wide"))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (KIND + "def broken(:\n", "figures/dot.py:14: cannot be loaded: invalid syntax"),
        (
            KIND.replace("def example", "number = 1 / 0\ndef example"),
            "dot.py:13: cannot be loaded: ZeroDivision",
        ),
        (
            "import no_such_module\n" + KIND,
            "dot.py:1: cannot be loaded: ModuleNotFoundError: No module named",
        ),
        (KIND + "\0", "figures/dot.py"),
    ],
)
def test_a_kind_that_cannot_be_loaded_is_named_with_its_line(project, source, said):
    (project.root / "figures/dot.py").write_text(source)
    error = figure_error(project, GOOD)
    assert said in error and "cannot be loaded" in error and "Hint: correct the file" in error


def test_a_kind_with_a_syntax_error_is_named_before_anything_is_built(project):
    (project.root / "figures/dot.py").write_text(KIND + "def broken(:\n")
    with pytest.raises(FigproofError, match=r"figures/dot\.py:14: cannot be loaded: invalid syntax"):
        text_figures(project, load_figures(project))


def test_an_unknown_selection_is_answered_with_the_nearest(project):
    with pytest.raises(FigproofError, match=r"Did you mean optimizers\?"):
        load_selection(project, "optimisers")


@pytest.mark.parametrize(
    ("yaml", "sentence"),
    [
        ("experiment: a\nstatus: FAILED\n", "status"),
        ("experiment: a\nwhere: {$where: 1}\n", "is not a field"),
        ("experiment: a\nwhere: {config.lr: {minimum: 1}}\n", "minimum"),
        ("experiment: a\ngroup_by: [optimizer]\n", "Write config.<key>"),
        ("experiment: a\ngroup_by: [config.x]\ncondition: b\n", "either group_by or condition"),
        ("experiment: a\nseeds: 0\n", "greater than or equal to 1"),
        ("where: {}\n", "experiment: is needed"),
    ],
)
def test_a_wrong_selection_is_explained(project, yaml, sentence):
    (project.selections / "optimizers.yaml").write_text(yaml)
    with pytest.raises(FigproofError) as error:
        load_selection(project, "optimizers")
    assert str(error.value).startswith("config/selections/optimizers.yaml")
    assert sentence in str(error.value)


def test_an_unknown_format_is_explained(project):
    project.config_file.write_text("venue: icml2025\nformats: [gif]\n")
    with pytest.raises(
        FigproofError, match=r"(?s)config/config\.yaml: formats\.0.*'pdf', 'svg', 'png' or 'tiff'.*'gif'"
    ):
        load_config(project)


def test_a_kind_without_a_member_is_named(project):
    (project.root / "figures/dot.py").write_text('"""A dot."""\n')
    assert "missing: ['Params', 'derive', 'draw', 'example']" in figure_error(project, GOOD)


def test_a_panel_may_span_a_rectangle():
    assert rectangle(["aab", "aac"], "a") == ((0, 2), (0, 2))
    assert rectangle(["aab", "aac"], "c") == ((1, 2), (2, 3))


def test_outside_a_project_the_error_says_where_to_go(tmp_path):
    with pytest.raises(FigproofError, match=r"(?s)no config/config\.yaml.*change into the project's folder"):
        Project.find(tmp_path)


def test_an_editors_hidden_file_is_no_figure(project):
    (project.figure_specs / ".dots.yaml.swp").touch()
    assert list(load_figures(project)) == ["dots"]


@pytest.mark.parametrize(
    "yaml, sentence",
    [
        ("venue: icml2024\nformats: [pdf]\n", "config/config.yaml: venue: venue 'icml2024' is unknown"),
        (
            "venue: icml2025\nformats: [pdf]\npalettes: {qualitative: petrof10}\n",
            "config/config.yaml: palettes.qualitative: palette 'petrof10' is unknown",
        ),
    ],
)
def test_a_default_look_that_does_not_exist_is_named_with_its_key(project, yaml, sentence):
    project.config_file.write_text(yaml)
    with pytest.raises(FigproofError, match=sentence):
        load_config(project)


def test_a_wrong_key_below_a_filter_is_answered_with_the_filters_keys(project):
    (project.selections / "optimizers.yaml").write_text(
        "experiment: digits_mlp\nwhere: {config.rate: {mn: 1}}\n"
    )
    with pytest.raises(FigproofError) as error:
        load_selection(project, "optimizers")
    assert "config.rate: {'mn': 1} is no filter" in str(error.value)
    assert "{min: ..., max: ...}" in str(error.value)


def test_names_that_come_from_runs_are_shown_short_and_without_what_a_terminal_obeys():
    said = suggest("loss", ["\x1b[31mloss", "m" * 500, *(f"metric{k}" for k in range(200))])
    assert "\x1b" not in said and r"\x1b[31mloss" in said
    assert "and 162 more" in said and len(said) < 2000
