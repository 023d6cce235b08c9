"""Every file in ``figures/`` is a kind that keeps the contract; nothing is listed here by name."""

import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from figproof.canonical import digest_bytes
from figproof.canvas import panel_letter, render
from figproof.conditions import load_conditions
from figproof.kinds import KindParams, kind_names, load_kind
from figproof.look import load_look, venue_names
from figproof.model import Snapshot, Table
from figproof.tables import read_table, table_files
from figproof.worker import worker_environment

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "figures"
KINDS = kind_names(FIGURES)
VENUES = venue_names(ROOT)
PLACES = [(venue, width, height) for venue in VENUES for width, height in (("single", 3.6), ("full", 2.4))]


@functools.cache
def look_of(venue):
    return load_look(ROOT, venue, "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml"))


@functools.cache
def loaded(name):
    kind = load_kind(FIGURES, name)
    return kind, kind.example()


@functools.cache
def derived(name):
    kind, example = loaded(name)
    return table_files(kind.derive(example.snapshot, example.params))


@pytest.fixture
def stored(tmp_path):
    """A kind's example table as it comes back from disk, which is what kinds draw."""

    def read(name):
        files = derived(name)
        for file, content in files.items():
            (tmp_path / file).write_bytes(content)
        return read_table(tmp_path, {file: digest_bytes(content) for file, content in files.items()})

    return read


def test_the_walk_finds_kinds_and_venues():
    assert len(KINDS) >= 7, f"kinds found: {KINDS}"
    assert len(VENUES) >= 4, f"venues found: {VENUES}"


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_says_what_the_reader_sees(name):
    kind, example = loaded(name)
    assert len(kind.doc.split()) >= 20
    assert isinstance(example.snapshot, Snapshot)
    assert isinstance(example.params, kind.params)


def nested_models(model):
    """The model and all models inside its fields."""
    found = [model]
    for inner in vars(sys.modules[model.__module__]).values():
        if isinstance(inner, type) and issubclass(inner, BaseModel) and inner.__module__ == model.__module__:
            found.append(inner)
    return dict.fromkeys(found)


@pytest.mark.parametrize("name", KINDS)
def test_params_are_closed_frozen_and_each_is_described(name):
    kind, example = loaded(name)
    assert issubclass(kind.params, KindParams)
    for model in nested_models(kind.params):
        undescribed = [
            key for key, field in model.model_fields.items() if not (field.description or "").strip()
        ]
        assert not undescribed, f"{model.__name__}: no description of {undescribed}"
        assert model.model_config["extra"] == "forbid"
    key = next(iter(kind.params.model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(example.params, key, None)
    with pytest.raises(ValidationError, match="no_such_key"):
        kind.params.model_validate({**example.params.model_dump(), "no_such_key": 1})


@pytest.mark.parametrize("name", KINDS)
def test_params_survive_the_trip_through_yaml(name):
    kind, example = loaded(name)
    plain = json.loads(json.dumps(example.params.model_dump(exclude_unset=True)))
    assert kind.params.model_validate(plain) == example.params


@pytest.mark.parametrize("name", KINDS)
def test_deriving_twice_gives_the_same_numbers(name):
    kind, example = loaded(name)
    table = kind.derive(example.snapshot, example.params)
    assert isinstance(table, Table) and table.frames
    assert table_files(table) == derived(name)


@pytest.mark.parametrize("name", KINDS)
def test_the_order_in_which_runs_come_does_not_matter(name):
    kind, example = loaded(name)
    turned = Snapshot(example.snapshot.pin, example.snapshot.runs[::-1], example.snapshot.expected_seeds)
    assert len(example.snapshot.runs) > 0
    first, second = derived(name), table_files(kind.derive(turned, example.params))
    facts = (json.loads(files["facts.json"]) for files in (first, second))
    assert next(facts) == next(facts)
    for file in set(first) - {"facts.json"}:
        assert sorted(first[file].splitlines()) == sorted(second[file].splitlines())


@pytest.mark.parametrize("venue, width, height_in", PLACES)
@pytest.mark.parametrize("name", KINDS)
def test_a_kind_alone_is_camera_ready_at_every_width(name, venue, width, height_in, stored):
    kind, example = loaded(name)
    look, table = look_of(venue), stored(name)
    size = (look.venue.widths_in[width], height_in)
    files = render(
        lambda fig: kind.draw(fig, table, example.params, look), look, size, ["png"], {"figure": name}
    )
    assert files["png"].startswith(b"\x89PNG")


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_camera_ready_as_lettered_panels(name, venue, stored):
    kind, example = loaded(name)
    look, table = look_of(venue), stored(name)
    drawn = []

    def draw(fig):
        for letter, panel in zip("ab", fig.subfigures(1, 2), strict=True):
            kind.draw(panel, table, example.params, look)
            panel_letter(panel, letter, look)
            drawn.append([axes for axes in panel.axes if axes.get_visible()])

    size = (look.venue.widths_in["full"], 4.0)
    render(draw, look, size, ["png"], {"figure": name})
    assert len(drawn) == 2 and all(drawn), "each panel holds its own axes"


@pytest.mark.parametrize("name", KINDS)
def test_drawing_twice_gives_the_same_bytes(name, stored):
    kind, example = loaded(name)
    look, table = look_of(VENUES[0]), stored(name)
    size = (look.venue.widths_in["full"], 3.0)

    def files():
        return render(
            lambda fig: kind.draw(fig, table, example.params, look),
            look,
            size,
            ["pdf", "svg"],
            {"figure": name},
        )

    assert files() == files()


@pytest.mark.parametrize("hash_seed", ["1", "3"])
def test_every_kind_has_the_approved_bytes_whatever_the_hash_seed(hash_seed, tmp_path):
    # Two seeds, because the layout's solver orders its terms by them.
    environment = {
        **worker_environment(tmp_path),
        "FIGPROOF_BASELINES_CHILD": "1",
        "PYTHONHASHSEED": hash_seed,
    }
    command = [sys.executable, str(ROOT / "tests/baselines/update.py")]
    printed = subprocess.run(command, env=environment, check=True, capture_output=True).stdout
    measured = json.loads(printed)
    approved = json.loads((ROOT / "tests/baselines/kinds.json").read_text())
    assert set(measured) == set(KINDS)
    changed = [
        f"{name}.{part}"
        for name in measured
        for part, digest in measured[name].items()
        if approved.get(name, {}).get(part) != digest
    ]
    assert not changed and set(approved) == set(KINDS), (
        f"changed: {changed}. Look at the pictures; if they are right, run python tests/baselines/update.py"
    )
