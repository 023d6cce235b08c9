"""The loss on a plane through the weights (Li et al. 2018), with the way the optimiser took.

Filled contours are the loss on a grid of two directions; thin lines carry some of the levels. The
path is the projection of the recorded weights, from the first epoch (circle) to the last (star); a
plus marks the lowest loss on the grid. For principal directions the axes say how much of the path's
variance each keeps, and the note above says how far the path leaves the plane. Several conditions
stand side by side, on the same levels.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from pydantic import Field

from figproof.axes import (
    before_draw,
    direction_name,
    fit_lines,
    heading,
    label_axis,
    legend_above,
    legend_over,
    level_bar,
    panels_abreast,
    short,
)
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Frame, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.choosing import run_of_each
from figproof.numerics.landscape_levels import (
    ARTIFACT,
    check_directions,
    check_plane,
    common_levels,
    finite,
    where_of,
)

SHOWS_CONDITIONS = "several"
UNIT = "nat"


class Params(KindParams):
    """Which landscapes, and how their heights are told apart."""

    conditions: list[str] | None = Field(
        default=None,
        min_length=1,
        description="Conditions side by side, in this order; all of the pin if null.",
    )
    seed: int | None = Field(default=None, description="Seed of the one run of each condition.")
    scale: Literal["log", "linear"] = Field(default="log", description="How levels and colours are spaced.")
    levels: int = Field(default=12, ge=3, le=60, description="About how many contour levels.")
    trajectory: bool = Field(default=True, description="Draw the optimiser's path.")
    equal_aspect: bool = Field(
        default=True, description="One unit is as long on both axes; if false the figure says so."
    )


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Take the landscape of one run of each condition, checked, in long form.

    Returns
    -------
    Table
        Frames ``grid`` (condition, alpha, beta, loss), ``path`` (condition, epoch, alpha, beta, loss,
        distance), ``planes`` (a row a condition: what is stated of it) and ``levels`` (loss).

    Raises
    ------
    FigproofError
        Arrays that do not belong together, a loss that is not finite, flat, or for a logarithmic
        scale not positive.
    """
    runs = run_of_each(snapshot, params.conditions, params.seed)
    losses = [finite(run, "loss") for run in runs]
    return Table(
        {
            "grid": concatenate(_grid(run, loss) for run, loss in zip(runs, losses, strict=True)),
            "path": concatenate(_path(run) for run in runs),
            "planes": concatenate(_plane(run, loss) for run, loss in zip(runs, losses, strict=True)),
            "levels": frame(loss=common_levels(losses, params.levels, params.scale, where_of(runs[0]))),
        },
        {"unit": UNIT, "equal_aspect": params.equal_aspect},
    )


def _grid(run: Run, loss: FloatArray) -> Frame:
    alpha, beta = finite(run, "alpha"), finite(run, "beta")
    check_plane(run, alpha, beta, loss, "loss")
    return frame(
        condition=np.full(loss.size, run.condition),
        alpha=np.repeat(alpha, beta.size),
        beta=np.tile(beta, alpha.size),
        loss=loss.ravel(),
    )


def _path(run: Run) -> Frame:
    places = finite(run, "trajectory").reshape(-1, 2)
    return frame(
        condition=np.full(len(places), run.condition),
        epoch=run.array(ARTIFACT, "trajectory_epochs"),
        alpha=places[:, 0],
        beta=places[:, 1],
        loss=finite(run, "trajectory_loss"),
        distance=finite(run, "distance"),
    )


