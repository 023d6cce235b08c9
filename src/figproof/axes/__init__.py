"""Small drawing helpers that every figure kind shares: labels, ticks, legends, colour bars, cells.

Nothing here computes a number of a figure; it decides only where things go, how large they are and
in which ink. What depends on the size of the axes is arranged when they are drawn, because only then
the layout is final.
"""

from figproof.axes.base import (
    Inks,
    axis_label,
    before_draw,
    free_in,
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
    thumbnail,
    write_cells,
)
from figproof.axes.levels import direction_name, level_bar, panels_abreast, short
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
)
from figproof.axes.pictures import PictureRow, borders, picture_rows, rounded
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
from figproof.axes.search import corner_bar, crowded_points, ways
from figproof.axes.space import box_frame
from figproof.axes.unit import ROOM, UnitAxis, fanned, label_lines, tick_axis, unit_ticks, upright_axis

__all__ = [
    "ROOM",
    "CellText",
    "EndLabel",
    "Inks",
    "PictureRow",
    "UnitAxis",
    "axis_label",
    "before_draw",
    "borders",
    "box_frame",
    "cells",
    "colour_bar",
    "corner_bar",
    "cross_style",
    "crowded_points",
    "direction_name",
    "end_labels_fit",
    "fanned",
    "fit_lines",
    "frame_cell",
    "free_in",
    "hatch_cell",
    "heading",
    "in_inches",
    "ink_on",
    "label_axis",
    "label_ends",
    "label_lines",
    "legend_above",
    "legend_below",
    "legend_over",
    "level_bar",
    "log_tick_text",
    "log_tick_values",
    "log_ticks",
    "marked_points",
    "name_groups",
    "note",
    "panels_abreast",
    "path",
    "path_style",
    "picture_rows",
    "quantity",
    "relative_luminance",
    "roles",
    "rounded",
    "shade_cell",
    "short",
    "size_in",
    "spread",
    "square_frame",
    "square_grid",
    "star_rim",
    "symlog_ticks",
    "text_width_in",
    "thumbnail",
    "tick_axis",
    "unit_ticks",
    "upright_axis",
    "ways",
    "words",
    "write_cells",
]
