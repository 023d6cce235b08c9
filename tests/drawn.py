"""A figure of one line, and what keeps it from being camera-ready."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from figproof.canvas import render
from figproof.errors import FigproofError
from figproof.look import Look

ROOT = Path(__file__).parents[1]
SIZE = (3.25, 2.0)


def line(figure: Figure, values: Any = (1.0, 2.0, 4.0)) -> Any:
    axes = figure.subplots()
    axes.plot([0, 1, 2], values)
    axes.set_xlabel("Epoch")
    axes.set_ylabel("Loss (nat)")
    return axes


def refused(look: Look, change: Callable[[Any], object], size: tuple[float, float] = SIZE) -> str:
    with pytest.raises(FigproofError) as caught:
        render(lambda figure: change(line(figure)), look, size, ["png"], {"figure": "fig5"})
    assert str(caught.value).startswith(f"figure fig5: is not camera-ready for {look.venue.name}, ")
    return str(caught.value)
