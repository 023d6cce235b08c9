"""A table of results: a condition a row, a metric a column, centre and interval over the seeds.

Bold is the best of a column, and with ``bold: not_worse`` also what a paired test cannot tell from it;
the note says which. The same cells are written as LaTeX (booktabs), as Markdown, and as one LaTeX macro
a number for the text.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.lines import Line2D
from pydantic import Field, model_validator

from figproof.axes import in_inches, size_in, text_width_in, words, wrapped
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.latex import escape_latex, escape_markdown, macro_name
from figproof.model import FloatArray, Metric, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.comparing import TESTS, holm, paired
from figproof.numerics.curves import metric_of_each
from figproof.numerics.intervals import CENTRES, band
from figproof.numerics.stating import INTERVALS, decimals, stated
from figproof.numerics.summaries import summary

ROW = 1.55
RULE_PT = {"outer": 0.9, "inner": 0.5}
ARROWS = {"higher": "↑", "lower": "↓"}


class Column(KindParams):
    """One column: a metric, and how its number is taken and written."""

    metric: str = Field(min_length=1, description="Name of a recorded metric.")
    better: Literal["higher", "lower"] = Field(description="Which values are better.")
    value: Literal["final", "best", "mean_last"] = Field(default="final", description="Which value of a run.")
    last: int | None = Field(default=None, ge=1, description="For mean_last: how many values.")
    percent: bool = Field(default=False, description="Write a share as percent.")
    decimals: int | None = Field(
        default=None, ge=0, le=9, description="Decimals; two digits of the interval's half if left out."
    )
    label: str | None = Field(default=None, min_length=1, description="Head of the column.")

    @model_validator(mode="after")
    def _fits_together(self) -> Column:
        if (self.last is not None) != (self.value == "mean_last"):
            raise ValueError("last belongs to value: mean_last, and is needed there")
        return self


class Params(KindParams):
    """The columns, how runs become one cell, and what bold means."""

    columns: list[Column] = Field(min_length=1, max_length=12, description="The columns, from the left.")
    conditions: list[str] | None = Field(
        default=None, min_length=1, description="Conditions to show; all if left out."
    )
    centre: Literal["mean", "median", "iqm"] = Field(default="mean", description="Centre of a condition.")
    interval: Literal["none", "sd", "sem", "bootstrap95", "minmax"] = Field(
        default="bootstrap95", description="Interval of a cell."
    )
    bootstrap_seed: int = Field(default=0, ge=0, description="Seed of the 10,000 resamples of bootstrap95.")
    bold: Literal["best", "not_worse"] = Field(
        default="best", description="The best centre alone, or with all that the test cannot tell from it."
    )
    test: Literal["t", "wilcoxon", "sign_flip"] = Field(
        default="t", description="Paired test for not_worse, Holm-corrected within a column."
    )
    alpha: float = Field(default=0.05, gt=0, lt=1, description="For not_worse: p under this counts.")

    @model_validator(mode="after")
    def _fits_together(self) -> Params:
        if self.centre != "mean" and self.interval in ("sd", "sem"):
            raise ValueError(f"interval: {self.interval} is around a mean, not centre: {self.centre}")
        return self


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Centre, interval and bold of every cell."""
    names = params.conditions or list(snapshot.conditions())
    if not snapshot.runs:
        raise FigproofError("the pin holds no run", where=f"pin {snapshot.pin}")
    runs = [run for name in names for run in snapshot.of(name)]
    parts, units = [], []
    for index, column in enumerate(params.columns):
        metrics = metric_of_each(runs, column.metric)
        units.append("%" if column.percent else metrics[0].unit)
        values = np.array(
            [
                summary(run, metric, column.value, higher=column.better == "higher", last=column.last)
                for run, metric in zip(runs, metrics, strict=True)
            ]
        ) * (100.0 if column.percent else 1.0)
        parts.append(_column(index, column, names, runs, values, params))
    facts = {"units": units, "step_unit": metrics[0].step_unit, "expected": snapshot.expected_seeds or 0}
    return Table({"cells": concatenate(parts)}, facts)


def _column(
    index: int, column: Column, names: list[str], runs: list[Run], values: FloatArray, params: Params
) -> dict[str, Any]:
    of = np.array([run.condition for run in runs])
    centres, lows, highs, counts = [], [], [], []
    for name in names:
        mine = values[of == name]
        finite = bool(np.isfinite(mine).all())
        centres.append(float(CENTRES[params.centre](mine)) if finite else float("nan"))
        low = high = np.array([np.nan])
        if finite and params.interval != "none" and mine.size > 1:
            low, high = band(mine[:, None], params.centre, params.interval, params.bootstrap_seed)
        lows.append(float(low[0]))
        highs.append(float(high[0]))
        counts.append(mine.size)
    centre = np.array(centres)
    best = _best(centre, column)
    p = _p_against_best(names, runs, values, best, params)
    bold = np.zeros(len(names), dtype=np.int64)
    if best is not None:
        bold = (p >= params.alpha).astype(np.int64) if params.bold == "not_worse" else bold
        bold[best] = 1
    digits = decimals(centre, np.array(lows), np.array(highs)) if column.decimals is None else column.decimals
    return frame(
        condition=names,
        column=[index] * len(names),
        n=counts,
        centre=centre,
        low=lows,
        high=highs,
        p_against_best=p,
        bold=bold,
        decimals=[digits] * len(names),
    )


