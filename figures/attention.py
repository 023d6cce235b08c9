"""Which token looks at which: one attention map for every layer and head, on one common scale.

A row is the token that looks, a column the token looked at; each row sums to 1. Masked cells (a
token that may not be seen) stay blank. The maps belong to one input, shown beside them, or are the
mean over all recorded inputs. Tokens have the names that the run recorded, or are counted; where not all
fit, every so many are named, and the figure says so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.colors import Normalize
from pydantic import Field

from figproof.axes import cells, label_axis, size_in, text_width_in
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, IntArray, Snapshot, Table, frame
from figproof.numerics.choosing import one_run

SHOWS_CONDITIONS = False
ARTIFACT = "attention"
TOLERANCE = 1e-3
LONGEST_NAME = 12
LEAST_MAP_IN = 0.25
# 49 MB of CSV; it is written, read and drawn in 40 s with 2.7 GB.
MOST_WEIGHTS = 2_000_000
STEPS = (1, 2, 4, 5, 8, 10, 16, 20, 50, 100, 200)


class Params(KindParams):
    """Which run and input, and what its tokens are."""

    condition: str | None = Field(default=None, description="Condition of the one run to show.")
    seed: int | None = Field(default=None, description="Seed of the one run to show.")
    input: int | None = Field(
        default=0, ge=0, description="Index of the recorded input; null for the mean over all of them."
    )
    layers: list[int] | None = Field(
        default=None, min_length=1, description="Layers to show, from 1; all if left out."
    )
    heads: list[int] | None = Field(
        default=None, min_length=1, description="Heads to show, from 1; all if left out."
    )
    class_token: bool = Field(default=False, description="Token 0 is the class token (CLS), not a patch.")
    causal: bool = Field(
        default=False,
        description="A token may not see later ones: those cells must be 0 or NaN, and stay blank.",
    )
    show_input: bool = Field(default=True, description="Show the input image beside its maps.")


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Choose the maps of one input, or average them, after checking that they are attention.

    Returns
    -------
    Table
        Frame ``maps`` (layer, head, query, key, weight; numbers from 1 for layers and heads, from 0
        for tokens; masked weights are NaN); where the run recorded names, ``tokens`` (token, name);
        and, for one input with an image, ``image`` (row, column, value).

    Raises
    ------
    FigproofError
        An input that was not recorded, maps of another shape, negative weights, rows that do not
        sum to 1, a causal mask that does not hold, or another number of names than of tokens.
    """
    run = one_run(snapshot, params.condition, params.seed)
    where = f"run {run.id} ({run.experiment}): {ARTIFACT}.maps"
    maps = _checked(run.array(ARTIFACT, "maps"), params, where)
    inputs, layers, heads, tokens, _ = maps.shape
    shown = _numbers(params.layers, layers, "layers"), _numbers(params.heads, heads, "heads")
    _check_size(shown[0].size, shown[1].size, tokens, where)
    one = maps.mean(axis=0) if params.input is None else maps[_index(params.input, inputs, where)]
    chosen = one[np.ix_(*(numbers - 1 for numbers in shown))]
    layer, head, query, key = (axis.ravel() for axis in np.indices(chosen.shape))
    columns = {"layer": shown[0][layer], "head": shown[1][head], "query": query, "key": key}
    frames = {"maps": frame(**columns, weight=chosen.ravel())}
    facts: dict[str, Any] = {
        "inputs": inputs,
        "layers": layers,
        "heads": heads,
        "tokens": tokens,
        "largest_weight": float(np.nanmax(chosen)),
    }
    if "tokens" in run.arrays(ARTIFACT):
        names = _token_names(run.array(ARTIFACT, "tokens"), tokens, where)
        frames["tokens"] = frame(token=np.arange(tokens), name=names)
    if params.input is not None and params.show_input:
        image = np.asarray(run.array(ARTIFACT, "images")[params.input], dtype=np.float64)
        frames["image"] = _image(image, where)
        facts["label"] = int(run.array(ARTIFACT, "labels")[params.input])
        facts["prediction"] = int(run.array(ARTIFACT, "predictions")[params.input])
    return Table(frames, facts)


