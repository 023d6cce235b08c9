"""Which class is taken for which: true classes in rows, predicted ones in columns.

Colour shows the errors only, so that few errors of a good classifier are seen; the right answers on
the diagonal are framed numbers on white, and a pair that never occurred is an empty pale cell. At the right
stands how many test points each true class has; the predictions of several runs for the same points are
summed, and a point is counted once.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.colors import ListedColormap, Normalize
from pydantic import Field

from figproof.axes import (
    CellText,
    cells,
    colour_bar,
    fit_lines,
    frame_cell,
    ink_on,
    label_axis,
    note,
    size_in,
    text_width_in,
    write_cells,
)
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import IntArray, Run, Snapshot, Table, frame
from figproof.numerics.choosing import chosen_runs
from figproof.numerics.curves import run_name
from figproof.numerics.epochs import on_other_points
from figproof.numerics.matrices import confusion_counts, predicted_classes, row_shares

SHOWS_CONDITIONS = False
ARTIFACT = "predictions"
MOST_TICKS = 20
LONGEST_SHARE = 0.35
NEVER, RIGHT = "#f0f0f0", "#ffffff"


class Params(KindParams):
    """Which runs and epoch, and whether to show counts or shares."""

    condition: str | None = Field(
        default=None, description="Condition to show; may be left out if there is one."
    )
    seed: int | None = Field(
        default=None, description="Seed of the one run to show; all are summed if left out."
    )
    epoch: int | None = Field(default=None, description="Recorded epoch; the last if left out.")
    normalise: Literal["none", "row"] = Field(
        default="row", description="none: counts. row: percent of each true class."
    )
    class_labels: list[str] | None = Field(
        default=None, min_length=2, description="Names of the classes in their order; 0, 1, ... if left out."
    )


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Count true against predicted classes over the chosen runs."""
    runs = chosen_runs(snapshot, params.condition, params.seed)
    found = [_run_counts(run, params.epoch) for run in runs]
    if len({counts.shape for counts, _ in found}) > 1 or len({epoch for _, epoch in found}) > 1:
        raise FigproofError(
            "runs differ in their number of classes or in their last epoch and cannot be summed",
            where=f"condition {runs[0].condition}",
            hint="set params.seed or params.epoch",
        )
    counts = np.sum([counts for counts, _ in found], axis=0)
    classes = counts.shape[0]
    if params.class_labels is not None and len(params.class_labels) != classes:
        raise FigproofError(
            f"{len(params.class_labels)} class_labels for {classes} classes", where="params.class_labels"
        )
    total = int(counts.sum())
    if not total:
        raise FigproofError(f"artifact {ARTIFACT!r} holds no example", where=f"condition {runs[0].condition}")
    names = params.class_labels or [str(number) for number in range(classes)]
    row, column = np.divmod(np.arange(classes * classes), classes)
    pairs = frame(
        true=[names[at] for at in row],
        predicted=[names[at] for at in column],
        count=counts.ravel(),
        share_of_true=row_shares(counts).ravel(),
    )
    same = len(runs) > 1 and not on_other_points(runs)
    points = counts.sum(axis=1) // (len(runs) if same else 1)
    support = frame(true=names, points=points, predicted=counts.sum(axis=0))
    facts = {
        "condition": runs[0].condition,
        "runs": len(runs),
        "same_points": same,
        "epoch": found[0][1],
        "points": int(points.sum()),
        "predictions": total,
        "correct": int(np.trace(counts)),
        "accuracy": float(np.trace(counts)) / total,
    }
    return Table({"pairs": pairs, "support": support}, facts)


def _run_counts(run: Run, epoch: int | None) -> tuple[IntArray, int]:
    """Counts of one run and the epoch they are of."""
    where = f"{run.condition} {run_name(run)}, artifact {ARTIFACT!r}"
    probabilities, labels, epochs = (
        run.array(ARTIFACT, name) for name in ("probabilities", "labels", "epochs")
    )
    if probabilities.ndim != 3 or probabilities.shape[:2] != (epochs.size, labels.size) or not epochs.size:
        raise FigproofError(
            f"probabilities {probabilities.shape} do not fit {epochs.size} epochs and {labels.size} labels",
            where=where,
        )
    wanted = int(epochs[-1]) if epoch is None else epoch
    at = np.flatnonzero(epochs == wanted)
    if at.size != 1:
        raise FigproofError(f"epoch {wanted} was not recorded; recorded: {epochs.tolist()}", where=where)
    try:
        predicted = predicted_classes(probabilities[at[0]])
        return confusion_counts(labels, predicted, probabilities.shape[2]), wanted
    except FigproofError as error:
        raise FigproofError(error.problem, where=where, hint=error.hint) from error