def _best(centre: FloatArray, column: Column) -> int | None:
    if not np.isfinite(centre).any():
        return None
    return int(np.nanargmax(centre) if column.better == "higher" else np.nanargmin(centre))


def _p_against_best(
    names: list[str], runs: list[Run], values: FloatArray, best: int | None, params: Params
) -> FloatArray:
    """Holm-adjusted p-values; NaN for the best itself and where nothing was tested."""
    found = np.full(len(names), np.nan)
    if params.bold == "best" or best is None:
        return found
    by_seed: dict[str, dict[Any, float]] = {name: {} for name in names}
    for run, value in zip(runs, values, strict=True):
        if run.seed is None or run.seed in by_seed[run.condition]:
            raise FigproofError(
                f"run {run.digest[:8]} has no seed of its own to pair it by",
                where=f"condition {run.condition}",
                hint="set bold: best",
            )
        by_seed[run.condition][run.seed] = float(value)
    others = [
        at for at in range(len(names)) if at != best and np.isfinite(list(by_seed[names[at]].values())).all()
    ]
    for at in others:
        shared = sorted(by_seed[names[at]].keys() & by_seed[names[best]].keys())
        pair = [np.array([by_seed[names[side]][seed] for seed in shared]) for side in (at, best)]
        try:
            found[at] = paired(pair[0], pair[1], params.test).p
        except FigproofError as error:
            raise FigproofError(
                error.problem, where=f"{names[at]} against {names[best]}", hint="set bold: best"
            ) from error
    found[others] = holm(found[others])
    return found


def _cell(cells: Any, at: int, params: Params) -> str:
    centre, low, high = (float(cells[key][at]) for key in ("centre", "low", "high"))
    return stated(centre, low, high, int(cells["decimals"][at]), params.interval)


def _grid(table: Table, params: Params, look: Any) -> tuple[list[str], list[list[str]], list[list[bool]]]:
    """Heads, and texts and bold of the rows in the registry's order; the first column is the label."""
    cells = table.frame("cells")
    heads = [""]
    for column, unit in zip(params.columns, table.facts["units"], strict=True):
        name = column.label or words(column.metric)
        heads.append(f"{name}{f' ({unit})' if unit else ''} {ARROWS[column.better]}")
    texts, bold = [], []
    same_n = np.unique(cells["n"]).size == 1
    for condition in look.ordered(cells["condition"]):
        rows = [int(at) for at in np.flatnonzero(cells["condition"] == condition)]
        n = int(cells["n"][rows[0]])
        texts.append([look.label(condition) + ("" if same_n else f" (n = {n})")])
        texts[-1] += [_cell(cells, at, params) for at in rows]
        bold.append([False, *(bool(cells["bold"][at]) for at in rows)])
    return heads, texts, bold


def _rule(table: Table, params: Params) -> list[str]:
    """What the cells are and what bold means, for the note."""
    counts = np.unique(table.frame("cells")["n"])
    kinds = {"mean": "mean", "median": "median", "iqm": "interquartile mean"}
    parts = [f"{kinds[params.centre]} {INTERVALS[params.interval]}".strip()]
    if counts.size == 1:
        parts.append("one run each" if counts[0] == 1 else f"n = {counts[0]} seeds")
    if table.facts["expected"] > counts.min():
        parts.append(f"{table.facts['expected']} seeds expected")
    if params.bold == "best":
        return [*parts, "bold: best"]
    test = f"{TESTS[params.test]}, Holm, p ≥ {params.alpha:g}"
    return [*parts, f"bold: best and what cannot be told from it ({test})"]


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """The table as booktabs sets it: three rules, no verticals, numbers aligned to the right."""
    heads, texts, bold = _grid(table, params, look)
    size, small = look.venue.text_pt, look.venue.small_pt
    # Bold is wider, by less than this.
    widths = [
        1.08 * max(text_width_in(fig, text, size) for text in column)
        for column in zip(heads, *texts, strict=True)
    ]
    gap, (width, height) = 1.6 * size / 72, size_in(fig)
    total = sum(widths) + gap * (len(widths) - 1)
    line, note_line = ROW * size / 72, 1.3 * small / 72
    note = wrapped(fig, ", ".join(_rule(table, params)), total, small)
    needed = line * (len(texts) + 1) + note_line * (len(note) + 0.4)
    for have, want, what in ((width, total, "wide"), (height, needed, "high")):
        if want > have:
            raise FigproofError(
                f"the table is {want:.2f} in {what}, the place {have:.2f} in",
                hint="set width: full, raise height_in, use shorter labels, fewer columns or interval: sd",
            )
    axes = in_inches(fig)
    left = -total / 2
    rights = left + np.cumsum(widths) + gap * np.arange(len(widths))
    top = -needed / 2
    for row, (cells, weights) in enumerate(zip([heads, *texts], [[False] * len(heads), *bold], strict=True)):
        for column, (text, heavy) in enumerate(zip(cells, weights, strict=True)):
            axes.text(
                left if column == 0 else rights[column],
                top + line * (row + 0.5),
                text,
                ha="left" if column == 0 else "right",
                va="center_baseline",
                fontsize=size,
                fontweight="bold" if heavy else "normal",
                color=look.ink,
                parse_math=False,
            )
    for at, kind in ((0, "outer"), (1, "inner"), (len(texts) + 1, "outer")):
        y = top + line * at
        thick = look.line_pt(RULE_PT[kind])
        axes.add_artist(Line2D([left, left + total], [y, y], color=look.ink, linewidth=thick))
    style = {"fontsize": small, "color": look.ink, "va": "top", "linespacing": 1.1, "parse_math": False}
    axes.text(left, top + line * (len(texts) + 1) + 0.4 * note_line, "\n".join(note), **style)
    # Placed in inches already: the layout must not make room for them.
    for artist in (*axes.texts, *axes.artists, *axes.lines):
        artist.set_in_layout(False)


