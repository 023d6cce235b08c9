"""What the other helpers build on: labels with units, sizes, arranging at drawing time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from matplotlib.artist import Artist
from matplotlib.figure import SubFigure

# figure.constrained_layout.wspace of base.mplstyle.
_GAP_SHARE = 0.04


class Inks(Protocol):
    """What these helpers need of a :class:`figproof.look.Look`."""

    venue: Any
    ink: str
    muted: str

    def line_pt(self, on_paper: float) -> float: ...

    def mark_pt(self, on_paper: float) -> float: ...

    def room_in(self, on_paper: float) -> float: ...


def axis_label(name: str, unit: str) -> str:
    """``"loss (nat)"``, or the bare name where there is no unit."""
    return f"{name} ({unit})" if unit else name


def words(name: str) -> str:
    """A metric's or key's name for people: ``"validation.loss"`` -> ``"validation loss"``."""
    return name.replace(".", " ").replace("_", " ")


def roles(metrics: Sequence[str]) -> list[str]:
    """``train.loss, validation.loss`` -> ``train, validation``; whole names where they end differently."""
    split = [name.rpartition(".") for name in metrics]
    same = len({last for _, _, last in split}) == 1 and all(head for head, _, _ in split)
    return [words(head if same else name) for (head, _, _), name in zip(split, metrics, strict=True)]


def quantity(metrics: Sequence[str]) -> str:
    """What an axis of several metrics shows: their last words, or the one metric's whole name."""
    lasts = {name.rpartition(".")[2] for name in metrics}
    return words(metrics[0] if len(metrics) == 1 else " / ".join(sorted(lasts)))


def label_axis(axis: Any, name: str, unit: str = "") -> None:
    """Label an axis with name and unit, as plain text: names come from runs and may hold ``$``."""
    axis.set_label_text(axis_label(name, unit), parse_math=False)


def size_in(fig: Any) -> tuple[float, float]:
    """Width and height in inches of a Figure or SubFigure."""
    dpi = fig.get_figure(root=True).dpi
    return fig.bbox.width / dpi, fig.bbox.height / dpi


def free_in(fig: Any, look: Inks) -> tuple[float, float]:
    """Width and height in inches that a panel will have at least.

    The line of its letter and the gap to the next panel are taken from it when the layout is made.
    """
    width, height = size_in(fig)
    if not isinstance(fig, SubFigure):
        return width, height
    return (1 - _GAP_SHARE) * width, height - 1.5 * look.venue.panel_letter_pt / 72


def text_width_in(fig: Any, text: str, size_pt: float, *, math: bool = False) -> float:
    """Width in inches that a text, typeset if ``math``, will have in the figure's font."""
    probe = fig.text(0, 0, text, fontsize=size_pt, parse_math=math)
    width = probe.get_window_extent().width / fig.get_figure(root=True).dpi
    probe.remove()
    return float(width)


class _BeforeDraw(Artist):
    """Arranges other artists of its axes before they are drawn, when their size in pixels is known."""

    def __init__(self, arrange: Callable[[], None]) -> None:
        super().__init__()
        self._arrange = arrange
        self.set_zorder(-1e9)
        self.set_in_layout(False)

    def draw(self, renderer: Any) -> None:
        self._arrange()


def before_draw(axes: Any, arrange: Callable[[], None]) -> None:
    """Call ``arrange()`` each time the axes are drawn, before their other artists."""
    axes.add_artist(_BeforeDraw(arrange))


def in_inches(fig: Any) -> Any:
    """Axes without frame whose data coordinates are inches from the middle of their place, downwards."""
    axes = fig.subplots()
    axes.set_axis_off()

    def scale() -> None:
        width, height = (length / fig.get_figure(root=True).dpi for length in axes.bbox.size)
        axes.set(xlim=(-width / 2, width / 2), ylim=(height / 2, -height / 2))

    before_draw(axes, scale)
    return axes
