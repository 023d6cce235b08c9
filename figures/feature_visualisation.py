"""What units of a network look for, or where its decisions look, after an experiment recorded either.

View ``units``: for each unit, the input that maximises its value before the activation function, found by
gradient ascent from several starts within stated bounds, above the test input with the largest value.
Ascents end alike if all of a unit come within 1 % of the best one.
View ``saliency``: for single test inputs, the size of the gradient of the predicted class's logit over
each pixel, on one common scale, with the outline of the input.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from figproof.axes import PictureRow, colour_bar, fit_lines, picture_rows, rounded
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, IntArray, Run, Snapshot, Table, frame
from figproof.numerics.choosing import one_run
from figproof.numerics.features import alike
from figproof.numerics.recorded import fitting_arrays

SHOWS_CONDITIONS = False

FEATURES, SALIENCY = "features", "saliency"
RECORD = "record them: figproof record feature_visualisation with source_run=..."
MOST_PIXELS = 300_000
ALIKE = 0.01
"""Starts that end within this share of the best value are said to end alike."""

BAR_IN = 0.8


class Params(KindParams):
    """Which view of which run, and what of it."""

    condition: str | None = Field(default=None, description="Condition, where the pin holds several.")
    seed: int | None = Field(default=None, description="Seed, where the condition has several runs.")
    view: Literal["units", "saliency"] = Field(
        default="units", description="Inputs that maximise units, or saliency over single inputs."
    )
    layers: list[int] | None = Field(
        default=None,
        min_length=1,
        description="units: layers from 1, the last are the classes; default: all.",
    )
    units: list[int] | None = Field(
        default=None, min_length=1, description="units: hidden units from 1; default: one row of the first."
    )
    real: int = Field(default=1, ge=1, le=8, description="units: how many test inputs for each unit.")
    right: int = Field(default=5, ge=0, description="saliency: how many inputs that are classified right.")
    wrong: int = Field(default=5, ge=0, description="saliency: how many inputs that are classified wrong.")
    outline: float | None = Field(
        default=0.5, gt=0, description="saliency: grey value from which the input is outlined; null for none."
    )
    columns: int = Field(default=10, ge=1, le=40, description="Units or inputs in a row.")
    class_labels: list[str] | None = Field(default=None, min_length=1, description="Names of the classes.")


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Choose units or inputs, and check that what was recorded of them fits together.

    Raises
    ------
    FigproofError
        Arrays that do not fit together or are not finite, units, layers or classes that were not
        recorded, or more pixels than a table can hold.
    """
    run = one_run(snapshot, params.condition, params.seed)
    return _units(run, params) if params.view == "units" else _saliency(run, params)


def _named(labels: Any, params: Params) -> list[str]:
    """Names of classes, in the order of their labels."""
    given = params.class_labels
    if given is None:
        return [str(label) for label in labels]
    if outside := sorted({int(label) for label in labels if not 0 <= label < len(given)}):
        raise FigproofError(
            f"classes {outside} have no name among {len(given)} class_labels",
            where="params.class_labels",
            hint="name every class",
        )
    return [given[label] for label in labels]


def _units(run: Run, params: Params) -> Table:
    shapes = {"inputs": "USRC", "values": "US", "real_values": "UK", "real_inputs": "UKRC", "norm": ""}
    whole = {"layer": "U", "unit": "U", "width": "U", "real_labels": "UK", "real": "UK"}
    whole |= {"epoch": "", "test_inputs": ""}
    recorded = fitting_arrays(run, FEATURES, shapes | whole, RECORD, whole=whole)
    layer, unit, values = recorded["layer"], recorded["unit"], recorded["values"].astype(np.float64)
    shown = _chosen_units(layer, unit, params)
    kept, classes = recorded["real"].shape[1], int(layer.max())
    if params.real > kept:
        raise FigproofError(
            f"{kept} test inputs of each unit were recorded, not {params.real}",
            where="params.real",
            hint="lower it, or record with real=...",
        )
    best = values[shown].argmax(axis=1)
    last = layer[shown] == classes
    rows = frame(
        place=np.arange(shown.size),
        layer=layer[shown],
        unit=[*(str(number + 1) for number in unit[shown[~last]]), *_named(unit[shown[last]], params)],
        width=recorded["width"][shown],
        value=values[shown].max(axis=1),
        lowest_start=values[shown].min(axis=1),
    )
    place, rank = (axis.ravel() for axis in np.indices((shown.size, params.real)))
    real = frame(
        place=place,
        rank=rank + 1,
        input=recorded["real"][shown[place], rank],
        true=_named(recorded["real_labels"][shown[place], rank], params),
        value=recorded["real_values"][shown[place], rank].astype(np.float64),
    )
    maximising = recorded["inputs"][shown, best][:, None]
    images = np.concatenate([maximising, recorded["real_inputs"][shown, : params.real]], axis=1)
    facts = {name: int(recorded[name]) for name in ("epoch", "test_inputs")} | {
        "norm": float(recorded["norm"]),
        "starts": values.shape[1],
        "alike": int(alike(values[shown], ALIKE).sum()),
        "classes": classes,
        "rows": images.shape[2],
        "columns": images.shape[3],
    }
    return Table({"units": rows, "real": real, "pixels": _pixels(images, ("place", "rank"))}, facts)


