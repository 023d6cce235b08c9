"""Single test inputs with what the network says of them, the worst first.

Each row: the input, its true class, the most probable class (bold where it is wrong), its loss, and the
probabilities of all classes as bars, the true class's in ink. The loss is the negative logarithm of the
true class's probability.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.patches import Rectangle
from pydantic import Field

from figproof.axes import fit_lines, free_in, in_inches, text_width_in, thumbnail
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Snapshot, Table, frame
from figproof.numerics.choosing import one_run
from figproof.numerics.epochs import EpochArray, count_classes

SHOWS_CONDITIONS = False

PREDICTIONS, INPUTS = "predictions", "inputs"
LEAST_P = 2.0**-24
"""The smallest number above 0 in half precision: a stored 0 is at most that."""

ROW_PT = 25.0
COLUMN_IN = 2.45
PAD_IN = 0.05
LEAST_BARS_IN = 0.6
MOST_CLASSES = 40


class Params(KindParams):
    """Which run and epoch, and which inputs."""

    condition: str | None = Field(default=None, description="Condition, where the pin holds several.")
    seed: int | None = Field(default=None, description="Seed, where the condition has several runs.")
    epoch: int | None = Field(default=None, ge=0, description="Epoch; the last recorded one if left out.")
    order: Literal["worst", "best", "given"] = Field(
        default="worst", description="Highest loss first, lowest first, or the given inputs."
    )
    inputs: list[int] | None = Field(
        default=None, min_length=1, description="For order: given, the numbers of the test inputs."
    )
    count: int = Field(default=12, ge=1, le=200, description="How many inputs, at most.")
    class_labels: list[str] | None = Field(default=None, min_length=1, description="Names of the classes.")


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Sort the test inputs by loss and take those that are shown."""
    run = one_run(snapshot, params.condition, params.seed)
    labels, images = run.array(PREDICTIONS, "labels"), run.array(INPUTS, "images")
    recorded = EpochArray(run, PREDICTIONS, "probabilities", labels.size)
    if (
        images.ndim != 3
        or len(images) != labels.size
        or not np.array_equal(run.array(INPUTS, "labels"), labels)
    ):
        raise FigproofError(
            f"images {images.shape} do not belong to the {labels.size} predictions",
            where=f"run {run.id}: artifact {INPUTS}",
            hint="record both for the same inputs, images of shape (inputs, rows, columns)",
        )
    epoch = recorded.epochs[-1] if params.epoch is None else params.epoch
    scores = recorded.at(epoch).astype(np.float64)
    classes = count_classes(labels, scores.shape[1], recorded.where)
    names = _names(params, classes)
    if not np.isfinite(scores).all():
        raise FigproofError(
            f"epoch {epoch} holds values that are not finite",
            where=recorded.where,
            hint="choose an earlier one",
        )
    loss = -np.log(np.maximum(scores[np.arange(labels.size), labels], LEAST_P))
    shown = _chosen(loss, params)
    guess = scores.argmax(axis=1)
    rows = frame(
        place=np.arange(shown.size),
        input=shown,
        true=[names[at] for at in labels[shown]],
        predicted=[names[at] for at in guess[shown]],
        wrong=guess[shown] != labels[shown],
        loss=loss[shown],
    )
    place, name = np.divmod(np.arange(shown.size * classes), classes)
    bars = frame(
        place=place,
        name=[names[at] for at in name],
        probability=scores[shown].ravel(),
        true=name == labels[shown][place],
    )
    height, width = images.shape[1:]
    at = np.arange(shown.size * height * width)
    pixels = frame(
        place=at // (height * width),
        row=at // width % height,
        column=at % width,
        value=images[shown].astype(np.float64).ravel(),
    )
    facts = {
        "epoch": epoch,
        "points": labels.size,
        "wrong": int((guess != labels).sum()),
        "rows": height,
        "columns": width,
        "classes": classes,
        "black": float(images.max()) or 1.0,
    }
    return Table({"inputs": rows, "probabilities": bars, "pixels": pixels}, facts)


def _names(params: Params, classes: int) -> list[str]:
    if classes > MOST_CLASSES:
        raise FigproofError(
            f"bars of {classes} classes cannot be read beside an input, {MOST_CLASSES} can",
            hint="use kind confusion or roc_pr",
        )
    if params.class_labels is not None and len(params.class_labels) != classes:
        raise FigproofError(
            f"{len(params.class_labels)} class_labels for {classes} classes",
            where="params.class_labels",
            hint=f"give {classes}",
        )
    return params.class_labels or [str(number) for number in range(classes)]


