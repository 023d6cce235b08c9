"""What is not camera-ready is named: sizes, lines, overlaps, labels, fonts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from drawn import SIZE, line, refused
from figproof.canvas import clean_matplotlib, problems, render
from figproof.errors import FigproofError
from figproof.look import Look


def test_text_under_the_venues_minimum_is_named_with_its_size(look: Look) -> None:
    message = refused(look, lambda axes: axes.set_xlabel("Epoch", fontsize=4.9))
    assert "text of 4.9 pt, icml2025 allows 5 pt or more: 'Epoch'" in message


def test_a_superscript_is_measured_as_it_is_drawn(nature: Look) -> None:
    message = refused(nature, lambda axes: axes.set_xlabel("$10^{3}$ epochs", fontsize=7))
    assert "text of 4.9 pt, nature allows 5 pt or more: '$10^{3}$ epochs'" in message
    assert not problems_with(nature, lambda axes: axes.set_xlabel("$10^{3}$ epochs", fontsize=7.2))


def problems_with(look: Look, change: Callable[[Any], object]) -> list[str]:
    with clean_matplotlib(look):
        figure = Figure(figsize=SIZE, dpi=100)
        change(line(figure))
        return problems(figure, look)


def test_a_double_superscript_shrinks_twice(look: Look) -> None:
    assert "text of 4.9 pt" in refused(look, lambda axes: axes.set_xlabel("$a^{b^c}$", fontsize=10))


def test_text_outside_the_canvas_is_named(look: Look) -> None:
    message = refused(look, lambda axes: axes.figure.text(0.99, 0.5, "far out"))
    assert re.search(r"text 'far out' reaches \d+\.\d pt outside the canvas", message)


def test_an_artist_outside_the_canvas_is_named(look: Look) -> None:
    def change(axes: Any) -> None:
        patch = mpl.patches.Rectangle((0, 0), 30, 1, clip_on=False)
        patch.set_in_layout(True)
        axes.add_patch(patch)
        axes.set_xlim(0, 2)
        axes.figure.set_layout_engine("none")

    assert "outside the canvas" in refused(look, change)


def test_axes_with_values_and_no_label_are_named(look: Look) -> None:
    message = refused(look, lambda axes: axes.set_ylabel(""))
    assert "the y axis shows values and has no label" in message
    assert "the x axis" not in message


def test_a_label_of_the_whole_figure_or_hidden_ticks_are_enough(look: Look) -> None:
    def shared(figure: Figure) -> None:
        figure.subplots(1, 2)
        figure.supxlabel("Epoch")
        figure.supylabel("Loss (nat)")

    def bare(figure: Figure) -> None:
        figure.subplots().set(xticks=[], yticks=[])

    for draw in (shared, bare):
        assert render(draw, look, SIZE, ["png"], {})


def test_texts_that_cover_one_another_are_named(look: Look) -> None:
    def change(axes: Any) -> None:
        axes.text(1, 2, "first")
        axes.text(1.02, 2.02, "second")

    assert "texts overlap: 'first' and 'second'" in refused(look, change)


def test_texts_with_a_halo_are_checked_too(look: Look) -> None:
    halo = [withStroke(linewidth=1.5, foreground="white")]

    def change(axes: Any) -> None:
        axes.text(1, 2, "first", path_effects=halo)
        axes.text(1.02, 2.02, "second", path_effects=halo)
        axes.text(0.5, 3, "small", path_effects=halo, fontsize=4)
        axes.text(0.1, 3.5, "above", path_effects=halo)
        axes.text(0.1, 3.2, "below", path_effects=halo)

    found = problems_with(look, change)
    assert "texts overlap: 'first' and 'second'" in found
    assert "text of 4 pt, icml2025 allows 5 pt or more: 'small'" in found
    assert len(found) == 2


def test_texts_that_only_touch_are_no_problem(look: Look) -> None:
    def change(axes: Any) -> None:
        axes.text(0.5, 0.5, "left", transform=axes.transAxes, ha="right")
        axes.text(0.5, 0.5, "right", transform=axes.transAxes, ha="left")

    assert problems_with(look, change) == []


def test_lines_under_the_venues_minimum_are_named(look: Look) -> None:
    message = refused(look, lambda axes: axes.axhline(2, linewidth=0.3))
    assert "lines of 0.3 pt, icml2025 allows 0.5 pt or more" in message
    thin = LineCollection([[(0, 1), (1, 2)]], linewidths=[0.2])
    assert "lines of 0.2 pt" in refused(look, lambda axes: axes.add_collection(thin))


def test_lines_over_the_venues_maximum_are_named(look: Look, nature: Look) -> None:
    message = refused(nature, lambda axes: axes.axhline(2, linewidth=1.2))
    assert "lines of 1.2 pt, nature allows 1 pt at most" in message
    assert "lines of" not in refused(look, lambda axes: axes.set_title("icml2025 has no such limit"))


def test_what_the_venue_forbids_is_named(look: Look, nature: Look) -> None:
    assert "icml2025 allows no title inside the figure: 'My result'" in refused(
        look, lambda axes: axes.set_title("My result")
    )
    assert "nature allows no grid: axes 1" in refused(nature, lambda axes: axes.grid(True))


def test_headings_of_small_multiples_are_no_title(look: Look) -> None:
    def draw(figure: Figure) -> None:
        for number, axes in enumerate(figure.subplots(1, 2)):
            axes.set_title(f"Epoch {number}")
        figure.supxlabel("x")
        figure.supylabel("y")

    assert render(draw, look, SIZE, ["png"], {})


def test_a_missing_glyph_is_an_error_each_time(look: Look) -> None:
    for _ in range(2):
        message = refused(look, lambda axes: axes.set_xlabel("漢", parse_math=False))
        assert re.search(r"Glyph 28450 .* missing from font", message)


def test_a_font_that_does_not_ship_is_an_error(look: Look) -> None:
    assert "Font family 'Comic Neue' not found" in refused(
        look, lambda axes: axes.set_xlabel("Epoch", fontfamily="Comic Neue")
    )


def test_a_collapsed_layout_is_an_error(look: Look) -> None:
    message = refused(look, lambda axes: axes.set_ylabel("very long " * 8), size=(0.4, 0.4))
    assert "constrained_layout not applied" in message


def test_a_text_that_cannot_be_typeset_is_a_named_error(look: Look) -> None:
    with pytest.raises(FigproofError, match="figure fig5: a text cannot be typeset"):
        render(lambda figure: line(figure).set_xlabel(r"$\frac$"), look, SIZE, ["png"], {"figure": "fig5"})


def test_a_fault_of_the_kind_is_not_swallowed(look: Look) -> None:
    def draw(figure: Figure) -> None:
        raise ValueError("a fault in draw")

    with pytest.raises(ValueError, match="a fault in draw"):
        render(draw, look, SIZE, ["png"], {})