def _chosen_units(layer: IntArray, unit: IntArray, params: Params) -> IntArray:
    """Places in the record, layer by layer: all classes, and the units asked for."""
    known = sorted({int(at) for at in layer})
    asked = known if params.layers is None else params.layers
    if missing := sorted(set(asked) - set(known)):
        problem = f"layers {missing} were not recorded; recorded: {known}"
        raise FigproofError(problem, where="params.layers", hint="the last of them holds the classes")
    shown = []
    for at in sorted(set(asked)):
        places = np.flatnonzero(layer == at)
        if at < known[-1]:
            numbers = unit[places] + 1
            wanted = params.units or numbers[: params.columns].tolist()
            if missing := sorted(set(wanted) - set(numbers.tolist())):
                raise FigproofError(
                    f"units {missing} of layer {at} were not recorded; recorded: 1 to {numbers.max()}",
                    where="params.units",
                    hint="choose others, or name params.layers that have them",
                )
            places = np.array([places[int(np.flatnonzero(numbers == number)[0])] for number in wanted])
        shown.append(places)
    return np.concatenate(shown)


def _pixels(images: Any, axes: tuple[str, ...], **others: Any) -> Any:
    """One row a pixel; ``others`` are columns of the same shape as the images."""
    if images.size > MOST_PIXELS:
        raise FigproofError(
            f"{images.size} pixels are more than a figure's table holds ({MOST_PIXELS})",
            hint="show fewer, or record smaller images",
        )
    if images.min() < 0 or images.max() > 1:
        raise FigproofError(
            f"grey values run from {images.min():g} to {images.max():g}; allowed are 0 to 1", hint=RECORD
        )
    at = dict(zip((*axes, "row", "column"), (part.ravel() for part in np.indices(images.shape)), strict=True))
    columns = {name: np.asarray(values, dtype=np.float64).ravel() for name, values in others.items()}
    return frame(**at, value=images.astype(np.float64).ravel(), **columns)


def _saliency(run: Run, params: Params) -> Table:
    shapes = {"images": "NRC", "gradient": "NRC", "logits": "N"}
    whole = {"input": "N", "labels": "N", "predicted": "N", "epoch": "", "test_inputs": "", "test_wrong": ""}
    recorded = fitting_arrays(run, SALIENCY, shapes | whole, RECORD, whole=whole)
    labels, predicted = recorded["labels"], recorded["predicted"]
    wrong = labels != predicted
    shown = np.concatenate([np.flatnonzero(~wrong)[: params.right], np.flatnonzero(wrong)[: params.wrong]])
    if not shown.size:
        raise FigproofError(
            f"no input is left of {int((~wrong).sum())} right and {int(wrong.sum())} wrong ones",
            where="params.right",
            hint="raise right or wrong",
        )
    size = np.abs(recorded["gradient"][shown])
    rows = frame(
        place=np.arange(shown.size),
        input=recorded["input"][shown],
        true=_named(labels[shown], params),
        predicted=_named(predicted[shown], params),
        wrong=wrong[shown],
        logit=recorded["logits"][shown],
    )
    images = recorded["images"][shown]
    facts = {name: int(recorded[name]) for name in ("epoch", "test_inputs", "test_wrong")} | {
        "largest": float(size.max()),
        "rows": images.shape[1],
        "columns": images.shape[2],
    }
    return Table({"inputs": rows, "pixels": _pixels(images, ("place",), saliency=size)}, facts)


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Groups of rows: a layer's units, or inputs that are classified right and wrong."""
    if params.view == "units":
        _draw_units(fig, table, params, look)
    else:
        _draw_saliency(fig, table, params, look)


def _grid(table: Table, column: str, axes: tuple[int, ...]) -> FloatArray:
    facts = table.facts
    return table.frame("pixels")[column].reshape(*axes, facts["rows"], facts["columns"])