def _checked(recorded: npt.NDArray[Any], params: Params, where: str) -> FloatArray:
    maps = np.asarray(recorded, dtype=np.float64)
    if maps.ndim != 5 or maps.shape[-1] != maps.shape[-2] or 0 in maps.shape:
        raise FigproofError(
            f"has shape {maps.shape}, not (inputs, layers, heads, tokens, tokens)", where=where
        )
    if params.causal:
        later = np.triu(np.ones(maps.shape[-2:], dtype=bool), 1)
        seen = int((np.nan_to_num(maps[..., later]) != 0).sum())
        if seen:
            raise FigproofError(
                f"{seen} weights on later tokens are not 0", where=where, hint="set params.causal: false"
            )
        maps = np.where(later, np.nan, maps)
    off = np.abs(np.nansum(maps, axis=-1) - 1)
    worst = np.unravel_index(int(off.argmax()), off.shape)
    if off[worst] > TOLERANCE or (maps < 0).any() or np.isinf(maps).any():
        spot = ", ".join(
            f"{name} {at}" for name, at in zip(("input", "layer", "head", "query"), worst, strict=True)
        )
        raise FigproofError(
            f"is no attention: weights from {np.nan_to_num(maps).min():.6g}, and the row of {spot} (from 0) "
            f"sums to {np.nansum(maps[worst]):.6g}, not to 1 within {TOLERANCE:g}",
            where=where,
            hint="record the weights after the softmax, masked ones as 0 or NaN",
        )
    return maps


def _numbers(chosen: list[int] | None, recorded: int, what: str) -> IntArray:
    """The layers or heads that are shown, rising, from 1."""
    numbers = np.unique(range(1, recorded + 1) if chosen is None else chosen)
    if numbers[0] < 1 or numbers[-1] > recorded:
        raise FigproofError(f"is {chosen}; recorded are {what} 1..{recorded}", where=f"params.{what}")
    return numbers.astype(np.int64)


def _check_size(layers: int, heads: int, tokens: int, where: str) -> None:
    weights = layers * heads * tokens**2
    if weights > MOST_WEIGHTS:
        raise FigproofError(
            f"{layers} layers x {heads} heads x {tokens} x {tokens} tokens are {weights:,} weights; the "
            f"table of a figure holds at most {MOST_WEIGHTS:,} (50 MB)",
            where=where,
            hint="choose some with params.layers and params.heads, or record a shorter input",
        )


def _index(chosen: int, inputs: int, where: str) -> int:
    if chosen >= inputs:
        raise FigproofError(f"params.input is {chosen}; recorded are inputs 0..{inputs - 1}", where=where)
    return chosen


def _token_names(recorded: npt.NDArray[Any], tokens: int, where: str) -> list[str]:
    """Names as they are drawn: what is no letter, like a token that is a line break, is spelled out."""
    if recorded.shape != (tokens,) or recorded.dtype.kind != "U":
        raise FigproofError(
            f"the {tokens} tokens have names of shape {recorded.shape} and dtype {recorded.dtype}",
            where=where.replace(".maps", ".tokens"),
            hint="record one text for each token, in their order",
        )
    return [
        "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)
        for name in recorded.tolist()
    ]


