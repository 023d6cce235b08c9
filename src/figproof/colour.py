"""How far apart colours are for any reader, and whether the lightness of a colormap tells its order.

Distances are those of CAM02-UCS (Luo, Cui & Li, Color Res. Appl. 31, 2006) after simulated colour vision
deficiency (Machado, Oliveira & Fernandes, IEEE TVCG 15, 2009) at severities 1 to 100; limits are those
of Petroff (arXiv 2107.02270). A simulated colour may lie outside what a screen shows: *clipped* is what
a screen shows of it, unclipped is the measure that Petroff published. Colours are sRGB from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from colorspacious import cspace_convert, machado_et_al_2009_matrix

Array = npt.NDArray[np.float64]
Role = Literal["sequential", "diverging", "cyclic"]

DEFICIENCIES: Mapping[str, str] = {
    "protan": "protanomaly",
    "deutan": "deuteranomaly",
    "tritan": "tritanomaly",
}
SEVERITIES = range(1, 101)
"""Percent; 100 is dichromacy."""

DEEPEST_REVERSAL = 0.5
"""Largest fall in J' that a colormap may make where it should rise. Rounding to 8 bits makes monotone
colormaps fall by up to 0.24 (measured: Crameri's romaO); a difference of 1 is just noticeable."""

SMALLEST_SPAN = 20.0
"""Least change of J' from a colormap's dark to its light: grey prints keep nothing of an even one. Our
choice: Wistia, the palest of Matplotlib's, spans 24."""

FARTHEST_TURN = 0.05
"""How far the turning point of a diverging colormap may lie from its middle, as part of its length."""

NEAREST_ENDS = 8.0
"""Least distance between both ends of a diverging colormap, in any deficiency. Our choice: between RdYlGn
(7.9), whose ends many readers take for one another, and Crameri's lisbon (9.0)."""

WIDEST_SEAM = 3.0
"""Largest distance between both ends of a cyclic colormap: they must look like neighbours."""

RAINBOWS = ("jet", "turbo", "rainbow", "gist_rainbow", "hsv", "gist_ncar", "nipy_spectral", "prism", "flag")
"""Matplotlib's colormaps that run through the hues; turbo and rainbow turn once in lightness, as a
diverging colormap does, so that the measure of lightness alone would let them pass."""

NEAR_RAINBOW = 8.0
"""Mean CAM02-UCS distance under which a colormap is a copy of a rainbow."""

INSTEAD: Mapping[Role, str] = {
    "sequential": "viridis, cividis or batlow",
    "diverging": "vik, rdbu or roma",
    "cyclic": "twilight or romao",
}
"""Palettes to use for each role."""


class Limits(NamedTuple):
    """What Petroff asks of so many colours: CAM02-UCS distance, and difference of J' (grey)."""

    distance: float
    grey: float


def limits(n: int) -> Limits:
    """The published limits for n colours: 20, 18 and 16 (grey 5.0, 4.2 and 3.6) up to 6, 8 and 10.

    None are published for more than ten; those of ten are asked of them.
    """
    if n <= 6:
        return Limits(20.0, 5.0)
    return Limits(18.0, 4.2) if n <= 8 else Limits(16.0, 3.6)


def to_ucs(srgb: npt.ArrayLike) -> Array:
    """CAM02-UCS coordinates J', a', b', in the shape of the colours (..., 3)."""
    return np.asarray(cspace_convert(np.asarray(srgb, dtype=float), "sRGB1", "CAM02-UCS"))


def distance(first: npt.ArrayLike, second: npt.ArrayLike) -> Array:
    """CAM02-UCS distance for normal colour vision, shape (...)."""
    return np.asarray(np.linalg.norm(to_ucs(first) - to_ucs(second), axis=-1))


def simulate(srgb: npt.ArrayLike, deficiency: str, severity: float = 100, *, clip: bool = True) -> Array:
    """Colours as a reader with a deficiency sees them, in the shape given (..., 3).

    Parameters
    ----------
    srgb : array of shape (..., 3)
    deficiency : str
        A key of :data:`DEFICIENCIES`.
    severity : float
        Percent.
    clip : bool
        Whether to bring the result back into what a screen shows.
    """
    matrix = machado_et_al_2009_matrix(DEFICIENCIES[deficiency], severity)
    seen = cspace_convert(_linear(srgb) @ matrix.T, "sRGB1-linear", "sRGB1")
    return np.asarray(np.clip(seen, 0, 1) if clip else seen)


def grey(srgb: npt.ArrayLike) -> Array:
    """Colours as a grey print shows them: the same luminance (IEC 61966-2-1), no chroma; shape (..., 3)."""
    grey_linear = np.repeat(luminance(srgb)[..., None], 3, axis=-1)
    return np.asarray(cspace_convert(grey_linear, "sRGB1-linear", "sRGB1"))


def luminance(srgb: npt.ArrayLike) -> Array:
    """Relative luminance from 0 to 1 (IEC 61966-2-1), shape (...)."""
    return np.asarray(_linear(srgb) @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(first: npt.ArrayLike, second: npt.ArrayLike) -> Array:
    """Contrast ratio of WCAG 2, from 1 to 21, shape (...); text needs 4.5, marks 3."""
    one, other = luminance(first), luminance(second)
    return np.asarray((np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05))


def separations(srgb: npt.ArrayLike, *, clip: bool) -> dict[str, Array]:
    """Distances of all pairs: for each deficiency the smallest over its severities.

    Returns
    -------
    dict of str to array of shape (n, n)
        ``normal``, then each of :data:`DEFICIENCIES`; infinite on the diagonal.
    """
    colours = np.asarray(srgb, dtype=float).reshape(-1, 3)
    linear = _linear(colours)
    found = {"normal": _pairs(to_ucs(colours)[None])}
    for name, kind in DEFICIENCIES.items():
        matrices = np.stack([machado_et_al_2009_matrix(kind, severity) for severity in SEVERITIES])
        seen = np.einsum("sij,nj->sni", matrices, linear)
        seen = np.clip(seen, 0, 1) if clip else seen
        found[name] = _pairs(np.asarray(cspace_convert(seen, "sRGB1-linear", "CAM02-UCS")))
    return found


def grey_steps(srgb: npt.ArrayLike) -> Array:
    """Differences in lightness J' of all pairs, shape (n, n); infinite on the diagonal."""
    lightness = to_ucs(np.asarray(srgb, dtype=float).reshape(-1, 3))[:, 0]
    steps = np.abs(lightness[:, None] - lightness[None, :])
    np.fill_diagonal(steps, np.inf)
    return steps


@dataclass(frozen=True)
class Separation:
    """How well a list of colours can be told apart.

    Attributes
    ----------
    n : int
    clipped, unclipped : mapping of str to float
        Smallest distance of two colours: ``normal`` and for each of :data:`DEFICIENCIES`.
    grey : float
        Smallest difference of two colours in J'.
    closest : tuple of int
        Indices of the pair that is closest, clipped.
    """

    n: int
    clipped: Mapping[str, float]
    unclipped: Mapping[str, float]
    grey: float
    closest: tuple[int, int]

    @property
    def worst(self) -> float:
        """Smallest distance in any deficiency, clipped."""
        return min(self.clipped[name] for name in DEFICIENCIES)

    @property
    def worst_unclipped(self) -> float:
        """Smallest distance in any deficiency, as Petroff measured."""
        return min(self.unclipped[name] for name in DEFICIENCIES)


def measure_colours(srgb: npt.ArrayLike) -> Separation:
    """Measure a list of colours as it is used; the first n of a longer list are another list.

    Raises
    ------
    ValueError
        Fewer than two colours.
    """
    colours = np.asarray(srgb, dtype=float).reshape(-1, 3)
    if len(colours) < 2:
        raise ValueError("a distance needs two colours")
    clipped, unclipped = separations(colours, clip=True), separations(colours, clip=False)
    worst = np.min([clipped[name] for name in DEFICIENCIES], axis=0)
    first, second = np.unravel_index(int(worst.argmin()), worst.shape)
    return Separation(
        n=len(colours),
        clipped={name: float(pairs.min()) for name, pairs in clipped.items()},
        unclipped={name: float(pairs.min()) for name, pairs in unclipped.items()},
        grey=float(grey_steps(colours).min()),
        closest=(int(first), int(second)),
    )


@dataclass(frozen=True)
class Ramp:
    """How the lightness J' of a colormap runs, for one role.

    Attributes
    ----------
    role : {"sequential", "diverging", "cyclic"}
    reversals : int
        Steps between neighbours that go against the role.
    depth : float
        The deepest fall in J' where it should rise, or rise where it should fall.
    span : float
        From dark to light in J', on the smaller side of a turn.
    turns : tuple of float
        Where lightness turns, 0 to 1: none, the one of a diverging, the lightest and darkest of a cyclic.
    lightness : tuple of float
        J' at the start, middle and end.
    ends : float
        Smallest distance of both ends over all deficiencies, clipped.
    rainbow : str
        The rainbow that it is or copies; else empty.
    """

    role: Role
    reversals: int
    depth: float
    span: float
    turns: tuple[float, ...]
    lightness: tuple[float, float, float]
    ends: float
    rainbow: str

    @property
    def faults(self) -> tuple[str, ...]:
        """What makes it unfit for its role, each a sentence with what was measured; none if it fits."""
        found = []
        if self.rainbow:
            found.append(f"it is the rainbow {self.rainbow}, whose bright bands show edges that data lack")
        if self.depth > DEEPEST_REVERSAL:
            found.append(
                f"lightness J' goes back at {self.reversals} of its steps, by up to {self.depth:.1f} "
                f"(at most {DEEPEST_REVERSAL})"
            )
        if self.span < SMALLEST_SPAN:
            found.append(f"lightness J' spans {self.span:.1f} (at least {SMALLEST_SPAN:.0f})")
        if self.role == "diverging" and self.ends < NEAREST_ENDS:
            found.append(
                f"its ends are {self.ends:.1f} apart for some readers (at least {NEAREST_ENDS:.0f}): "
                "low and high look the same"
            )
        if self.role == "diverging" and abs(self.turns[0] - 0.5) > FARTHEST_TURN:
            found.append(f"lightness turns at {self.turns[0]:.2f} of its length, not in the middle")
        if self.role == "cyclic" and self.ends > WIDEST_SEAM:
            found.append(f"its ends are {self.ends:.1f} apart (at most {WIDEST_SEAM:.0f}): a seam")
        if self.role == "cyclic" and abs(abs(self.turns[0] - self.turns[1]) - 0.5) > 2 * FARTHEST_TURN:
            apart = abs(self.turns[0] - self.turns[1])
            found.append(f"lightest and darkest are {apart:.2f} of its length apart, not one half")
        return tuple(found)


def measure_colormap(samples: npt.ArrayLike, role: Role) -> Ramp:
    """Measure a colormap for a role.

    Parameters
    ----------
    samples : array of shape (n, 3) or (n, 4)
        Colours at equal steps, e.g. ``colormap(np.linspace(0, 1, 256))``; opacity is left out.
    role : {"sequential", "diverging", "cyclic"}

    Raises
    ------
    ValueError
        Fewer than three samples.
    """
    colours = np.asarray(samples, dtype=float)[:, :3]
    if len(colours) < 3:
        raise ValueError("a colormap needs three samples")
    lightness = to_ucs(colours)[:, 0]
    last = len(colours) - 1
    parts, turns = _parts(lightness, role)
    steps = np.concatenate([np.diff(part) for part in parts])
    near = separations(colours[[0, last]], clip=True)
    return Ramp(
        role=role,
        reversals=int((steps < 0).sum()),
        depth=max(float((np.maximum.accumulate(part) - part).max()) for part in parts),
        span=min(float(np.ptp(part)) for part in parts),
        turns=tuple(turn / last for turn in turns),
        lightness=(float(lightness[0]), float(lightness[last // 2]), float(lightness[last])),
        ends=min(float(pairs.min()) for pairs in near.values()),
        rainbow=_rainbow(colours),
    )


def fitting_roles(samples: npt.ArrayLike) -> tuple[Role, ...]:
    """The roles that a colormap can play; none for a rainbow."""
    return tuple(role for role in INSTEAD if not measure_colormap(samples, role).faults)


def _parts(lightness: Array, role: Role) -> tuple[list[Array], tuple[int, ...]]:
    """Stretches on which lightness should rise, those that should fall negated; and where it turns."""
    if role == "sequential":
        return [lightness if lightness[-1] >= lightness[0] else -lightness], ()
    if role == "diverging":
        inward = (
            lightness if 2 * lightness[len(lightness) // 2] > lightness[0] + lightness[-1] else -lightness
        )
        turn = _plateau(inward)
        return [inward[: turn + 1], inward[turn:][::-1]], (turn,)
    top, bottom = _plateau(lightness), _plateau(-lightness)
    # Once around, from the darkest over the lightest back to the darkest.
    around = np.append(np.roll(lightness, -bottom), lightness[bottom])
    halfway = (top - bottom) % len(lightness)
    return [around[: halfway + 1], around[halfway:][::-1]], (top, bottom)


def _plateau(lightness: Array) -> int:
    """The middle of the lightest run: a colormap of few colours is a staircase."""
    top = int(lightness.argmax())
    ends = np.flatnonzero(lightness[top:] != lightness[top])
    return top + (int(ends[0]) - 1 if len(ends) else len(lightness) - 1 - top) // 2


def _rainbow(colours: Array) -> str:
    place = to_ucs(colours)
    levels = 1 + int((np.diff(colours, axis=0) != 0).any(axis=1).sum())
    for name in RAINBOWS:
        known = to_ucs(mpl.colormaps[name].resampled(levels)(np.linspace(0, 1, len(colours)))[:, :3])
        if any(np.linalg.norm(place - way, axis=1).mean() < NEAR_RAINBOW for way in (known, known[::-1])):
            return name
    return ""


def _linear(srgb: npt.ArrayLike) -> Array:
    return np.asarray(cspace_convert(np.asarray(srgb, dtype=float), "sRGB1", "sRGB1-linear"))


def _pairs(places: Array) -> Array:
    """Smallest distance of each pair over the first axis: (s, n, 3) -> (n, n)."""
    apart = np.linalg.norm(places[:, :, None] - places[:, None, :], axis=-1).min(axis=0)
    np.fill_diagonal(apart, np.inf)
    return np.asarray(apart)