def _draw_units(fig: Any, table: Table, params: Params, look: Any) -> None:
    units, real, facts = table.frame("units"), table.frame("real"), table.facts
    images = _grid(table, "value", (units["place"].size, params.real + 1))
    values, trues = (real[name].reshape(-1, params.real) for name in ("value", "true"))
    groups = []
    for layer in np.unique(units["layer"]):
        last = layer == facts["classes"]
        places = np.flatnonzero(units["layer"] == layer)
        value = "logit" if last else "pre-activation"
        for start in range(0, places.size, params.columns):
            part = places[start : start + params.columns]
            names = [str(name) for name in units["unit"][part]]
            rows = [
                PictureRow("class" if last else f"layer {layer}, unit", names, bold=True),
                PictureRow("maximising", pictures=images[part, 0]),
                PictureRow(value, rounded(units["value"][part])),
            ]
            for rank in range(params.real):
                rows += [
                    PictureRow("test input", pictures=images[part, rank + 1]),
                    PictureRow(value, rounded(values[part, rank])),
                    PictureRow("true class", [str(name) for name in trues[part, rank]]),
                ]
            groups.append(rows)
    said = [
        f"epoch {facts['epoch']}",
        *_how_many(units),
        f"best of {facts['starts']} ascents, which end alike for {facts['alike']} of {units['place'].size}",
        f"grey 0 (white) to 1, norm \u2264 {facts['norm']:.2f}",
        f"strongest of {facts['test_inputs']} test inputs",
    ]
    picture_rows(fig, groups, fit_lines(fig, said, look), look)


def _how_many(units: Any) -> list[str]:
    """Layers of which not all units are shown."""
    partly = {}
    for layer in np.unique(units["layer"]):
        width = units["width"][units["layer"] == layer]
        if width.size < width[0]:
            partly[layer] = f"{width.size} of {width[0]} units"
    if len(partly) > 1 and len(set(partly.values())) == 1:
        return [f"layers {', '.join(map(str, partly))}: {partly[min(partly)]} each"]
    return [f"layer {layer}: {said}" for layer, said in partly.items()]


def _draw_saliency(fig: Any, table: Table, params: Params, look: Any) -> None:
    rows, facts = table.frame("inputs"), table.facts
    images, sizes = (_grid(table, name, (rows["place"].size,)) for name in ("value", "saliency"))
    groups = []
    for wrong, label in ((0, "right"), (1, "wrong")):
        places = np.flatnonzero(rows["wrong"] == wrong)
        for start in range(0, places.size, params.columns):
            part = places[start : start + params.columns]
            words = [
                f"{rows['true'][at]} \u2192 {rows['predicted'][at]}" if wrong else str(rows["true"][at])
                for at in part
            ]
            saliency = PictureRow(
                "saliency",
                pictures=sizes[part],
                cmap=look.cmap(),
                largest=facts["largest"] or 1.0,
                outlines=None if params.outline is None else images[part] >= params.outline,
            )
            pictures = PictureRow("input", pictures=images[part])
            groups.append([PictureRow(label, words, bold=True), pictures, saliency])
    said = [
        f"epoch {facts['epoch']}",
        f"{facts['test_wrong']} of {facts['test_inputs']} test inputs are wrong (true \u2192 predicted)",
        "gradient of the predicted class's logit",
        *([] if params.outline is None else [f"outlined: grey \u2265 {params.outline:g}"]),
    ]
    axes, image = picture_rows(fig, groups, fit_lines(fig, said, look), look, beside_in=BAR_IN)
    colour_bar(fig, image, axes, "|\u2202 logit / \u2202 grey value|", look)


def example() -> Example:
    """Six units and four classes that each look for a bar; the strongest test inputs show it, blurred."""
    random = np.random.default_rng(0)
    layer, unit = np.repeat([1, 2], [6, 4]), np.concatenate([np.arange(6), np.arange(4)])
    bars = np.zeros((10, 8, 8))
    for at in range(10):
        bars[at, :, at % 7 : at % 7 + 2] = 1
        bars[at] = bars[at] if at < 6 else bars[at].T
    inputs = np.clip(bars[:, None] + random.normal(0, 0.1, (10, 3, 8, 8)) - 0.05, 0, 1)
    real = np.clip(0.7 * bars[:, None] + random.normal(0, 0.2, (10, 2, 8, 8)), 0, 1)
    arrays = {
        "layer": layer,
        "unit": unit,
        "width": np.where(layer == 1, 6, 4),
        "inputs": inputs.astype(np.float16),
        "values": 8 + random.normal(0, 1, (10, 3)),
        "real": random.integers(0, 100, (10, 2)),
        "real_values": 5 - np.sort(random.random((10, 2))),
        "real_labels": random.integers(0, 4, (10, 2)),
        "real_inputs": real.astype(np.float16),
        "epoch": np.array(40),
        "norm": np.array(4.0),
        "test_inputs": np.array(100),
    }
    run = example_run(1, "adam", artifacts={FEATURES: arrays})
    return Example(Snapshot("example", (run,)), Params(columns=4))
