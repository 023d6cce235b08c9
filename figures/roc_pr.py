"""How well scores rank each class: ROC and precision-recall curves, per class and averaged.

Thick lines are averages, with their 95 % bootstrap intervals over test points in the legend: micro pools
all pairs of point and class, macro is the mean of the classes: of their true-positive rates at each
false-positive rate, linear between thresholds, and of their precisions at each recall, in steps, so that
the area under it is the mean of the classes' average precisions. Dotted is chance: the diagonal, and for
precision the true share of positives. The table holds every curve, area and interval.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.lines import Line2D
from pydantic import Field

from figproof.axes import fit_lines, label_axis, legend_below, note, size_in
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Frame, IntArray, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.choosing import one_run
from figproof.numerics.classification import (
    RESAMPLES,
    Ranking,
    auc,
    average_precision,
    interval,
    mean_curve,
    mean_precision,
    precision_recall,
    rank,
    resampled_weights,
    roc,
)
from figproof.numerics.curves import run_name
from figproof.numerics.epochs import EpochArray, count_classes
from figproof.numerics.reduce import keep_extremes

SHOWS_CONDITIONS = False
ARTIFACT = "predictions"
DRAWN_STRETCHES = 300
DASHES = ("solid", (0, (4.0, 1.6)), (0, (1.0, 1.4)), (0, (5.0, 1.5, 1.0, 1.5)))
AVERAGES = ("micro", "macro")
WIDE_IN = 4.0
ABREAST_IN = 2.8


class Params(KindParams):
    """Which run and epoch, which curves, and how many classes."""

    view: Literal["both", "roc", "pr"] = Field(default="both", description="Both, or one of the two.")
    condition: str | None = Field(default=None, description="Condition, where the pin holds several.")
    seed: int | None = Field(default=None, description="Seed, where the condition has several runs.")
    epoch: int | None = Field(default=None, ge=0, description="Epoch; the last recorded one if left out.")
    classes: int = Field(
        default=10,
        ge=0,
        le=10,
        description="Most classes to draw; of more, those with the lowest average precision.",
    )
    class_labels: list[str] | None = Field(default=None, min_length=1, description="Names of the classes.")
    corner: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Show false-positive rates up to this, and the other axes from one minus this on.",
    )
    bootstrap_seed: int = Field(default=0, ge=0, description="Seed of the 1,000 resamples of test points.")


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Rank by each class's score, against all others; areas on resampled points."""
    run = one_run(snapshot, params.condition, params.seed)
    scores, labels, epoch = _predictions(run, params)
    classes = scores.shape[1]
    if params.class_labels is not None and len(params.class_labels) != classes:
        raise FigproofError(
            f"{len(params.class_labels)} class_labels for {classes} classes", where="params.class_labels"
        )
    names = params.class_labels or [str(number) for number in range(classes)]
    truth = labels[:, None] == np.arange(classes)
    present = [at for at in range(classes) if truth[:, at].any() and not truth[:, at].all()]
    if not present:
        raise FigproofError(
            "all test points are of one class: no curve is defined",
            where=f"{run.condition} {run_name(run)}",
            hint="choose a run with examples of two classes",
        )
    rankings = {at: rank(truth[:, at], scores[:, at]) for at in present}
    weights = resampled_weights(labels.size, params.bootstrap_seed)
    areas = [_areas(names[at], rankings[at], weights, truth[:, at].mean()) for at in present]
    pooled = rank(truth[:, present].ravel(), scores[:, present].ravel())
    rows = [row for row, _ in areas]
    rows.append(_areas("micro", pooled, np.repeat(weights, len(present), axis=1), 1 / len(present))[0])
    rows.append(_macro(areas))
    worst = sorted(range(len(present)), key=lambda at: (rows[at]["ap"][0], at))[: params.classes]
    shown = sorted(worst)
    curves = [_curves(names[present[at]], rankings[present[at]]) for at in shown]
    curves += [_curves("micro", pooled), _macro_curves([rankings[at] for at in present])]
    facts = {
        "condition": run.condition,
        "epoch": epoch,
        "points": labels.size,
        "classes": len(present),
        "classes_without_example": classes - len(present),
        "resamples": RESAMPLES,
    }
    return Table({"curves": concatenate(curves), "areas": concatenate(rows)}, facts)


