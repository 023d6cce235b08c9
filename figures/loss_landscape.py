"""The loss on a plane through the weights (Li et al. 2018), with the way the optimiser took.

Filled contours are the loss on a grid of two directions; thin lines carry some of the levels. The
path is the projection of the recorded weights, from the first epoch (circle) to the last (star); a
plus marks the lowest loss on the grid. For principal directions the axes say how much of the path's
variance each keeps, and the note above says how far the path leaves the plane.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import Formatter
from pydantic import Field

from figproof.axes import axis_label, before_draw, fit_lines, label_axis, legend_above
from figproof.errors import FigproofError, suggest
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Frame, Run, Snapshot, Table, frame
from figproof.numerics.choosing import one_run

ARTIFACT = "landscape"
CONFIG = {"directions": ("pca", "random"), "normalise": ("filter", "none")}
NORMALISED = {"filter": "filter-normalised", "none": "Gaussian"}
UNIT = "nat"
MOST_TICKS = 7


class Params(KindParams):
    """Which landscape, and how its heights are told apart."""

    condition: str | None = Field(default=None, description="Condition of the one run to show.")
    seed: int | None = Field(default=None, description="Seed of the one run to show.")
    scale: Literal["log", "linear"] = Field(default="log", description="How levels and colours are spaced.")
    levels: int = Field(default=12, ge=3, le=60, description="About how many contour levels.")
    trajectory: bool = Field(default=True, description="Draw the optimiser's path.")
    equal_aspect: bool = Field(
        default=True, description="One unit is as long on both axes; if false the figure says so."
    )


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Take the landscape of one run, checked, in long form.

    Returns
    -------
    Table
        Frames ``grid`` (alpha, beta, loss), ``path`` (epoch, alpha, beta, loss, distance) and
        ``levels`` (loss).

    Raises
    ------
    FigproofError
        Arrays that do not belong together, a loss that is not finite, flat, or for a logarithmic
        scale not positive.
    """
    run = one_run(snapshot, params.condition, params.seed)
    where = f"run {run.id} ({run.experiment}): {ARTIFACT}"
    alpha, beta, loss = (_finite(run, name, where) for name in ("alpha", "beta", "loss"))
    if loss.shape != (alpha.size, beta.size) or min(loss.shape) < 3:
        raise FigproofError(
            f"loss has shape {loss.shape}, not (alpha, beta) = ({alpha.size}, {beta.size}), 3 or more each",
            where=where,
        )
    if (np.diff(alpha) <= 0).any() or (np.diff(beta) <= 0).any():
        raise FigproofError("alpha and beta must rise", where=where)
    path = _finite(run, "trajectory", where).reshape(-1, 2)
    for key, known in CONFIG.items():
        if run.config.get(key) not in known:
            raise FigproofError(
                f"{key} is {run.config.get(key)!r}. {suggest(str(run.config.get(key)), known)}",
                where=f"run {run.id} ({run.experiment}): config",
            )
    lowest = np.unravel_index(int(loss.argmin()), loss.shape)
    distance = _finite(run, "distance", where)
    return Table(
        {
            "grid": frame(
                alpha=np.repeat(alpha, beta.size), beta=np.tile(beta, alpha.size), loss=loss.ravel()
            ),
            "path": frame(
                epoch=run.array(ARTIFACT, "trajectory_epochs"),
                alpha=path[:, 0],
                beta=path[:, 1],
                loss=_finite(run, "trajectory_loss", where),
                distance=distance,
            ),
            "levels": frame(loss=_levels(loss, params, where)),
        },
        {
            "directions": run.config["directions"],
            "normalise": run.config["normalise"],
            "explained_variance": _finite(run, "explained_variance", where).tolist(),
            "largest_distance": float(distance.max()),
            "lowest_loss": float(loss.min()),
            "lowest_at": [float(alpha[lowest[0]]), float(beta[lowest[1]])],
            "unit": UNIT,
            "equal_aspect": params.equal_aspect,
        },
    )


def _finite(run: Run, name: str, where: str) -> FloatArray:
    values = np.asarray(run.array(ARTIFACT, name), dtype=np.float64)
    bad = int((~np.isfinite(values)).sum())
    if bad:
        raise FigproofError(
            f"{name} holds {bad} values of {values.size} that are NaN or infinite",
            where=where,
            hint="record the landscape again over a smaller span",
        )
    return values


