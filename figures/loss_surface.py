"""The loss over a plane through the weights as a surface in space (Li et al. 2018, figure 1).

Height and colour are the same number, so that what the surface hides can be read from the contours of
``loss_landscape``; the colour bar gives the heights. Several conditions stand side by side, on common
heights.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from pydantic import Field

from figproof.axes import box_frame, colour_bar, direction_name, heading, panels_abreast
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Frame, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.choosing import run_of_each
from figproof.numerics.landscape_levels import ARTIFACT, check_directions, check_plane, finite, where_of

UNIT = "nat"
# Height of the box in sides of the plane.
HEIGHT = 0.8
MOST_CELLS = 250_000


class Params(KindParams):
    """Which surfaces, and how heights are scaled."""

    conditions: list[str] | None = Field(
        default=None,
        min_length=1,
        description="Conditions side by side, in this order; all of the pin if null.",
    )
    seed: int | None = Field(default=None, description="Seed of the one run of each condition.")
    scale: Literal["log", "linear"] = Field(default="log", description="Of heights and colours.")
    highest: float | None = Field(
        default=None, gt=0, description="Losses above are drawn at it, in nat; the highest if null."
    )


def derive(snapshot: Snapshot, params: Params) -> Table:
    """The surface of one run of each condition, checked, in long form.

    Returns
    -------
    Table
        Frames ``grid`` (condition, alpha, beta, loss) and ``planes`` (a row a condition).

    Raises
    ------
    FigproofError
        Arrays that do not belong together, a loss that is not finite, flat, or for a logarithmic scale
        not positive.
    """
    runs = run_of_each(snapshot, params.conditions, params.seed)
    grids = [_grid(run) for run in runs]
    losses = np.concatenate([grid["loss"] for grid in grids])
    low, high = float(losses.min()), min(float(losses.max()), params.highest or np.inf)
    where = where_of(runs[0])
    if high <= low:
        raise FigproofError(
            f"the losses begin at {low:.6g} and are drawn to {high:.6g}",
            where=where,
            hint="raise params.highest, or record the landscape over a larger span",
        )
    if params.scale == "log" and low <= 0:
        raise FigproofError(
            f"the lowest loss is {low:.6g}; a logarithmic scale needs positive values",
            where=where,
            hint="set params.scale: linear",
        )
    planes = concatenate(_plane(run) for run in runs)
    clipped = int((losses > high).sum())
    facts = {"lowest": low, "highest": high, "clipped": clipped, "unit": UNIT}
    return Table({"grid": concatenate(grids), "planes": planes}, facts)


def _grid(run: Run) -> Frame:
    alpha, beta, loss = (finite(run, name) for name in ("alpha", "beta", "loss"))
    check_plane(run, alpha, beta, loss, "loss")
    if loss.size > MOST_CELLS:
        raise FigproofError(
            f"the grid has {loss.size} points; a surface shows up to {MOST_CELLS}",
            where=where_of(run),
            hint="show it as loss_landscape, or record fewer points",
        )
    return frame(
        condition=np.full(loss.size, run.condition),
        alpha=np.repeat(alpha, beta.size),
        beta=np.tile(beta, alpha.size),
        loss=loss.ravel(),
    )


def _plane(run: Run) -> Frame:
    check_directions(run)
    variance = finite(run, "explained_variance")
    return frame(
        condition=[run.condition],
        run=[run.id],
        directions=[run.config["directions"]],
        normalise=[run.config["normalise"]],
        explained_first=[variance[0]],
        explained_second=[variance[1]],
    )


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """A surface a condition, one colour bar."""
    planes, facts = table.frame("planes"), table.facts
    conditions = planes["condition"].tolist()
    width_in = panels_abreast(fig, len(conditions))
    kind = LogNorm if params.scale == "log" else Normalize
    norm = kind(facts["lowest"], facts["highest"])
    panels = []
    for number, condition in enumerate(conditions):
        axes = fig.add_subplot(1, len(conditions), number + 1, projection="3d")
        plane = {name: column[number] for name, column in planes.items()}
        here = table.frame("grid")["condition"] == condition
        _surface(axes, {name: column[here] for name, column in table.frame("grid").items()}, norm, look)
        _frame(axes, plane, params, look, 0.8 * width_in)
        panels.append(axes)
    bar = colour_bar(fig, ScalarMappable(norm, look.cmap()), panels, f"loss ({facts['unit']})", look)
    if facts["clipped"]:
        bar.ax.set_title("≥", fontsize=look.venue.small_pt, loc="left")


def _surface(axes: Any, grid: Frame, norm: Any, look: Any) -> None:
    """The surface in a box of sides 1, 1 and HEIGHT."""
    shape = (np.unique(grid["alpha"]).size, -1)
    alpha, beta, loss = (grid[name].reshape(shape) for name in ("alpha", "beta", "loss"))
    x, y = _unit(alpha), _unit(beta)
    z = HEIGHT * np.asarray(norm(np.clip(loss, norm.vmin, norm.vmax)), dtype=np.float64)
    # The colour of a face is that of its middle.
    middle = (z[1:, 1:] + z[:-1, 1:] + z[1:, :-1] + z[:-1, :-1]) / (4 * HEIGHT)
    axes.plot_surface(
        x,
        y,
        z,
        facecolors=look.cmap()(middle),
        rcount=loss.shape[0],
        ccount=loss.shape[1],
        shade=False,
        linewidth=0,
        antialiased=False,
        rasterized=True,
    )


def _unit(values: FloatArray) -> FloatArray:
    return np.asarray((values - values.min()) / np.ptp(values))


def _frame(axes: Any, plane: Any, params: Params, look: Any, room_in: float) -> None:
    """The box, named by its directions; how they were made stands above."""
    shares = plane["explained_first"], plane["explained_second"]
    named = [direction_name(k, plane["directions"], plane["normalise"], shares[k]) for k in (0, 1)]
    height = "loss, log scale" if params.scale == "log" else "loss"
    high = np.array([1.0, 1.0, HEIGHT])
    box_frame(axes, np.zeros(3), high, [named[0][0], named[1][0], height], look)
    made = dict.fromkeys(detail for _, detail in named)
    notes = ["directions " + ", ".join(made)] if len(made) == 1 else [f"{n}: {d}" for n, d in named]
    heading(axes, look.label(plane["condition"]), notes, look, room_in=room_in)


def example() -> Example:
    """A bowl with a ripple."""
    alpha, beta = np.linspace(-1, 1, 31), np.linspace(-1, 1, 31)
    x, y = np.meshgrid(alpha, beta, indexing="ij")
    arrays = {
        "alpha": alpha,
        "beta": beta,
        "loss": 0.05 + 2 * x**2 + 4 * y**2 + 0.3 * np.sin(5 * x) ** 2,
        "explained_variance": np.array([0.02, 0.01]),
    }
    config = {"directions": "random", "normalise": "filter"}
    run = example_run(1, "adam", config=config, artifacts={ARTIFACT: arrays})
    return Example(Snapshot("example", (run,)), Params())