def _predictions(run: Run, params: Params) -> tuple[FloatArray, IntArray, int]:
    labels = run.array(ARTIFACT, "labels")
    recorded = EpochArray(run, ARTIFACT, "probabilities", labels.size)
    epoch = recorded.epochs[-1] if params.epoch is None else params.epoch
    scores = recorded.at(epoch).astype(np.float64)
    count_classes(labels, scores.shape[1], recorded.where)
    return scores, labels, epoch


def _areas(
    name: str, ranking: Ranking, weights: FloatArray, prevalence: float
) -> tuple[Frame, dict[str, FloatArray]]:
    """The row of one curve, and its areas on the resampled points."""
    resampled = {"auc": auc(ranking, weights), "ap": average_precision(ranking, weights)}
    return _row(
        name, float(auc(ranking)), float(average_precision(ranking)), prevalence, resampled
    ), resampled


def _row(name: str, roc_area: float, ap: float, prevalence: float, resampled: dict[str, FloatArray]) -> Frame:
    (auc_low, auc_high), (ap_low, ap_high) = interval(resampled["auc"]), interval(resampled["ap"])
    return frame(
        curve=[name],
        prevalence=[prevalence],
        auc=[roc_area],
        auc_low=[auc_low],
        auc_high=[auc_high],
        ap=[ap],
        ap_low=[ap_low],
        ap_high=[ap_high],
    )


def _macro(areas: list[tuple[Frame, dict[str, FloatArray]]]) -> Frame:
    """The mean over classes; a resample that lost a class does not count."""
    resampled = {key: np.mean([found[key] for _, found in areas], axis=0) for key in ("auc", "ap")}
    means = {key: float(np.mean([row[key][0] for row, _ in areas])) for key in ("auc", "ap", "prevalence")}
    return _row("macro", means["auc"], means["ap"], means["prevalence"], resampled)


def _curves(name: str, ranking: Ranking) -> Frame:
    return concatenate(
        _thinned(name, kind, *points)
        for kind, points in (("roc", roc(ranking)), ("pr", precision_recall(ranking)))
    )


def _macro_curves(rankings: list[Ranking]) -> Frame:
    means = (
        ("roc", mean_curve([roc(ranking) for ranking in rankings])),
        ("pr", mean_precision([precision_recall(ranking) for ranking in rankings])),
    )
    return concatenate(_thinned("macro", kind, *points) for kind, points in means)


