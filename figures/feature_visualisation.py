"""What units of a network look for, or where its decisions look, after an experiment recorded either.

View ``units``: for each unit, the input that maximises its value before the activation function, found by
gradient ascent from several starts within stated bounds, above the test input with the largest value.
View ``saliency``: for single test inputs, the size of the gradient of the predicted class's logit over
each pixel, on one common scale, with the outline of the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from figproof.axes import PictureRow, colour_bar, fit_lines, picture_rows
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Run, Snapshot, Table, frame
from figproof.numerics.recorded import fitting_arrays

FEATURES, SALIENCY = "features", "saliency"
RECORD = "record them: figproof record feature_visualisation with source_run=..."
MOST_PIXELS = 300_000
SAME = 0.01
"""Starts that end within this share of the best value found the same maximum."""

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
    run = snapshot.only_run(params.condition, params.seed)
    return _units(run, params) if params.view == "units" else _saliency(run, params)


def _names(labels: Sequence[npt.NDArray[Any]], classes: int | None, params: Params, where: str) -> list[str]:
    """Names of the classes that labels refer to."""
    every = np.concatenate([part.ravel() for part in labels])
    count = int(every.max()) + 1 if classes is None else classes
    if every.min() < 0 or every.max() >= count:
        raise FigproofError(
            f"classes run from {every.min()} to {every.max()}; there are {count}",
            where=where,
            hint="record classes that count from 0",
        )
    given = params.class_labels
    if given is not None and (len(given) < count if classes is None else len(given) != count):
        raise FigproofError(
            f"{len(given)} class_labels for {count} classes",
            where="params.class_labels",
            hint=f"give {count}",
        )
    return given or [str(number) for number in range(count)]


def _units(run: Run, params: Params) -> Table:
    shapes = {"layer": "U", "unit": "U", "width": "U", "inputs": "USRC", "values": "US", "real_values": "UK"}
    shapes |= {"real_labels": "UK", "real": "UK", "real_inputs": "UKRC", "epoch": "", "norm": ""}
    where = f"run {run.id} ({run.experiment}), artifact {FEATURES!r}"
    recorded = fitting_arrays(run, FEATURES, shapes | {"test_inputs": ""}, RECORD)
    layer, unit, values = recorded["layer"], recorded["unit"], recorded["values"].astype(np.float64)
    classes = int(layer.max())
    names = _names(
        [unit[layer == classes], recorded["real_labels"]], int(recorded["width"][-1]), params, where
    )
    shown = _chosen_units(layer, unit, params, where)
    kept = recorded["real"].shape[1]
    if params.real > kept:
        raise FigproofError(
            f"{kept} test inputs of each unit were recorded, not {params.real}",
            where="params.real",
            hint="lower it, or record with real=...",
        )
    best = values.argmax(axis=1)
    same = (
        values >= values.max(axis=1, keepdims=True) - SAME * np.abs(values).max(axis=1, keepdims=True)
    ).all(axis=1)
    rows = frame(
        place=np.arange(shown.size),
        layer=layer[shown],
        unit=[names[unit[at]] if layer[at] == classes else str(unit[at] + 1) for at in shown],
        width=recorded["width"][shown],
        value=values[shown, best[shown]],
        lowest_start=values[shown].min(axis=1),
    )
    place = np.repeat(np.arange(shown.size), params.real)
    rank = np.tile(np.arange(1, params.real + 1), shown.size)
    real = frame(
        place=place,
        rank=rank,
        input=recorded["real"][shown[place], rank - 1],
        true=[names[at] for at in recorded["real_labels"][shown[place], rank - 1]],
        value=recorded["real_values"][shown[place], rank - 1],
    )
    first = recorded["inputs"][shown, best[shown]][:, None]
    images = np.concatenate([first, recorded["real_inputs"][shown, : params.real]], axis=1)
    facts = {
        "epoch": int(recorded["epoch"]),
        "norm": float(recorded["norm"]),
        "test_inputs": int(recorded["test_inputs"]),
        "starts": values.shape[1],
        "same": int(same[shown].sum()),
        "classes": classes,
        "rows": images.shape[2],
        "columns": images.shape[3],
    }
    return Table({"units": rows, "real": real, "pixels": _pixels(images, ("place", "rank"))}, facts)


def _chosen_units(layer: Any, unit: Any, params: Params, where: str) -> Any:
    """Places in the record, layer by layer: all classes, and the units asked for."""
    known = sorted({int(at) for at in layer})
    asked = known if params.layers is None else params.layers
    if missing := sorted(set(asked) - set(known)):
        raise FigproofError(f"layers {missing} were not recorded; recorded: {known}", where="params.layers")
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
    at = dict(zip((*axes, "row", "column"), (part.ravel() for part in np.indices(images.shape)), strict=True))
    columns = {name: np.asarray(values, dtype=np.float64).ravel() for name, values in others.items()}
    return frame(**at, value=images.astype(np.float64).ravel(), **columns)


def _saliency(run: Run, params: Params) -> Table:
    shapes = {
        "input": "N",
        "images": "NRC",
        "gradient": "NRC",
        "labels": "N",
        "predicted": "N",
        "logits": "N",
    }
    where = f"run {run.id} ({run.experiment}), artifact {SALIENCY!r}"
    numbers = {"epoch": "", "test_inputs": "", "test_wrong": ""}
    recorded = fitting_arrays(run, SALIENCY, shapes | numbers, RECORD)
    labels, predicted = recorded["labels"], recorded["predicted"]
    names = _names([labels, predicted], None, params, where)
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
        true=[names[at] for at in labels[shown]],
        predicted=[names[at] for at in predicted[shown]],
        wrong=wrong[shown],
        logit=recorded["logits"][shown],
    )
    images = recorded["images"][shown]
    facts = {
        "epoch": int(recorded["epoch"]),
        "test_inputs": int(recorded["test_inputs"]),
        "test_wrong": int(recorded["test_wrong"]),
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


def _rounded(values: Any) -> list[str]:
    """All with as many digits as the largest needs, and a true minus."""
    largest = float(np.abs(values).max())
    form = (
        ".0f" if 100 <= largest < 1e5 else ".1f" if 1 <= largest < 100 else ".2f" if largest >= 0.1 else ".1e"
    )
    form = ".1e" if largest >= 1e5 else form
    return [f"{value:{form}}".replace("-", "\u2212") for value in values]


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
            rows = [
                PictureRow(
                    "class" if last else f"layer {layer}, unit",
                    [str(name) for name in units["unit"][part]],
                    bold=True,
                ),
                PictureRow("maximising", pictures=images[part, 0]),
                PictureRow(value, _rounded(units["value"][part])),
            ]
            for rank in range(params.real):
                rows += [
                    PictureRow("test input", pictures=images[part, rank + 1]),
                    PictureRow(value, _rounded(values[part, rank])),
                    PictureRow("true class", [str(name) for name in trues[part, rank]]),
                ]
            groups.append(rows)
    said = [
        f"epoch {facts['epoch']}",
        f"best of {facts['starts']} ascents (all alike for {facts['same']} of {units['place'].size})",
        f"grey 0 (white) to 1, norm \u2264 {facts['norm']:.2f}",
        f"strongest of {facts['test_inputs']} test inputs",
    ]
    picture_rows(fig, groups, fit_lines(fig, said, look), look)


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
            groups.append(
                [
                    PictureRow(label, words, bold=True),
                    PictureRow("input", pictures=images[part]),
                    PictureRow(
                        "saliency",
                        pictures=sizes[part],
                        cmap=look.cmap(),
                        largest=facts["largest"] or 1.0,
                        outlines=images[part] >= 0.5,
                    ),
                ]
            )
    said = [
        f"epoch {facts['epoch']}",
        f"{facts['test_wrong']} of {facts['test_inputs']} test inputs are wrong (true \u2192 predicted)",
        "outlined: grey \u2265 0.5",
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
