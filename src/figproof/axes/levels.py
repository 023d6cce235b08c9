"""What figures of loss landscapes share: names of directions, colour bars of levels."""

from __future__ import annotations

from typing import Any

from matplotlib.ticker import Formatter

from figproof.axes.base import Inks, axis_label, size_in
from figproof.errors import FigproofError
from figproof.model import FloatArray

_NORMALISED = {"filter": "filter-normalised", "none": "Gaussian"}
_MOST_TICKS = 7
_LEAST_PANEL_IN = 1.2


def short(value: float, digits: int = 2) -> str:
    """A number in so many digits, with a true minus; powers of ten only from a million on."""
    return str(Formatter.fix_minus(f"{float(f'{value:.{digits}g}'):.6g}"))


def panels_abreast(fig: Any, panels: int) -> float:
    """Width of each of so many panels in inches.

    Raises
    ------
    FigproofError
        Too narrow to be read.
    """
    width = size_in(fig)[0] / panels
    if width < _LEAST_PANEL_IN:
        raise FigproofError(
            f"{panels} conditions side by side are {width:.2f} in wide each; {_LEAST_PANEL_IN} in are needed",
            where="params.conditions",
            hint="name fewer conditions, or show them in several figures",
        )
    return width


def direction_name(number: int, directions: str, normalise: str, share: float) -> tuple[str, str]:
    """Name and what stands in brackets, of the direction ``number`` from 0.

    Parameters
    ----------
    directions : {"pca", "random"}
    normalise : {"filter", "none"}
    share : float
        Of the trajectory's variance that a principal direction keeps.
    """
    if directions == "pca":
        return f"PC {number + 1}", f"{100 * share:.1f} % of path"
    return f"direction {number + 1}", _NORMALISED[normalise]


def level_bar(fig: Any, axes: Any, filled: Any, levels: FloatArray, unit: str, look: Inks) -> None:
    """A colour bar as high as the axes, whatever their aspect, with the levels' values as ticks."""
    bar = fig.colorbar(filled, cax=axes.inset_axes((1.03, 0, 0.045, 1)))
    inner = levels[1:-1]
    named = inner[:: -(-inner.size // _MOST_TICKS)]
    digits = 2
    while digits < 6 and len({f"{level:.{digits}g}" for level in named}) < named.size:
        digits += 1
    bar.set_ticks(named, labels=[short(level, digits) for level in named])
    bar.ax.minorticks_off()
    bar.set_label(axis_label("loss", unit), parse_math=False)
    bar.outline.set_linewidth(look.line_pt(0.5))