def _thinned(name: str, kind: str, x: FloatArray, y: FloatArray) -> Frame:
    kept = keep_extremes(np.vstack([x, y]), DRAWN_STRETCHES)
    return frame(curve=[name] * kept.size, kind=[kind] * kept.size, x=x[kept], y=y[kept])


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """One or two axes, one above the other in a narrow column, and one legend for both."""
    views = ("roc", "pr") if params.view == "both" else (params.view,)
    abreast = len(views) if size_in(fig)[0] >= look.room_in(ABREAST_IN) else 1
    panels = fig.subplots(len(views) // abreast, abreast, squeeze=False).ravel()
    curves = table.frame("curves")
    classes = [str(n) for n in dict.fromkeys(curves["curve"]) if n not in AVERAGES]
    styles = _styles(classes, look)
    for axes, view in zip(panels, views, strict=True):
        for name, style in styles.items():
            part = (curves["curve"] == name) & (curves["kind"] == view)
            steps = {"drawstyle": "steps-pre"} if view == "pr" else {}
            axes.plot(curves["x"][part], curves["y"][part], **style, **steps)
        _frame_axes(axes, view, table, params, look)
    _name_curves(fig, panels, table, params, look, styles)


def _styles(classes: list[str], look: Any) -> dict[str, dict[str, Any]]:
    """Averages thick in ink, classes thin in their colours; neighbours differ in dash, too."""
    thin = {"linewidth": look.line_pt(0.8), "zorder": 2}
    colours = look.class_colours(max(len(classes), 1))
    styles = {
        name: {**thin, "color": colours[at], "linestyle": DASHES[at % len(DASHES)]}
        for at, name in enumerate(classes)
    }
    average = {"color": look.ink, "linewidth": look.line_pt(1.6), "zorder": 3}
    return styles | {
        "micro": {**average, "linestyle": "solid"},
        "macro": {**average, "linestyle": (0, (3.0, 1.2))},
    }


def _frame_axes(axes: Any, view: str, table: Table, params: Params, look: Any) -> None:
    corner = params.corner or 1.0
    thin = look.line_pt(0.6)
    chance = {"color": look.muted, "linestyle": (0, (1.0, 2.0)), "linewidth": thin}
    room = 0.02 * corner
    if view == "roc":
        axes.plot([0, 1], [0, 1], zorder=1, **chance)
        axes.set(xlim=(-room, corner + room), ylim=(1 - corner - room, 1 + room))
        label_axis(axes.xaxis, "false-positive rate")
        label_axis(axes.yaxis, "true-positive rate")
    else:
        areas = table.frame("areas")
        shares = areas["prevalence"][~np.isin(areas["curve"], AVERAGES)]
        axes.axhspan(shares.min(), shares.max(), color=look.muted, alpha=0.25, linewidth=0, zorder=0)
        axes.axhline(shares.mean(), zorder=1, **chance)
        axes.set(xlim=(1 - corner - room, 1 + room), ylim=(1 - corner - room, 1 + room))
        label_axis(axes.xaxis, "recall")
        label_axis(axes.yaxis, "precision")


def _name_curves(
    fig: Any, panels: Any, table: Table, params: Params, look: Any, styles: dict[str, dict[str, Any]]
) -> None:
    areas, facts = table.frame("areas"), table.facts
    keys = {"both": ("auc", "ap"), "roc": ("auc",), "pr": ("ap",)}[params.view]
    # In a narrow panel the intervals stand in the table alone.
    wide = size_in(fig)[0] > look.room_in(WIDE_IN)
    labels = []
    for name in styles:
        at = int(np.flatnonzero(areas["curve"] == name)[0])
        texts = [f"{areas[key][at]:.3f}" for key in keys]
        if name in AVERAGES and wide:
            texts = [
                f"{areas[key][at]:.3f} [{areas[f'{key}_low'][at]:.3f}, {areas[f'{key}_high'][at]:.3f}]"
                for key in keys
            ]
        labels.append(f"{name}: {', '.join(texts)}")
    parts = [f"epoch {facts['epoch']}", f"n = {facts['points']} test points"]
    drawn = len(styles) - len(AVERAGES)
    if 0 < drawn < facts["classes"]:
        parts.append(f"{drawn} worst of {facts['classes']} classes")
    if facts["classes_without_example"]:
        parts.append(f"{facts['classes_without_example']} classes without an example")
    what = {"both": "AUC, average precision", "roc": "AUC", "pr": "average precision"}[params.view]
    parts.append(f"below: {what}" + (" [95 % bootstrap CI]" if wide else ""))
    handles = [Line2D([], [], **style) for style in styles.values()]
    legend_below(fig, handles, labels, look)
    note(panels[0], fit_lines(fig, parts, look, columns=len(panels)), look)


def example() -> Example:
    """Five classes of which two are often taken for each other."""
    random = np.random.default_rng(0)
    labels = np.arange(300) % 5
    scores = 2.2 * np.eye(5)[labels] + random.normal(0, 1, (300, 5))
    scores[labels == 4, 3] += 1.5
    odds = np.exp(scores)
    probabilities = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float16)
    arrays = {"probabilities": probabilities[None], "labels": labels, "epochs": np.array([40])}
    return Example(Snapshot("example", (example_run(1, "adam", artifacts={ARTIFACT: arrays}),)), Params())