def _plane(run: Run, loss: FloatArray) -> Frame:
    """One row: the directions, what they keep of the path, where the loss is lowest."""
    check_directions(run)
    row, column = np.unravel_index(int(loss.argmin()), loss.shape)
    first, second = finite(run, "explained_variance")
    return frame(
        condition=[run.condition],
        run=[run.id],
        directions=[run.config["directions"]],
        normalise=[run.config["normalise"]],
        explained_first=[first],
        explained_second=[second],
        largest_distance=[finite(run, "distance").max()],
        lowest_loss=[loss.min()],
        lowest_alpha=[finite(run, "alpha")[row]],
        lowest_beta=[finite(run, "beta")[column]],
    )


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Contours, the path over them, and a colour bar in the loss's unit."""
    planes, levels = table.frame("planes"), table.frame("levels")["loss"]
    conditions = planes["condition"].tolist()
    width_in = panels_abreast(fig, len(conditions))
    panels = fig.subplots(1, len(conditions), squeeze=False)[0]
    marks: dict[str, Line2D] = {}
    for number, (axes, condition) in enumerate(zip(panels, conditions, strict=True)):
        plane = {name: column[number] for name, column in planes.items()}
        filled = _contours(axes, _of(table.frame("grid"), condition), levels, params, look)
        _name_axes(axes, plane)
        if number and _speaks_for_all(planes) and axes.get_ylim() == panels[0].get_ylim():
            axes.set_ylabel("")
            axes.tick_params(labelleft=False)
        if params.trajectory:
            marks |= _draw_path(axes, _of(table.frame("path"), condition), look)
        lowest = _mark(axes, (plane["lowest_alpha"], plane["lowest_beta"]), "P", look)
        stated = f"lowest, {short(plane['lowest_loss'])} {table.facts['unit']}"
        marks[stated if len(conditions) == 1 else "lowest on the grid"] = lowest
        if len(conditions) > 1:
            room = 0.8 * width_in
            heading(axes, look.label(condition), [stated, *_note(plane, params)], look, room_in=room)
    if len(conditions) == 2 and params.equal_aspect:
        # A pair stands together, not at the middles of its halves.
        panels[0].set_anchor("E")
        panels[1].set_anchor("W")
    level_bar(fig, panels[-1], filled, levels, table.facts["unit"], look)
    if len(conditions) > 1:
        legend_over(fig, list(marks.values()), list(marks), look)
    else:
        text = fit_lines(fig, _note(plane, params), look)
        legend_above(fig, panels[0], list(marks.values()), list(marks), look, title=text)


def _of(rows: Frame, condition: str) -> Frame:
    here = rows["condition"] == condition
    return {name: column[here] for name, column in rows.items()}


def _contours(axes: Any, grid: Frame, levels: FloatArray, params: Params, look: Any) -> Any:
    shape = (np.unique(grid["alpha"]).size, -1)
    alpha, beta, loss = (grid[name].reshape(shape) for name in ("alpha", "beta", "loss"))
    norm = (LogNorm if params.scale == "log" else Normalize)(levels[0], levels[-1])
    filled = axes.contourf(alpha, beta, loss, levels=levels, cmap=look.cmap(), norm=norm)
    # Without a line of their own colour, bands leave white hairlines between them in PDF viewers.
    filled.set(edgecolor="face", linewidth=look.line_pt(0.5))
    inner = {"levels": levels[1:-1], "colors": "white", "linestyles": "solid"}
    axes.contour(alpha, beta, loss, linewidths=look.line_pt(0.5), **inner)
    axes.set(xlim=(alpha.min(), alpha.max()), ylim=(beta.min(), beta.max()))
    if params.equal_aspect:
        axes.set_aspect("equal")
    axes.locator_params(nbins=6)
    return filled


def _speaks_for_all(planes: Frame) -> bool:
    """Whether the first panel's label does: principal directions keep shares of their own."""
    return set(planes["directions"].tolist()) == {"random"} and np.unique(planes["normalise"]).size == 1


def _name_axes(axes: Any, plane: Any) -> None:
    shares = plane["explained_first"], plane["explained_second"]
    for number, axis in enumerate((axes.xaxis, axes.yaxis)):
        label_axis(axis, *direction_name(number, plane["directions"], plane["normalise"], shares[number]))


def _note(plane: Any, params: Params) -> list[str]:
    parts = []
    if params.trajectory:
        parts.append(f"path up to {short(plane['largest_distance'])} (L2) off the plane")
    if plane["directions"] == "pca" and plane["normalise"] == "filter":
        parts.append("directions filter-normalised")
    if not params.equal_aspect:
        parts.append("axes scaled differently")
    return parts


def _draw_path(axes: Any, path: Frame, look: Any) -> dict[str, Line2D]:
    """The path with a dot per recorded epoch; returns what the legend explains."""
    width = look.line_pt(0.8)
    x, y = path["alpha"], path["beta"]
    axes.plot(x, y, color="white", linewidth=width, path_effects=_halo(2.4 * width, look.ink), zorder=3)
    axes.plot(x, y, ".", markersize=look.mark_pt(2.6), markeredgewidth=0, color=look.ink, zorder=3.5)
    first, last = int(path["epoch"][0]), int(path["epoch"][-1])
    _write_epochs(axes, path, look)
    return {
        f"epoch {first}": _mark(axes, (x[0], y[0]), "o", look),
        f"epoch {last}": _mark(axes, (x[-1], y[-1]), "*", look),
    }


def _mark(axes: Any, at: Any, marker: str, look: Any) -> Line2D:
    size = look.mark_pt({"o": 4.5, "*": 8.0, "P": 5.5}[marker])
    (mark,) = axes.plot(
        [at[0]],
        [at[1]],
        linestyle="",
        marker=marker,
        markersize=size,
        markerfacecolor="white",
        markeredgecolor=look.ink,
        markeredgewidth=look.line_pt(0.6),
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