def _image(image: FloatArray, where: str) -> dict[str, npt.NDArray[Any]]:
    if image.ndim != 2 or not np.isfinite(image).all():
        raise FigproofError(
            f"the image has shape {image.shape} or is not finite; (rows, columns) is needed",
            where=where,
            hint="set params.show_input: false",
        )
    row, column = (axis.ravel() for axis in np.indices(image.shape))
    return frame(row=row, column=column, value=image.ravel())


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Layers downwards, heads across, one colour bar; the input at the left."""
    facts = table.facts
    numbers = [np.unique(table.frame("maps")[name]) for name in ("layer", "head")]
    layers, heads, tokens = numbers[0].size, numbers[1].size, facts["tokens"]
    shown = int("image" in table.frames)
    weights = table.frame("maps")["weight"].reshape(layers, heads, tokens, tokens)
    norm = Normalize(0, facts["largest_weight"])
    names = _short_names(table)
    names_in = max((text_width_in(fig, name, look.venue.small_pt) for name in names), default=0.0)
    side_in, spare_in = _square(fig, layers, heads + shown, look, names_in)
    # Square maps leave spare height in a wide grid or narrow page: keep it out from between the layers.
    ratios = [spare_in / 2, *[side_in] * layers, spare_in / 2]
    grid = fig.add_gridspec(layers + 2, heads + shown, height_ratios=ratios)
    step = _step(tokens, side_in, look)
    ticks = _ticks(params, tokens, step, names)
    upright = names_in > 0.9 * step * side_in / tokens
    named = text_width_in(fig, f"head {numbers[1][-1]}", look.venue.text_pt) < 0.9 * side_in
    text = {"fontsize": look.venue.small_pt, "parse_math": False}
    panels, mesh = [], None
    for layer, head in np.ndindex(layers, heads):
        axes = fig.add_subplot(grid[layer + 1, head + shown])
        mesh = cells(axes, weights[layer, head], look.cmap(), norm, look, gaps=False)
        axes.set_aspect("equal")
        axes.set(xticks=[], yticks=[])
        if layer == 0:
            number = str(numbers[1][head])
            axes.set_title(f"head {number}" if head == 0 or named else number, loc="center")
        if layer == layers - 1:
            axes.set_xticks(*ticks, rotation=90 if upright else 0, **text)
            label_axis(axes.xaxis, "key")
        if head == 0:
            axes.set_yticks(*ticks, **text)
            label_axis(axes.yaxis, "query")
            _name_layer(axes, int(numbers[0][layer]), look)
        panels.append(axes)
    bar = fig.colorbar(mesh, ax=panels, fraction=0.05, aspect=25, pad=0.02)
    bar.set_label(_weight_label(facts, params), parse_math=False)
    bar.outline.set_linewidth(look.line_pt(0.5))
    if shown:
        _draw_input(fig.add_subplot(grid[1, 0]), table, params, look)
    about = [_about_input(table, params)] if shown else []
    about += _what_is_left_out(facts, layers, heads, step if names else 1)
    if about:
        fig.supxlabel("; ".join(about), fontsize=look.venue.small_pt, color=look.ink)


def _name_layer(axes: Any, number: int, look: Any) -> None:
    """The layer's name, upright, left of what its rows are."""
    axes.annotate(
        f"layer {number}",
        (0, 0.5),
        (-2, 0),
        xycoords=axes.yaxis.label,
        textcoords="offset points",
        rotation=90,
        ha="right",
        va="center",
        fontsize=look.venue.text_pt,
        color=look.ink,
        annotation_clip=False,
    )


def _what_is_left_out(facts: Any, layers: int, heads: int, step: int) -> list[str]:
    counts = (("layers", layers), ("heads", heads))
    parts = [f"{count} of {facts[what]} {what}" for what, count in counts if count < facts[what]]
    return parts + ([f"every {'2nd' if step == 2 else f'{step}th'} token is named"] if step > 1 else [])


def _short_names(table: Table) -> list[str]:
    """The tokens' names, long ones cut; none if the run recorded none."""
    names = [str(name) for name in table.frames["tokens"]["name"]] if "tokens" in table.frames else []
    return [name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}\u2026" for name in names]


def _square(fig: Any, rows: int, columns: int, look: Any, names_in: float) -> tuple[float, float]:
    """Side of a map and height to spare, in inches, after what is written around the maps.

    Raises
    ------
    FigproofError
        Maps would be too small to be read.
    """
    width, height = size_in(fig)
    line_in = 1.5 * look.venue.text_pt / 72
    # Numbers would take two lines' height beside the maps, and one below them.
    across = (width - 6 * line_in - max(names_in, 2 * line_in)) / columns - 0.08
    down = (height - 4 * line_in - max(names_in, line_in)) / rows - 0.08
    side = min(across, down)
    if side < LEAST_MAP_IN:
        raise FigproofError(
            f"{rows} rows of {columns} maps would be {max(side, 0):.2f} in wide, {LEAST_MAP_IN} are needed",
            hint="set width: full, raise height_in, choose params.layers or heads, or set show_input: false",
        )
    return side, max(rows * (down - side), 0.02)


