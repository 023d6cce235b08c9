"""Operators of a PDF page that change the graphics state alone, and the ink that they leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pypdf.generic import DictionaryObject

from figproof.lint.page import Ink, times
from figproof.lint.pdfcolour import CMYK, GRAY, RGB, Space, read_space
from figproof.lint.pdfstate import State, dictionary, matrix_of


def set_space(state: State, operands: list[Any], resources: DictionaryObject, side: str) -> None:
    """``CS`` and ``cs``: a colour space, with its initial colour; ``side`` is stroke or fill."""
    space = read_space(operands[0], dictionary(resources.get("/ColorSpace")))
    setattr(state, f"{side}_space", space)
    initial = [0.0] * space.components if space.components != 4 else [0.0, 0.0, 0.0, 1.0]
    if space.alternate is not None:
        initial = [1.0]
    setattr(state, side, space.rgb(initial))
    if side == "fill":
        state.tiling = None


def set_colour(state: State, operands: list[Any], resources: DictionaryObject, side: str) -> None:
    """``SC``, ``SCN``, ``sc`` and ``scn``: a colour in the current space, or a pattern."""
    if side == "fill":
        state.tiling = None
    if operands and isinstance(operands[-1], str):
        setattr(state, side, None)
        if side == "fill":
            state.tiling = dictionary(resources.get("/Pattern")).get(operands[-1])
        return
    space: Space = getattr(state, f"{side}_space")
    setattr(state, side, space.rgb([float(value) for value in operands]))


def set_device(state: State, operands: list[Any], _: DictionaryObject, side: str, space: Space) -> None:
    """``G``, ``g``, ``RG``, ``rg``, ``K`` and ``k``: a colour and its space at once."""
    setattr(state, f"{side}_space", space)
    setattr(state, side, space.rgb([float(value) for value in operands]))
    if side == "fill":
        state.tiling = None


def ink_of(state: State, side: str) -> Ink:
    """The ink of what is painted now."""
    alpha = getattr(state, f"{side}_alpha") * state.group_alpha
    return Ink(getattr(state, side), min(max(alpha, 0.0), 1.0))


def set_dash(state: State, operands: list[Any], _: DictionaryObject) -> None:
    """``d``: lengths of dashes and gaps; the first 32."""
    lengths = tuple(abs(float(length)) for length in operands[0][:32])
    state.dash = lengths if any(lengths) else ()


Change = Callable[[State, list[Any], DictionaryObject], None]


def _concatenate(state: State, operands: list[Any], _: DictionaryObject) -> None:
    state.ctm = times(matrix_of(operands), state.ctm)


def _set_width(state: State, operands: list[Any], _: DictionaryObject) -> None:
    state.width = abs(float(operands[0]))


def _set_mode(state: State, operands: list[Any], _: DictionaryObject) -> None:
    state.text.mode = int(operands[0])


def _text(name: str, scale: float = 1.0) -> Change:
    def change(state: State, operands: list[Any], _: DictionaryObject) -> None:
        setattr(state.text, name, float(operands[0]) * scale)

    return change


def _with(change: Callable[..., None], *how: Any) -> Change:
    return lambda state, operands, resources: change(state, operands, resources, *how)


STATE_OPERATORS: Mapping[bytes, Change] = {
    b"cm": _concatenate,
    b"w": _set_width,
    b"d": set_dash,
    b"CS": _with(set_space, "stroke"),
    b"cs": _with(set_space, "fill"),
    b"SC": _with(set_colour, "stroke"),
    b"SCN": _with(set_colour, "stroke"),
    b"sc": _with(set_colour, "fill"),
    b"scn": _with(set_colour, "fill"),
    b"G": _with(set_device, "stroke", GRAY),
    b"g": _with(set_device, "fill", GRAY),
    b"RG": _with(set_device, "stroke", RGB),
    b"rg": _with(set_device, "fill", RGB),
    b"K": _with(set_device, "stroke", CMYK),
    b"k": _with(set_device, "fill", CMYK),
    b"Tc": _text("spacing"),
    b"Tw": _text("word_spacing"),
    b"Tz": _text("stretch", 0.01),
    b"TL": _text("leading"),
    b"Ts": _text("rise"),
    b"Tr": _set_mode,
}
