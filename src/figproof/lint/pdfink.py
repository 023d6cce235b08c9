"""The colour operators of a PDF page, and the ink that they leave for what is painted next."""

from __future__ import annotations

from typing import Any

from pypdf.generic import DictionaryObject

from figproof.lint.page import Ink
from figproof.lint.pdfcolour import Space, read_space
from figproof.lint.pdfstate import State, dictionary


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