def _step(tokens: int, side_in: float, look: Any) -> int:
    """Every so many tokens are named, as fit."""
    room_pt = 72 * side_in / tokens
    return next((n for n in STEPS if n * room_pt >= 1.4 * look.venue.small_pt), tokens)


def _ticks(params: Params, tokens: int, step: int, names: list[str]) -> tuple[list[int], list[str]]:
    """Tokens that are named, and their names: the recorded ones, or CLS and patches from 1."""
    if names or params.class_token:
        named = list(range(0, tokens, step))
        return named, [names[token] if names else str(token) if token else "CLS" for token in named]
    named = list(range(step - 1, tokens, step))
    return named, [str(token + 1) for token in named]


def _weight_label(facts: Any, params: Params) -> str:
    return f"mean weight over {facts['inputs']} inputs" if params.input is None else "attention weight"


def _draw_input(axes: Any, table: Table, params: Params, look: Any) -> None:
    """The image, cut into its patches."""
    image = table.frame("image")
    rows, columns = int(image["row"].max()) + 1, int(image["column"].max()) + 1
    values = image["value"].reshape(rows, columns)
    cells(axes, values, "Greys", Normalize(values.min(), values.max()), look, gaps=False)
    axes.set_aspect("equal")
    axes.set(xticks=[], yticks=[])
    axes.set_title("input", loc="center")
    side = _patches_a_side(table, params)
    if side:
        line = {"color": look.muted, "linewidth": look.line_pt(0.5), "clip_on": False}
        for cut in range(side + 1):
            axes.plot([-0.5, columns - 0.5], [cut * rows / side - 0.5] * 2, **line)
            axes.plot([cut * columns / side - 0.5] * 2, [-0.5, rows - 0.5], **line)


def _patches_a_side(table: Table, params: Params) -> int:
    """Patches along each side of the image, 0 where the tokens are no square of whole pixels."""
    image = table.frame("image")
    side = round((table.facts["tokens"] - params.class_token) ** 0.5)
    square = side * side == table.facts["tokens"] - params.class_token
    whole = side > 0 and not any((int(image[name].max()) + 1) % side for name in ("row", "column"))
    return side if square and whole else 0


def _about_input(table: Table, params: Params) -> str:
    side = _patches_a_side(table, params)
    text = f"input {params.input}: class {table.facts['label']}, predicted {table.facts['prediction']}"
    counted = side and "tokens" not in table.frames
    return f"{text}; patches 1\u2013{side * side}, row by row" if counted else text


def example() -> Example:
    """Two layers of four heads: one looks at itself, one at neighbours, one at a place, one everywhere."""
    generator = np.random.default_rng(0)
    inputs, layers, heads, side = 3, 2, 4, 4
    tokens = side * side
    place = np.stack(np.divmod(np.arange(tokens), side), axis=1)
    far = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))
    patterns = [-2.0 * far, -np.abs(far - 1.0), np.tile(-far[5], (tokens, 1)), 0 * far]
    scores = np.stack([np.stack([(layer + 1) * pattern for pattern in patterns]) for layer in range(layers)])
    scores = scores + generator.normal(scale=0.4, size=(inputs, layers, heads, tokens, tokens))
    maps = np.exp(scores)
    maps /= maps.sum(axis=-1, keepdims=True)
    pixel = np.hypot(*(np.indices((8, 8)) - 3.5))
    arrays = {
        "maps": maps.astype(np.float32),
        "images": np.stack([np.exp(-((pixel - radius) ** 2)) for radius in (2.5, 1.0, 3.0)]),
        "labels": np.array([0, 1, 0]),
        "predictions": np.array([0, 1, 8]),
    }
    run = example_run(1, "attention", artifacts={ARTIFACT: arrays})
    return Example(Snapshot("example", (run,)), Params())
