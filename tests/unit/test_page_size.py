"""The page of a figure: a named width of its venue or a fraction of the full one, and its greatest height."""

import json
import shutil
from pathlib import Path

import pytest

from figproof.cli import main
from figproof.drawing import page_size_in
from figproof.errors import FigproofError
from figproof.formats import formats_of
from figproof.look import load_look, venue_names
from figproof.model import Table
from figproof.project import Project
from figproof.schemas import Config, FigureSpec

ROOT = Path(__file__).parents[2]


def venue(name):
    return load_look(ROOT, name, "petroff10", "viridis", {}).venue


def spec(**keys):
    return FigureSpec.model_validate({"kind": "dot", "pin": "runs", "height_in": 2.0} | keys)


@pytest.mark.parametrize(
    "name, width, inches",
    [
        ("icml2025", "single", 3.25),
        ("icml2025", 0.48, 0.48 * 6.75),
        ("icml2025", 1, 6.75),
        ("science_older", "onehalf", 12.1 / 2.54),
        ("neurips2025", "full", 5.5),
        ("neurips2025", 0.48, 2.64),
    ],
)
def test_a_width_is_a_name_or_a_fraction_of_the_full_width(name, width, inches):
    assert page_size_in("fig", spec(width=width), venue(name)) == (pytest.approx(inches, abs=1e-6), 2.0)


def test_a_width_that_the_venue_does_not_have_is_refused_with_those_it_has():
    with pytest.raises(FigproofError) as caught:
        page_size_in("fig", spec(width="onehalf"), venue("icml2025"))
    assert "config/figures/fig.yaml: width: icml2025 has no width 'onehalf'" in str(caught.value)
    assert "It has single (3.25 in), full (6.75 in); or a fraction of full" in str(caught.value)


def test_a_page_higher_than_the_venue_allows_is_refused_together_with_a_wrong_width():
    with pytest.raises(FigproofError) as caught:
        page_size_in("fig", spec(width="onehalf", height_in=9.01), venue("icml2025"))
    assert "height_in: 9.01 in is higher than icml2025 allows (9 in)" in str(caught.value)
    assert "no width 'onehalf'" in str(caught.value)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of one figure, as far as `figproof check` reads it."""
    for folder in ("styles", "figures"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for folder in ("figures", "selections", "pins"):
        (tmp_path / "config" / folder).mkdir(parents=True)
    shutil.copy(ROOT / "config/conditions.yaml", tmp_path / "config")
    shutil.copy(ROOT / "config/pins/adam.json", tmp_path / "config/pins")
    (tmp_path / "config/config.yaml").write_text("venue: nature\nformats: [pdf, png]\n")
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def test_check_refuses_a_height_and_a_width_that_the_venue_does_not_have(project, capsys):
    figure = project.figure_specs / "fig.yaml"
    figure.write_text("kind: confusion\npin: adam\nheight_in: 6.8\nwidth: onehalf\n")
    assert main(["check"]) == 1
    assert "fig.yaml: height_in: 6.8 in is higher than nature allows (6.69291 in)" in capsys.readouterr().err
    figure.write_text("kind: confusion\npin: adam\nheight_in: 6.6\nwidth: onehalf\nvenue: ieee\n")
    assert main(["check"]) == 1
    assert "fig.yaml: width: ieee has no width 'onehalf'" in capsys.readouterr().err
    figure.write_text("kind: confusion\npin: adam\nheight_in: 6.6\nwidth: 0.48\nvenue: ieee\n")
    assert main(["check"]) == 0


def test_check_reads_the_numbers_of_the_text_too(project, capsys):
    (project.root / "config/numbers.yaml").write_text("accuracy: {pin: adam, metric: acc, percnt: true}\n")
    assert main(["check"]) == 1
    said = capsys.readouterr().err
    assert "config/numbers.yaml: accuracy.percnt: unknown key 'percnt'" in said
    assert "Did you mean percent?" in said


def test_a_venue_that_takes_tiff_and_no_pdf_gets_tiff_in_its_place():
    figures = {name: spec(venue=name) for name in venue_names(ROOT)}
    formats = formats_of(
        Project(ROOT), Config.model_validate({"venue": "ieee", "formats": ["pdf", "svg", "png"]}), figures
    )
    assert formats.pop("plos") == ("tiff", "svg", "png")
    assert len(formats) >= 15 and set(formats.values()) == {("pdf", "svg", "png")}
    both = Config.model_validate({"venue": "plos", "formats": ["tiff", "pdf"]})
    assert formats_of(Project(ROOT), both, {"fig": spec()}) == {"fig": ("tiff",)}


def test_the_page_stands_in_the_provenance(project):
    from figproof.deriving import Derived
    from figproof.provenance import figure_provenance

    look = load_look(ROOT, "ieee", "petroff10", "viridis", {})
    one = FigureSpec.model_validate({"kind": "confusion", "pin": "adam", "height_in": 2.0, "width": 0.5})
    record = figure_provenance(project, "fig", one, look, {"": Derived("0" * 64, Table({}, {}), {})})
    assert record["page"] == {"venue": "ieee", "width": 0.5, "width_in": 3.58, "height_in": 2.0}
    assert json.dumps(record)
