"""How convex the loss is on a plane through the weights: |smallest / largest| eigenvalue of the Hessian.

Li et al. 2018, section 6 and figure 7: near 0 the loss is convex but for little, whatever the two
directions of the plane show; near 1 it falls as steeply along some direction as it rises along another.
The eigenvalues are of the Hessian over all parameters. Cells where they did not converge are hatched and
counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.colors import Normalize
from pydantic import Field

from figproof.axes import (
    axis_label,
    colour_bar,
    direction_name,
    heading,
    label_axis,
    panels_abreast,
    short,
    text_width_in,
)
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Frame, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.choosing import run_of_each
from figproof.numerics.landscape_levels import ARTIFACT, check_directions, check_plane, finite, where_of

HATCH = "/////"
# Of a panel's width, which is more than a square map in it has as height; a longer name takes two lines.
LABEL_SHARE = 0.6


class Params(KindParams):
    """Which maps."""

    conditions: list[str] | None = Field(
        default=None,
        min_length=1,
        description="Conditions side by side, in this order; all of the pin if null.",
    )
    seed: int | None = Field(default=None, description="Seed of the one run of each condition.")
    largest: float | None = Field(
        default=None, gt=0, le=10, description="End of the colour scale; the largest ratio if null."
    )


def derive(snapshot: Snapshot, params: Params) -> Table:
    """The ratio at each place of the plane.

    Returns
    -------
    Table
        Frames ``grid`` (condition, alpha, beta, lambda_min, lambda_max, ratio; NaN where Lanczos did not
        converge) and ``planes`` (a row a condition).

    Raises
    ------
    FigproofError
        Arrays that do not belong together, or no eigenvalue at all.
    """
    runs = run_of_each(snapshot, params.conditions, params.seed)
    grids = [_grid(run) for run in runs]
    largest = params.largest or max(float(np.nanmax(grid["ratio"])) for grid in grids)
    return Table(
        {
            "grid": concatenate(grids),
            "planes": concatenate(_plane(run, grid) for run, grid in zip(runs, grids, strict=True)),
        },
        {"largest": largest, "clipped": sum(int((grid["ratio"] > largest).sum()) for grid in grids)},
    )


def _grid(run: Run) -> Frame:
    alpha, beta = finite(run, "curvature_alpha"), finite(run, "curvature_beta")
    low, high = (np.asarray(run.array(ARTIFACT, name), np.float64) for name in ("lambda_min", "lambda_max"))
    for name, values in (("lambda_min", low), ("lambda_max", high)):
        check_plane(run, alpha, beta, values, name)
    known = np.isfinite(low) & np.isfinite(high) & (high > 0)
    if not known.any():
        raise FigproofError(
            "holds no eigenvalues: none is finite, or none is positive",
            where=where_of(run),
            hint="record it again over a smaller span, with other curvature_points",
        )
    ratio = np.full(low.shape, np.nan)
    np.divide(np.abs(low), high, out=ratio, where=known)
    return frame(
        condition=np.full(low.size, run.condition),
        alpha=np.repeat(alpha, beta.size),
        beta=np.tile(beta, alpha.size),
        lambda_min=low.ravel(),
        lambda_max=high.ravel(),
        ratio=ratio.ravel(),
    )


def _plane(run: Run, grid: Frame) -> Frame:
    check_directions(run)
    variance = finite(run, "explained_variance")
    centre = int(np.argmin(np.hypot(grid["alpha"], grid["beta"])))
    return frame(
        condition=[run.condition],
        run=[run.id],
        directions=[run.config["directions"]],
        normalise=[run.config["normalise"]],
        explained_first=[variance[0]],
        explained_second=[variance[1]],
        examples=[int(run.array(ARTIFACT, "examples"))],
        median_ratio=[float(np.nanmedian(grid["ratio"]))],
        ratio_at_weights=[grid["ratio"][centre]],
        unknown=[int(np.isnan(grid["ratio"]).sum())],
    )


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """One map a condition, one colour bar."""
    planes, facts = table.frame("planes"), table.facts
    conditions = planes["condition"].tolist()
    width_in = panels_abreast(fig, len(conditions))
    panels = fig.subplots(1, len(conditions), squeeze=False)[0]
    norm = Normalize(0, facts["largest"])
    for number, (axes, condition) in enumerate(zip(panels, conditions, strict=True)):
        plane = {name: column[number] for name, column in planes.items()}
        here = table.frame("grid")["condition"] == condition
        grid = {name: column[here] for name, column in table.frame("grid").items()}
        mesh = _map(axes, grid, norm, look)
        shares = plane["explained_first"], plane["explained_second"]
        for k, axis in enumerate((axes.xaxis, axes.yaxis)):
            name, about = direction_name(k, plane["directions"], plane["normalise"], shares[k])
            broken = text_width_in(fig, axis_label(name, about), look.venue.text_pt) > LABEL_SHARE * width_in
            label_axis(axis, *((f"{name}\n({about})", "") if broken else (name, about)))
        if number and panels[0].get_ylim() == axes.get_ylim() and plane["directions"] == "random":
            axes.set_ylabel("")
            axes.tick_params(labelleft=False)
        room = 0.8 * width_in
        heading(axes, look.label(condition), _stated(plane), look, room_in=room)
    if len(conditions) == 2:
        # A pair stands together, not at the middles of its halves.
        panels[0].set_anchor("E")
        panels[1].set_anchor("W")
    bar = colour_bar(fig, mesh, list(panels), "|λ min / λ max|", look)
    if facts["clipped"]:
        bar.ax.set_title("≥", fontsize=look.venue.small_pt, loc="left")


def _map(axes: Any, grid: Frame, norm: Any, look: Any) -> Any:
    alpha, beta = np.unique(grid["alpha"]), np.unique(grid["beta"])
    ratio = grid["ratio"].reshape(alpha.size, beta.size).T
    axes.set_facecolor("white")
    mesh = axes.pcolormesh(
        _edges(alpha), _edges(beta), np.ma.masked_invalid(ratio), cmap=look.cmap(), norm=norm, rasterized=True
    )
    for row, column in np.argwhere(np.isnan(ratio)):
        x, y = _edges(alpha)[column : column + 2], _edges(beta)[row : row + 2]
        axes.fill_between(x, *y, facecolor="white", edgecolor=look.muted, hatch=HATCH, linewidth=0)
    if alpha[0] <= 0 <= alpha[-1] and beta[0] <= 0 <= beta[-1]:
        ring = {"markerfacecolor": "none", "markeredgecolor": "white", "markeredgewidth": look.line_pt(1.1)}
        axes.plot([0], [0], "o", markersize=look.mark_pt(6), **ring)
    axes.set_aspect("equal")
    axes.locator_params(nbins=6)
    return mesh


def _edges(centres: FloatArray) -> FloatArray:
    """Edges of cells halfway between rising centres, shape (n + 1,)."""
    middle = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - middle[0]], middle, [2 * centres[-1] - middle[-1]]])


def _stated(plane: Any) -> list[str]:
    parts = [f"median {short(plane['median_ratio'])}", f"{plane['examples']} examples"]
    if plane["ratio_at_weights"] == plane["ratio_at_weights"]:
        parts.insert(0, f"at the weights (ring) {short(plane['ratio_at_weights'])}")
    if plane["unknown"]:
        parts.append(f"{plane['unknown']} not converged")
    return parts


def example() -> Example:
    """A map that is convex in the middle and not at the corners."""
    side = np.linspace(-1, 1, 15)
    far = np.hypot(side[:, None], side[None, :])
    arrays = {
        "curvature_alpha": side,
        "curvature_beta": side,
        "lambda_max": 2.0 + far,
        "lambda_min": -(0.02 + 0.4 * far**3),
        "explained_variance": np.array([0.02, 0.01]),
        "examples": np.array(512),
    }
    config = {"directions": "random", "normalise": "filter"}
    run = example_run(1, "adam", config=config, artifacts={ARTIFACT: arrays})
    return Example(Snapshot("example", (run,)), Params())
