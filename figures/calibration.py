"""Reliability diagram: how often the most probable class is right, against how probable it was said to be.

On the dashed diagonal confidence is honest; below it the network is too sure. Marks stand at a bin's
mean confidence; bars are 95 % intervals of its accuracy. For one run they are Wilson's. Several runs
predict the same test points, so points are resampled with all runs' predictions of them (percentile
bootstrap); a bin of fewer than 10 points, or without any error, has Wilson's interval for its
points. Underneath stands how many predictions a bin holds. ECE is the expected calibration error of Guo et
al. (2017): the mean gap to the diagonal, weighted by those counts.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from pydantic import Field

from figproof.axes import fit_lines, label_axis, legend_below, note
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import Frame, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.calibrating import BOOTSTRAP, WILSON, Reliability, reliability
from figproof.numerics.curves import run_name
from figproof.numerics.epochs import EpochArray, check_same_points, count_classes

ARTIFACT = "predictions"
MOST_CONDITIONS = 6
LARGEST_MARK_PT, MARK_STEP_PT = 6.0, 0.6
CAP_PT = 3.0
MARGIN = 0.04


class Params(KindParams):
    """Which runs and epoch, and how points are sorted into bins."""

    conditions: list[str] | None = Field(
        default=None, min_length=1, description="Conditions to show; all if left out."
    )
    seed: int | None = Field(default=None, description="Only the runs with this seed.")
    epoch: int | None = Field(default=None, ge=0, description="Epoch; each run's last one if left out.")
    bins: int = Field(default=10, ge=2, le=50, description="Number of bins.")
    binning: Literal["equal_width", "equal_mass"] = Field(
        default="equal_width", description="Bins of equal width, or of equal counts."
    )
    bootstrap_seed: int = Field(
        default=0, ge=0, description="Seed of the 1,000 resamples of test points, for several runs."
    )


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Pool the test points of a condition's runs and sort them into bins of confidence."""
    if not snapshot.runs:
        raise FigproofError("the pin holds no run", where=f"pin {snapshot.pin}")
    names = params.conditions or list(snapshot.conditions())
    if len(names) > MOST_CONDITIONS:
        raise FigproofError(
            f"{len(names)} conditions cannot be told apart in one diagram, {MOST_CONDITIONS} can",
            where=f"pin {snapshot.pin}",
            hint="choose some with params.conditions",
        )
    bins, summaries = [], []
    for name in names:
        runs = [run for run in snapshot.of(name) if params.seed is None or run.seed == params.seed]
        if not runs:
            seeds = ", ".join(run_name(run) for run in snapshot.of(name))
            raise FigproofError(
                f"no run has seed {params.seed}; there are: {seeds}",
                where=f"condition {name}",
                hint="change params.seed",
            )
        check_same_points(runs)
        read = [_confidence(run, params.epoch) for run in runs]
        confidence, right = (np.stack([part[at] for part in read]) for at in (0, 1))
        found = reliability(confidence, right, params.bins, params.binning, params.bootstrap_seed)
        bins.append(_bin_rows(name, found))
        epochs = sorted({epoch for _, _, epoch in read})
        summaries.append(
            frame(
                condition=[name],
                runs=[len(runs)],
                points=[confidence.shape[1]],
                epochs=[" ".join(map(str, epochs))],
                accuracy=[right.mean()],
                mean_confidence=[confidence.mean()],
                ece=[found.ece],
                mce=[found.mce],
            )
        )
    facts = {"binning": params.binning, "bins": params.bins}
    return Table({"bins": concatenate(bins), "conditions": concatenate(summaries)}, facts)


def _confidence(run: Run, epoch: int | None) -> tuple[Any, Any, int]:
    """The largest probability of each point, whether that class is the true one, and the epoch."""
    labels = run.array(ARTIFACT, "labels")
    recorded = EpochArray(run, ARTIFACT, "probabilities", labels.size)
    at = recorded.epochs[-1] if epoch is None else epoch
    # Half-precision probabilities sum to 1 only nearly; divided by their sum they are probabilities again.
    scores = recorded.at(at).astype(np.float64)
    count_classes(labels, scores.shape[1], recorded.where)
    total = scores.sum(axis=1, keepdims=True)
    if not np.isfinite(scores).all() or (scores < 0).any() or not np.allclose(total, 1, atol=0.02):
        raise FigproofError(
            f"epoch {at} holds values that are no probabilities (finite, not negative, sum 1)",
            where=recorded.where,
            hint="choose an epoch before the run diverged, or leave the run out",
        )
    scores /= total
    return scores.max(axis=1), scores.argmax(axis=1) == labels, at


