"""Every file in ``figures/`` is a kind that keeps the contract; nothing is listed here by name."""

import functools
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from figproof.canonical import digest_bytes
from figproof.canvas import panel_letter, render
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import KindParams, kind_names, load_kind
from figproof.look import load_look, venue_names
from figproof.model import Snapshot, Table
from figproof.tables import read_table, table_files
from figproof.worker import worker_environment

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "figures"
KINDS = kind_names(FIGURES)
VENUES = venue_names(ROOT)


@functools.cache
def look_of(venue):
    """The look of a venue at a coarse raster: the same layout, drawn in a tenth of the time."""
    conditions = load_conditions(ROOT / "config/conditions.yaml")
    look = load_look(ROOT, venue, "petroff10", "viridis", conditions)
    return replace(look, venue=replace(look.venue, png_dpi=100))


def extreme_venues():
    """What can be hard at a venue -> the venue where it is hardest.

    A kind that is drawn at all of these is drawn at the others, whose text, widths and rules lie between;
    so all kinds are walked here, and the other venues with the few kinds of ``FEW``.
    """
    of = {name: look_of(name).venue for name in VENUES}
    return {
        "narrowest column": min(of, key=lambda name: of[name].widths_in["single"]),
        "largest least text for its column": max(
            of, key=lambda name: of[name].min_text_pt / of[name].widths_in["single"]
        ),
        "largest text": max(of, key=lambda name: of[name].text_pt),
        "no grid": min(name for name in of if not of[name].grid),
        "no title inside": min(name for name in of if not of[name].title_inside),
    }


EXTREME = extreme_venues()
ANY_WIDTH = sorted({EXTREME[what] for what in list(EXTREME)[:3]})
# Lines with a legend, cells with text, panels with equal scales: little of their drawing is shared.
FEW = ("confusion", "embedding", "loss_curves")
HEIGHTS_IN = {"single": 3.6, "onehalf": 3.0, "full": 2.4}
PLACES = [
    (name, venue, width)
    for name in KINDS
    for venue in (VENUES if name in FEW else ANY_WIDTH)
    for width in look_of(venue).venue.widths_in
    if name in FEW or width != "onehalf"
]

REFUSED = {
    ("attention", "plos", "single"): "maps would be 0.15 in wide, 0.25 are needed",
    ("attention", "science_older", "single"): "maps would be 0.14 in wide, 0.25 are needed",
    ("results_table", "plos", "single"): "the table is 2.80 in wide, the place 2.63 in",
    ("sweep", "plos", "single"): "in are there for it",
    ("sweep", "science_older", "single"): "in are there for it",
}
"""What cannot be read so narrow: the kind itself refuses, and says what to do instead."""


def size_at(venue, width, height_in):
    """Of a page on which larger text has as much room as on paper."""
    grown = height_in * max(1.0, venue.text_pt / 9)
    return venue.width_in(width), min(grown, venue.max_height_in)


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
    assert len(VENUES) >= 18, f"venues found: {VENUES}"
    assert set(FEW) <= set(KINDS) and len(ANY_WIDTH) >= 3
    assert {name for name, _, _ in PLACES} == set(KINDS)
    assert {venue for _, venue, _ in PLACES} == set(VENUES)
    assert set(REFUSED) <= set(PLACES)


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


@pytest.mark.parametrize("name, venue, width", PLACES)
def test_a_kind_alone_is_camera_ready_or_refuses_with_advice(name, venue, width, stored):
    kind, example = loaded(name)
    look, table = look_of(venue), stored(name)
    size = size_at(look.venue, width, HEIGHTS_IN[width])
    drawn = []

    def draw(fig):
        kind.draw(fig, table, example.params, look)
        drawn.append(fig)

    if (name, venue, width) in REFUSED:
        with pytest.raises(FigproofError, match=re.escape(REFUSED[name, venue, width])) as caught:
            draw_only(draw, look, size, name)
        assert not drawn and re.search("width|wider", caught.value.hint), (
            "the kind itself refuses, and says what to do"
        )
    else:
        draw_only(draw, look, size, name)
        assert drawn[0].axes


def draw_only(draw, look, size, name):
    """Everything that `render` refuses is refused; nothing is encoded."""
    assert render(draw, look, size, [], {"figure": name}) == {}


@pytest.mark.parametrize("venue", sorted(set(EXTREME.values())))
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

    draw_only(draw, look, size_at(look.venue, "full", 4.0), name)
    assert len(drawn) == 2 and all(drawn), "each panel holds its own axes"


@pytest.mark.parametrize("name", KINDS)
def test_drawing_twice_gives_the_same_bytes(name, stored):
    kind, example = loaded(name)
    look, table = look_of("neurips2025"), stored(name)
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