def texts(figure: str, table: Table, params: Params, look: Any) -> dict[str, str]:
    """The table for LaTeX (booktabs) and Markdown, and its numbers as LaTeX macros."""
    heads, rows, bold = _grid(table, params, look)
    arrows = str.maketrans({"↑": r"$\uparrow$", "↓": r"$\downarrow$"})
    rule = ", ".join(_rule(table, params))
    tex = [
        f"% {figure}: {escape_latex(rule)}",
        rf"\begin{{tabular}}{{l{'r' * (len(heads) - 1)}}}",
        r"\toprule",
        " & ".join(escape_latex(head).translate(arrows) for head in heads) + r" \\",
        r"\midrule",
    ]
    md = [
        "| " + " | ".join(escape_markdown(head) for head in heads) + " |",
        "| --- |" + " ---: |" * (len(heads) - 1),
    ]
    for cells, weights in zip(rows, bold, strict=True):
        latex = [escape_latex(text) for text in cells]
        plain = [escape_markdown(text) for text in cells]
        pairs = list(zip(latex, plain, weights, strict=True))
        tex.append(" & ".join(rf"\textbf{{{a}}}" if heavy else a for a, _, heavy in pairs) + r" \\")
        md.append("| " + " | ".join(f"**{b}**" if heavy else b for _, b, heavy in pairs) + " |")
    tex += [r"\bottomrule", r"\end{tabular}"]
    md += ["", escape_markdown(rule) + "."]
    return {
        "tex": "\n".join(tex) + "\n",
        "macros.tex": _macros(figure, table, params),
        "md": "\n".join(md) + "\n",
    }


def _macros(figure: str, table: Table, params: Params) -> str:
    cells = table.frame("cells")
    lines: dict[str, str] = {}
    for at in range(cells["centre"].size):
        column = params.columns[int(cells["column"][at])]
        name = macro_name(figure, str(cells["condition"][at]), column.metric, column.value)
        if name in lines:
            raise FigproofError(
                f"two numbers would be called \\{name}",
                hint="give conditions names that differ in their letters",
            )
        lines[name] = rf"\newcommand{{\{name}}}{{{escape_latex(_cell(cells, at, params))}}}"
    return "\n".join(lines.values()) + "\n"


def example() -> Example:
    """Three optimisers, five seeds, loss and accuracy."""
    runs: list[Run] = []
    for place, (condition, level) in enumerate((("adam", 0.979), ("momentum", 0.978), ("sgd", 0.962))):
        for seed in range(1, 6):
            random = np.random.default_rng([seed, place])
            accuracy = level - 0.4 * np.exp(-np.arange(11) / 2.0) + random.normal(0, 0.003)
            series = {"validation.accuracy": (accuracy, ""), "validation.loss": (3 * (1 - accuracy), "nat")}
            metrics = {
                name: Metric(name, unit, np.arange(11), values, "epoch")
                for name, (values, unit) in series.items()
            }
            runs.append(example_run(len(runs) + 1, condition, seed=seed, metrics=metrics))
    columns = [
        Column(metric="validation.accuracy", better="higher", percent=True, label="acc."),
        Column(metric="validation.loss", better="lower", label="loss"),
    ]
    params = Params(columns=columns, interval="sd", bold="not_worse")
    return Example(Snapshot("example", tuple(runs), expected_seeds=5), params)
