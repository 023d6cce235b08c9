"""The drawing helpers that kinds share."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from figproof.axes import (
    CellText,
    EndLabel,
    axis_label,
    fit_lines,
    ink_on,
    label_axis,
    label_ends,
    legend_above,
    log_tick_text,
    log_tick_values,
    log_ticks,
    relative_luminance,
    spread,
    symlog_ticks,
    text_width_in,
    write_cells,
)


def look_with(small_pt=8.0, min_text_pt=5.0):
    venue = SimpleNamespace(small_pt=small_pt, min_text_pt=min_text_pt, min_line_pt=0.5)
    paper = {
        "line_pt": lambda width: max(width, venue.min_line_pt),
        "mark_pt": lambda size: size,
        "room_in": lambda length: length,
    }
    return SimpleNamespace(venue=venue, ink="#1a1a1a", muted="#6e6e6e", **paper)


def figure(width=4.0, height=3.0):
    fig = Figure(figsize=(width, height), dpi=100, layout="constrained")
    FigureCanvasAgg(fig)
    return fig


positions = st.lists(st.floats(-100, 200), min_size=1, max_size=12)


@given(positions)
def test_spread_labels_keep_their_distance_their_order_and_the_axes(targets):
    placed = spread(targets, 5.0, 0.0, 100.0)
    order = np.argsort(targets, kind="stable")
    assert (np.diff(placed[order]) >= 5 - 1e-6).all()
    assert placed.min() >= -1e-6 and placed.max() <= 100 + 1e-6


@given(st.lists(st.integers(0, 10), unique=True, min_size=1, max_size=10))
def test_labels_that_do_not_collide_stay_where_their_lines_end(slots):
    targets = [10.0 * slot for slot in slots]
    assert spread(targets, 9.0, 0.0, 100.0).tolist() == pytest.approx(targets)


def test_labels_that_cannot_all_fit_share_the_room_evenly():
    assert spread([50.0] * 5, 40.0, 0.0, 100.0).tolist() == [0, 25, 50, 75, 100]


def test_names_at_line_ends_do_not_touch_though_the_lines_end_together():
    fig = figure()
    axes = fig.subplots()
    axes.plot([0, 1], [0, 1])
    label_ends(axes, [EndLabel(name, 1.0, 0.5, "#000000") for name in "abc"], look_with())
    fig.draw_without_rendering()
    boxes = sorted((text.get_window_extent() for text in axes.texts), key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 + 1 for low, high in pairwise(boxes))
    assert all(box.x0 > axes.bbox.x1 for box in boxes)


def test_a_label_carries_its_unit_and_typesets_nothing():
    assert axis_label("loss", "nat") == "loss (nat)" and axis_label("accuracy", "") == "accuracy"
    axes = figure().subplots()
    label_axis(axes.xaxis, "$x$", "m")
    assert axes.get_xlabel() == "$x$ (m)" and not axes.xaxis.label.get_parse_math()


def test_notes_break_between_parts_and_never_inside_one():
    fig, look = figure(3.0), look_with()
    parts = ["mean", "95 % bootstrap CI", "n = 5 seeds", "ring: lowest point"]
    lines = fit_lines(fig, parts, look).split("\n")
    assert len(lines) > 1 and " ".join(lines) == ", ".join(parts)
    assert all(text_width_in(fig, line, 8) <= 2.0 for line in lines)
    assert fit_lines(figure(9.0), parts, look) == ", ".join(parts)


@pytest.mark.parametrize("width, rows", [(9.0, 1), (2.6, 4)])
def test_a_legend_has_as_many_columns_as_its_figure_holds(width, rows):
    fig = figure(width)
    axes = fig.subplots()
    handles = [axes.plot([0, 1], [0, 1])[0] for _ in range(4)]
    legend = legend_above(fig, axes, handles, ["a rather long name"] * 4, look_with())
    fig.draw_without_rendering()
    assert len({round(text.get_window_extent().y0) for text in legend.get_texts()}) == rows


@given(st.floats(-12, 12), st.floats(0.2, 10), st.integers(2, 6))
def test_a_logarithmic_axis_has_ticks_inside_and_not_too_many(exponent, decades, most):
    low, high = 10.0**exponent, 10.0 ** (exponent + decades)
    ticks = log_tick_values(low, high, most)
    assert 1 <= ticks.size <= most + 1
    assert (ticks >= low * 0.9).all() and (ticks <= high * 1.1).all()


def test_decades_near_one_are_decimals():
    ticks = np.array([0.001, 0.1, 10.0])
    assert [log_tick_text(tick, ticks, look_with()) for tick in ticks] == ["0.001", "0.1", "10"]


def test_exponents_are_typeset_only_where_they_stay_large_enough():
    ticks = np.array([1e-8, 1e-5])
    assert log_tick_text(1e-8, ticks, look_with(small_pt=8.0)) == "$10^{-8}$"
    assert log_tick_text(1e-8, ticks, look_with(small_pt=6.0)) == "1e−8"


def test_low_axes_get_fewer_log_ticks():
    def labelled(height):
        fig = figure(3.0, height)
        axes = fig.subplots()
        axes.set_yscale("log")
        axes.set_ylim(1e-6, 1)
        log_ticks(axes.yaxis, look_with())
        fig.draw_without_rendering()
        return len(axes.get_yticks())

    assert labelled(0.8) < labelled(3.0)


def test_a_symlog_axis_shows_zero_its_threshold_and_decades():
    axes = figure().subplots()
    axes.set_yscale("symlog", linthresh=0.1)
    axes.set_ylim(-1, 10)
    symlog_ticks(axes.yaxis, 0.1, look_with())
    assert axes.get_yticks().tolist() == pytest.approx([-1, -0.1, 0, 0.1, 1, 10])


@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_text_on_any_colour_reads_at_4_5_to_1(colour):
    low, high = sorted((relative_luminance(colour), relative_luminance(ink_on(colour))))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_luminance_is_that_of_wcag():
    assert relative_luminance("white") == pytest.approx(1) and relative_luminance("black") == 0
    assert relative_luminance("#777777") == pytest.approx(0.1845, abs=1e-4)


@pytest.mark.parametrize("width, shown", [(4.0, True), (0.9, False)])
def test_numbers_shrink_to_their_cells_and_vanish_below_the_least_size(width, shown):
    fig = figure(width)
    axes = fig.subplots()
    axes.set_axis_off()
    axes.set_xlim(-0.5, 4.5)
    axes.set_ylim(-0.5, 4.5)
    write_cells(axes, [CellText(0, column, "0.12345", "black") for column in range(5)], look_with())
    fig.draw_without_rendering()
    assert {text.get_visible() for text in axes.texts} == {shown}
    cell = axes.bbox.width / 5
    assert not shown or all(text.get_window_extent().width <= cell for text in axes.texts)
    assert all(5.0 <= text.get_fontsize() <= 8.0 for text in axes.texts)


def test_a_logarithmic_range_of_less_than_a_percent_still_has_ticks_that_differ():
    ticks = log_tick_values(2.302, 2.3036, 5)
    assert len(set(ticks)) == 3
    assert all(2.302 <= tick <= 2.3036 for tick in ticks)
    assert len({log_tick_text(tick, ticks, look_with()) for tick in ticks}) == 3