def _levels(loss: FloatArray, params: Params, where: str) -> FloatArray:
    """Round levels from just under the lowest loss to just above the highest."""
    low, high = float(loss.min()), float(loss.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        raise FigproofError(
            f"the loss is {low:.6g} everywhere on the grid",
            where=where,
            hint="record the landscape again over a larger span",
        )
    if params.scale == "linear":
        step = _round_step((high - low) / params.levels)
        return step * np.arange(np.floor(low / step), np.ceil(high / step) + 1)
    if low <= 0:
        raise FigproofError(
            f"the lowest loss is {low:.6g}; a logarithmic scale needs positive values",
            where=where,
            hint="set params.scale: linear",
        )
    wanted = np.geomspace(low, high, params.levels)
    inner = sorted({float(f"{level:.1e}") for level in wanted[1:-1]})
    inner = [level for level in inner if low < level < high]
    if len(inner) < params.levels // 2:
        # Almost flat: levels of two digits would coincide, and a logarithm is nearly straight here.
        step = _round_step((high - low) / params.levels)
        inner = [level for level in step * np.arange(np.ceil(low / step), high / step) if low < level < high]
    return np.array([low * (1 - 1e-9), *inner, high * (1 + 1e-9)])


def _round_step(step: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below the step."""
    power = 10.0 ** np.floor(np.log10(step))
    return float(power * min(factor for factor in (1, 2, 2.5, 5, 10) if factor * power >= step * (1 - 1e-9)))


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Contours, the path over them, and a colour bar in the loss's unit."""
    axes = fig.subplots()
    grid, levels = table.frame("grid"), table.frame("levels")["loss"]
    shape = (np.unique(grid["alpha"]).size, -1)
    alpha, beta, loss = (grid[name].reshape(shape) for name in ("alpha", "beta", "loss"))
    norm = (LogNorm if params.scale == "log" else Normalize)(levels[0], levels[-1])
    filled = axes.contourf(alpha, beta, loss, levels=levels, cmap=look.cmap(), norm=norm)
    # Without a line of their own colour, bands leave white hairlines between them in PDF viewers.
    filled.set(edgecolor="face", linewidth=look.venue.min_line_pt)
    axes.contour(
        alpha,
        beta,
        loss,
        levels=levels[1:-1],
        colors="white",
        linewidths=look.venue.min_line_pt,
        linestyles="solid",
    )
    _level_bar(fig, axes, filled, levels, table.facts["unit"], look)
    axes.set(xlim=(alpha.min(), alpha.max()), ylim=(beta.min(), beta.max()))
    if params.equal_aspect:
        axes.set_aspect("equal")
    axes.locator_params(nbins=6)
    _name_axes(axes, table.facts)
    marks = _draw_path(axes, table.frame("path"), look) if params.trajectory else {}
    lowest = _mark(axes, table.facts["lowest_at"], "P", look)
    marks[f"lowest, {_short(table.facts['lowest_loss'])} {table.facts['unit']}"] = lowest
    legend_above(
        fig,
        axes,
        list(marks.values()),
        list(marks),
        look,
        title=fit_lines(fig, _note(table.facts, params), look),
    )


def _level_bar(fig: Any, axes: Any, filled: Any, levels: FloatArray, unit: str, look: Any) -> None:
    """A colour bar as high as the axes, whatever their aspect, with the levels' values as ticks."""
    bar = fig.colorbar(filled, cax=axes.inset_axes((1.03, 0, 0.045, 1)))
    inner = levels[1:-1]
    named = inner[:: -(-inner.size // MOST_TICKS)]
    digits = 2
    while digits < 9 and len({f"{level:.{digits}g}" for level in named}) < named.size:
        digits += 1
    bar.set_ticks(named, labels=[_short(level, digits) for level in named])
    bar.ax.minorticks_off()
    bar.set_label(axis_label("loss", unit), parse_math=False)
    bar.outline.set_linewidth(look.venue.min_line_pt)


def _short(value: float, digits: int = 2) -> str:
    return Formatter.fix_minus(f"{value:.{digits}g}")


def _name_axes(axes: Any, facts: Any) -> None:
    for number, axis in enumerate((axes.xaxis, axes.yaxis)):
        if facts["directions"] == "pca":
            share = f"{100 * facts['explained_variance'][number]:.1f} % of path"
            label_axis(axis, f"PC {number + 1}", share)
        else:
            label_axis(axis, f"direction {number + 1}", NORMALISED[facts["normalise"]])


def _note(facts: Any, params: Params) -> list[str]:
    parts = []
    if params.trajectory:
        parts.append(f"path up to {_short(facts['largest_distance'])} (L2) off the plane")
    if facts["directions"] == "pca" and facts["normalise"] == "filter":
        parts.append("directions filter-normalised")
    if not params.equal_aspect:
        parts.append("axes scaled differently")
    return parts


def _draw_path(axes: Any, path: Frame, look: Any) -> dict[str, Line2D]:
    """The path with a dot per recorded epoch; returns what the legend explains."""
    width = max(look.venue.min_line_pt, 0.8)
    x, y = path["alpha"], path["beta"]
    axes.plot(x, y, color="white", linewidth=width, path_effects=_halo(2.4 * width, look.ink), zorder=3)
    axes.plot(x, y, ".", markersize=2.6, markeredgewidth=0, color=look.ink, zorder=3.5)
    first, last = int(path["epoch"][0]), int(path["epoch"][-1])
    _write_epochs(axes, path, look)
    return {
        f"epoch {first}": _mark(axes, (x[0], y[0]), "o", look),
        f"epoch {last}": _mark(axes, (x[-1], y[-1]), "*", look),
    }


def _mark(axes: Any, at: Any, marker: str, look: Any) -> Line2D:
    size = {"o": 4.5, "*": 8.0, "P": 5.5}[marker]
    (mark,) = axes.plot(
        [at[0]],
        [at[1]],
        linestyle="",
        marker=marker,
        markersize=size,
        markerfacecolor="white",
        markeredgecolor=look.ink,
        markeredgewidth=0.6,
        clip_on=False,
        zorder=5,
    )
    return mark  # type: ignore[no-any-return]


def _halo(width_pt: float, colour: str) -> list[Any]:
    return [withStroke(linewidth=width_pt, foreground=colour)]


def _write_epochs(axes: Any, path: Frame, look: Any) -> None:
    """Epoch numbers beside the path, as many as stay clear of one another and of both ends."""
    size = look.venue.small_pt
    points = np.column_stack([path["alpha"], path["beta"]])
    texts = [
        axes.annotate(
            str(epoch),
            point,
            (0, 0.45 * size),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=size,
            color=look.ink,
            path_effects=_halo(1.6, "white"),
            parse_math=False,
            zorder=6,
        )
        for epoch, point in zip(path["epoch"].tolist(), points, strict=True)
    ]
    for text in texts:
        text.set_in_layout(False)

    def arrange() -> None:
        pixels = axes.transData.transform(points)
        room = 2.5 * size * axes.get_figure(root=True).dpi / 72
        taken = [pixels[0], pixels[-1]]
        for text, pixel in zip(texts, pixels, strict=True):
            clear = min(float(np.hypot(*(pixel - other))) for other in taken) >= room
            text.set_visible(clear)
            if clear:
                taken.append(pixel)

    before_draw(axes, arrange)


def example() -> Example:
    """A curved valley and a path that finds its floor."""
    alpha, beta = np.linspace(-1.2, 1.2, 31), np.linspace(-1.0, 1.0, 27)
    loss = _valley(alpha[:, None], beta[None, :])
    epochs = np.arange(16)
    path = np.column_stack([1 - 1.9 * (1 - 0.75**epochs), 0.7 * 0.8**epochs * np.cos(0.7 * epochs)])
    arrays = {
        "alpha": alpha,
        "beta": beta,
        "loss": loss,
        "trajectory": path,
        "trajectory_epochs": epochs,
        "trajectory_loss": _valley(path[:, 0], path[:, 1]),
        "distance": 0.2 * np.exp(-epochs / 6.0),
        "explained_variance": np.array([0.853, 0.091]),
    }
    config = {"directions": "pca", "normalise": "none"}
    run = example_run(1, "adam", config=config, artifacts={ARTIFACT: arrays})
    return Example(Snapshot("example", (run,)), Params())


def _valley(x: FloatArray, y: FloatArray) -> FloatArray:
    return 0.03 + 0.8 * (x + 0.8) ** 2 + 2.5 * (y - 0.3 * x * x) ** 2