def describe(table: Table, params: Params, look: Any) -> str:
    """Accuracy, and the pairs that are most often taken for one another."""
    facts, pairs = table.facts, table.frame("pairs")
    wrong = np.flatnonzero((pairs["true"] != pairs["predicted"]) & (pairs["count"] > 0))
    worst = wrong[np.argsort(-pairs["count"][wrong], kind="stable")][:3]
    named = [f"{pairs['true'][at]} for {pairs['predicted'][at]} ({pairs['count'][at]})" for at in worst]
    runs = f" of {facts['runs']} runs" if facts["runs"] > 1 else ""
    return (
        f"Confusion matrix of {len(table.frame('support')['true'])} classes, true against predicted: "
        f"{facts['accuracy']:.1%} of {facts['predictions']} predictions{runs} are right"
        + (f"; most often taken for another: {', '.join(named)}" if named else "")
    )


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Coloured errors, framed right answers, support at the right."""
    axes = fig.subplots()
    names = [str(name) for name in table.frame("support")["true"]]
    classes = len(names)
    counts = table.frame("pairs")["count"].reshape(classes, classes)
    share = params.normalise == "row"
    shown = (
        100 * table.frame("pairs")["share_of_true"].reshape(classes, classes)
        if share
        else counts.astype(float)
    )
    errors = np.where(np.eye(classes, dtype=bool) | (counts == 0), np.nan, shown)
    most = np.nanmax(errors) if np.isfinite(errors).any() else 1.0
    # Reversed, so that the paper's white is next to few errors and the darkest cell is the worst.
    cmap, norm = look.cmap().reversed(), Normalize(0, most)
    cells(axes, np.eye(classes), ListedColormap([NEVER, RIGHT]), Normalize(0, 1), look, gaps=True)
    mesh = cells(axes, errors, cmap, norm, look, gaps=True)
    entries = []
    for row in range(classes):
        frame_cell(axes, row, row, look.muted, look.line_pt(0.5))
        for column in np.flatnonzero(counts[row]):
            ink = look.ink if row == column else ink_on(cmap(norm(shown[row, column])))
            text = _short(shown[row, column]) if share else str(counts[row, column])
            entries.append(CellText(row, int(column), text, ink, bold=row == column))
    write_cells(axes, entries, look)
    ticks = range(0, classes, -(-classes // MOST_TICKS))
    upright = _must_stand_upright(fig, names, look)
    axes.set_xticks(list(ticks), [names[at] for at in ticks], parse_math=False, rotation=90 if upright else 0)
    axes.set_yticks(list(ticks), [names[at] for at in ticks], parse_math=False)
    label_axis(axes.xaxis, "predicted class")
    label_axis(axes.yaxis, "true class")
    _write_support(axes, table, list(ticks), look)
    note(axes, fit_lines(fig, _note_parts(table), look), look)
    colour_bar(fig, mesh, axes, "errors (% of true class)" if share else "errors (count)", look)


def _short(percent: float) -> str:
    return f"{percent:.0f}" if percent >= 99.95 else f"{percent:.1f}"


def _must_stand_upright(fig: Any, names: list[str], look: Any) -> bool:
    """Whether names are wider than their columns; refuses those that are too long either way."""
    width, height = size_in(fig)
    widest = max(text_width_in(fig, name, look.venue.text_pt) for name in names)
    longest = LONGEST_SHARE * min(width, height)
    if widest > longest:
        raise FigproofError(
            f"the longest class name is {widest:.2f} in wide, {longest:.2f} in are there for it",
            where="params.class_labels",
            hint="give shorter class_labels",
        )
    return widest > 0.5 * width / len(names)


def _write_support(axes: Any, table: Table, ticks: list[int], look: Any) -> None:
    """A column of numbers right of the rows; its name n stands in the line of the tick labels."""
    support = table.frame("support")["points"]
    size = look.venue.small_pt
    digits = max(len(str(number)) for number in support)
    # A digit is half an em wide; one more is left as a gap to the cells.
    shift = (digits + 1) * 0.5 * size
    style = {
        "ha": "right",
        "fontsize": size,
        "color": look.ink,
        "annotation_clip": False,
        "parse_math": False,
    }
    place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    for row in ticks:
        axes.annotate(str(support[row]), (1, row), xytext=(shift, 0), va="center", **place, **style)
    below = axes.xaxis.get_major_ticks()[0].get_pad()
    axes.annotate("n", (1, support.size - 0.5), xytext=(shift, -below), va="top", **place, **style)


def _note_parts(table: Table) -> list[str]:
    facts = table.facts
    over = "one run" if facts["runs"] == 1 else f"sum over {facts['runs']} seeds"
    of = "the same " if facts["same_points"] else ""
    return [
        over,
        f"{of}{facts['points']} test points",
        f"epoch {facts['epoch']}",
        f"accuracy {100 * facts['accuracy']:.1f} %",
    ]


def example() -> Example:
    """Ten digits, three seeds, some classes taken for one another."""
    runs = []
    labels = np.repeat(np.arange(10), [36, 36, 35, 37, 36, 37, 36, 36, 34, 36])
    for seed in range(3):
        random = np.random.default_rng(seed)
        scores = random.normal(0, 1.0, (2, labels.size, 10)) + 4.2 * np.eye(10)[labels]
        scores[..., 3] += 1.6 * (labels == 8)
        scores[..., 9] += 1.2 * (labels == 4)
        probabilities = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
        arrays = {
            "probabilities": probabilities.astype(np.float16),
            "labels": labels,
            "epochs": np.array([1, 30]),
        }
        runs.append(example_run(seed + 1, "adam", seed=seed, artifacts={ARTIFACT: arrays}))
    return Example(Snapshot("example", tuple(runs)), Params())