def _bin_rows(name: str, found: Reliability) -> Frame:
    return frame(
        condition=[name] * found.count.size,
        low=found.low,
        high=found.high,
        predictions=found.count,
        points=found.points,
        confidence=found.confidence,
        accuracy=found.accuracy,
        accuracy_low=found.accuracy_low,
        accuracy_high=found.accuracy_high,
        interval=found.method,
    )


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Accuracy over confidence with intervals, counts underneath on the same axis."""
    upper, lower = fig.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    bins, summary = table.frame("bins"), table.frame("conditions")
    conditions = look.ordered(summary["condition"])
    thin = look.line_pt(0.6)
    upper.plot([0, 1], [0, 1], color=look.muted, linestyle=(0, (4, 2)), linewidth=thin, zorder=1)
    handles, labels = [], []
    for place, name in enumerate(conditions):
        style = _style(name, place, look)
        part = {key: values[bins["condition"] == name] for key, values in bins.items()}
        _draw_bins(upper, lower, part, style, look)
        at = int(np.flatnonzero(summary["condition"] == name)[0])
        handles.append(Line2D([], [], **style))
        sizes = [] if _alike(summary) else _sizes(summary, at)
        measures = [f"ECE {summary['ece'][at]:.3f}", f"accuracy {summary['accuracy'][at]:.3f}"]
        labels.append(f"{look.label(name)}: {', '.join([*measures, *sizes])}")
    upper.set(xlim=(-MARGIN, 1 + MARGIN), ylim=(-MARGIN, 1 + MARGIN))
    label_axis(upper.yaxis, "accuracy")
    label_axis(lower.xaxis, "confidence")
    label_axis(lower.yaxis, "points" if summary["runs"].max() == 1 else "predictions")
    # A few sure points would vanish beside thousands on a linear axis.
    lower.set_yscale("symlog", linthresh=10)
    lower.set_yticks(_count_ticks(int(bins["predictions"].max())))
    lower.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    lower.minorticks_off()
    lower.set_ylim(0, bins["predictions"].max() * 1.3)
    upper.xaxis.set_major_locator(MaxNLocator(5))
    note(upper, fit_lines(fig, _note_parts(table, params), look), look)
    legend_below(fig, handles, labels, look)


def _style(name: str, place: int, look: Any) -> dict[str, Any]:
    """Marks stand where the numbers are; open and ever smaller ones, so that none hides another."""
    return {
        **look.line(name),
        "linewidth": look.line_pt(1.0),
        "marker": look.marker(name),
        "markersize": look.mark_pt(LARGEST_MARK_PT - MARK_STEP_PT * place),
        "markerfacecolor": "none",
        "markeredgewidth": look.line_pt(0.9),
    }


def _draw_bins(upper: Any, lower: Any, part: Frame, style: dict[str, Any], look: Any) -> None:
    thin = look.line_pt(0.6)
    used = part["predictions"] > 0
    x, ends = part["confidence"][used], (part["accuracy_low"][used], part["accuracy_high"][used])
    upper.vlines(x, *ends, color=style["color"], linewidth=thin)
    # Caps, because one bar may stand on another.
    for end in ends:
        upper.plot(x, end, "_", color=style["color"], markersize=look.mark_pt(CAP_PT), markeredgewidth=thin)
    upper.plot(x, part["accuracy"][used], **style, zorder=3)
    edges = np.append(part["low"], part["high"][-1])
    line = {key: style[key] for key in ("color", "linestyle", "linewidth")}
    lower.stairs(part["predictions"], edges, **line)


def _count_ticks(most: int) -> list[int]:
    return [0, *(10**power for power in range(1, max(2, len(str(most)))))]


def _note_parts(table: Table, params: Params) -> list[str]:
    summary = table.frame("conditions")
    epochs = sorted(set(summary["epochs"]))
    parts = (
        [f"epoch {epochs[0]}"] if len(epochs) == 1 and " " not in epochs[0] else ["last epoch of each run"]
    )
    if _alike(summary):
        each = " each" if summary["condition"].size > 1 else ""
        parts += _sizes(summary, 0, each)
    kind = "equal-width" if params.binning == "equal_width" else "equal-count"
    return [*parts, f"{kind} bins", *_interval_parts(table)]


def _alike(summary: Frame) -> bool:
    """Whether all conditions have as many runs and points: then the note says how many, else the legend."""
    return all(np.unique(summary[key]).size == 1 for key in ("runs", "points"))


def _sizes(summary: Frame, at: int, each: str = "") -> list[str]:
    runs, points = summary["runs"][at], summary["points"][at]
    if runs == 1:
        return [f"one run{each}", f"{points} test points"]
    return [f"{runs} runs{each} on the same {points} test points"]


def _interval_parts(table: Table) -> list[str]:
    bins, summary = table.frame("bins"), table.frame("conditions")
    if not (bins["interval"] == BOOTSTRAP).any():
        return ["bars: Wilson 95 % CI"]
    single = summary["condition"][summary["runs"] == 1]
    sparse = (bins["interval"] == WILSON) & ~np.isin(bins["condition"], single)
    why = ["one run"] if single.size else []
    why += ["few points or one outcome"] if sparse.any() else []
    parts = ["95 % bootstrap CI over points"]
    return parts + ([f"Wilson for {' and '.join(why)}"] if why else [])


def example() -> Example:
    """Two networks: one honest, one too sure."""
    runs = []
    for number, (condition, sharp) in enumerate((("sgd", 1.0), ("adam", 2.5)), start=1):
        random = np.random.default_rng(number)
        logits = random.normal(0, 1.3, (800, 5))
        odds = np.exp(logits)
        labels = np.array([random.choice(5, p=row / row.sum()) for row in odds])
        sure = np.exp(sharp * logits)
        arrays = {
            "probabilities": (sure / sure.sum(axis=1, keepdims=True))[None].astype(np.float16),
            "labels": labels,
            "epochs": np.array([40]),
        }
        runs.append(example_run(number, condition, artifacts={ARTIFACT: arrays}))
    return Example(Snapshot("example", tuple(runs)), Params())
