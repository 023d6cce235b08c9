"""Small drawing helpers that every figure kind shares: labels, ticks, legends, colour bars, cells.

Nothing here computes a number of a figure; it decides only where things go, how large they are and
in which ink. What depends on the size of the axes is arranged when they are drawn, because only then
the layout is final.
"""

from figproof.axes.base import (
    Inks,
    axis_label,
    before_draw,
    in_inches,
    label_axis,
    quantity,
    roles,
    size_in,
    text_width_in,
    words,
)
from figproof.axes.cells import (
    CellText,
    cells,
    frame_cell,
    hatch_cell,
    ink_on,
    relative_luminance,
    shade_cell,
    write_cells,
)
from figproof.axes.names import (
    EndLabel,
    end_labels_fit,
    fit_lines,
    label_ends,
    legend_above,
    legend_below,
    legend_over,
    note,
    spread,
    wrapped,
)
from figproof.axes.points import (
    cross_style,
    heading,
    marked_points,
    name_groups,
    path,
    path_style,
    square_frame,
    square_grid,
    star_rim,
)
from figproof.axes.scales import colour_bar, log_tick_text, log_tick_values, log_ticks, symlog_ticks
from figproof.axes.space import box_frame

__all__ = [
    "CellText",
    "EndLabel",
    "Inks",
    "axis_label",
    "before_draw",
    "box_frame",
    "cells",
    "colour_bar",
    "cross_style",
    "end_labels_fit",
    "fit_lines",
    "frame_cell",
    "hatch_cell",
    "heading",
    "in_inches",
    "ink_on",
    "label_axis",
    "label_ends",
    "legend_above",
    "legend_below",
    "legend_over",
    "log_tick_text",
    "log_tick_values",
    "log_ticks",
    "marked_points",
    "name_groups",
    "note",
    "path",
    "path_style",
    "quantity",
    "relative_luminance",
    "roles",
    "shade_cell",
    "size_in",
    "spread",
    "square_frame",
    "square_grid",
    "star_rim",
    "symlog_ticks",
    "text_width_in",
    "words",
    "wrapped",
    "write_cells",
]