def _chosen(loss: FloatArray, params: Params) -> Any:
    if (params.inputs is not None) != (params.order == "given"):
        raise FigproofError("inputs belong to order: given, and are needed there", where="params.inputs")
    if params.inputs is not None:
        outside = [at for at in params.inputs if not 0 <= at < loss.size]
        if outside:
            raise FigproofError(
                f"{outside} are no test inputs",
                where="params.inputs",
                hint=f"choose from 0 to {loss.size - 1}",
            )
        return np.array(params.inputs, dtype=np.int64)
    order = np.argsort(-loss if params.order == "worst" else loss, kind="stable")
    return order[: params.count].astype(np.int64)


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """As many columns of rows as the width holds; inputs go down the columns."""
    rows, facts = table.frame("inputs"), table.facts
    width, height = free_in(fig, look)
    size = look.venue.small_pt
    pad = look.room_in(PAD_IN)
    columns = max(1, int(width / look.room_in(COLUMN_IN)))
    line = max(ROW_PT, 3.1 * size) / 72
    parts = [f"epoch {facts['epoch']}", f"{facts['wrong']} of {facts['points']} test inputs are wrong"]
    shown = {"worst": "highest loss first", "best": "lowest loss first", "given": "chosen inputs"}
    about = fit_lines(fig, [*parts, shown[params.order]], look)
    head = (1.3 * (about.count("\n") + 1) + 0.6) * size / 72
    fits = int((height - head - 3 * pad) / line)
    count = rows["place"].size
    deep = -(-count // columns)
    if deep > fits:
        raise FigproofError(
            f"{count} inputs need a height of {deep * line + head + 3 * pad:.2f} in, there are {height:.2f}",
            hint="raise height_in, or lower params.count",
        )
    axes = in_inches(fig)
    wide = (width - 2 * pad) / columns
    top = -(deep * line + head) / 2
    text = {"color": look.ink, "parse_math": False, "fontsize": size}
    axes.text(-width / 2 + pad, top, about, va="top", **text)
    side = 0.88 * line * facts["columns"] / facts["rows"]
    said = [f"{true} → {guess}" for true, guess in zip(rows["true"], rows["predicted"], strict=True)]
    words = 1.15 * max(text_width_in(fig, word, size) for word in [*said, "00.00 nat"])
    begin = 1.15 * side + words
    if wide - begin < LEAST_BARS_IN:
        raise FigproofError(
            f"inputs and names leave {wide - begin:.2f} in for the bars, {LEAST_BARS_IN} are needed",
            hint="set width: full, or shorter class_labels",
        )
    for at in range(count):
        left = -width / 2 + pad + wide * (at // deep)
        _draw_row(axes, table, at, (left, top + head + line * (at % deep)), (wide, line, begin), look)
    for artist in (*axes.texts, *axes.patches, *axes.images):
        artist.set_in_layout(False)


def _draw_row(axes: Any, table: Table, at: int, corner: tuple[float, float], size: Any, look: Any) -> None:
    """Thumbnail, words, bars."""
    (left, top), (wide, line, begin_at) = corner, size
    rows, facts, bars = table.frame("inputs"), table.facts, table.frame("probabilities")
    pixels = table.frame("pixels")
    values = pixels["value"][pixels["place"] == at].reshape(facts["rows"], facts["columns"])
    side = 0.88 * line
    across = side * facts["columns"] / facts["rows"]
    thumbnail(axes, values, (left, top), (across, side), "Greys", facts["black"], look)
    wrong = bool(rows["wrong"][at])
    small = look.venue.small_pt
    text = {"fontsize": small, "color": look.ink, "va": "center", "parse_math": False}
    words = left + across + 0.15 * side
    axes.text(words, top + 0.25 * side, f"{rows['true'][at]} → {rows['predicted'][at]}",
              fontweight="bold" if wrong else "normal", **text)  # fmt: skip
    axes.text(words, top + 0.75 * side, f"{rows['loss'][at]:.2f} nat", **text)
    begin = left + begin_at
    room = wide - begin_at - 0.12
    part = bars["place"] == at
    step = room / facts["classes"]
    for index, (share, true) in enumerate(zip(bars["probability"][part], bars["true"][part], strict=True)):
        high = 0.62 * side * share
        colour = look.ink if true else look.muted
        spot = (begin + step * index + 0.1 * step, top + 0.66 * side - high)
        axes.add_patch(Rectangle(spot, 0.8 * step, high, facecolor=colour, linewidth=0))
    base = [begin, begin + room], [top + 0.66 * side] * 2
    axes.plot(*base, color=look.muted, linewidth=look.line_pt(0.5))
    names = [str(name) for name in bars["name"][part]]
    named = {names.index(str(rows[key][at])) for key in ("true", "predicted")}
    for index in sorted(named):
        axes.text(begin + step * (index + 0.5), top + 0.84 * side, names[index][:8], ha="center", **text)


def example() -> Example:
    """Blurred bars of five kinds, some taken for their neighbours."""
    random = np.random.default_rng(0)
    labels = np.arange(60) % 5
    images = random.integers(0, 60, (60, 8, 8))
    for at, label in enumerate(labels):
        images[at, :, label : label + 3] += 190
    odds = np.exp(2 * np.eye(5)[labels] + random.normal(0, 1.2, (60, 5)))
    scores = (odds / odds.sum(axis=1, keepdims=True))[None].astype(np.float16)
    artifacts = {
        PREDICTIONS: {"probabilities": scores, "labels": labels, "epochs": np.array([40])},
        INPUTS: {"images": images.astype(np.uint8), "labels": labels},
    }
    return Example(Snapshot("example", (example_run(1, "adam", artifacts=artifacts),)), Params(count=4))
