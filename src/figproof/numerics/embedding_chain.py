"""UMAP and t-SNE from epoch to epoch: each starts from the epoch before, so a point can be followed.

One process, one thread, one seed for all: in the environment of :mod:`figproof.worker` the result is
the same on every processor that can run it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from figproof.errors import FigproofError
from figproof.model import FloatArray, Frame, frame
from figproof.numerics.embedding import pca_basis, project
from figproof.numerics.embedding_quality import displacement, turned_onto
from figproof.steps import step

EXAGGERATION = 12.0
EXAGGERATED_ROUNDS = 250
# Belkina et al. 2019; also what openTSNE and scikit-learn start from.
START_SPREAD = 1e-4
# Twice openTSNE's grid width: six times as fast on 10,000 points, trustworthiness within 0.0002.
GRID_WIDTH = 2
MANY_POINTS = 5000
PROCESSOR = Path("/proc/cpuinfo")


class Layout(Protocol):
    """How points of one layer are placed; its dataclass fields are all that the result depends on."""

    @property
    def name(self) -> str: ...

    def fit(self, layer: FloatArray, start: FloatArray | None, where: str) -> FloatArray:
        """Coordinates, shape (n, dimensions), from a cold start or from given coordinates."""
        ...


@dataclass(frozen=True)
class Umap:
    """UMAP (McInnes et al. 2018).

    Attributes
    ----------
    neighbours, min_dist
        As in UMAP.
    first_rounds, next_rounds : int
        Optimisation rounds of a cold start, from UMAP's spectral layout, and of a warm one, which
        also settles a cold one.
    next_rate : float
        Learning rate of a warm start. UMAP's usual 1 shakes a finished layout anew: on 360 points,
        0.1 more than halves the displacement and keeps trustworthiness and kNN accuracy.
    """

    neighbours: int = 15
    min_dist: float = 0.1
    seed: int = 0
    dimensions: int = 2
    first_rounds: int = 500
    next_rounds: int = 100
    next_rate: float = 0.1
    name: str = "umap"

    def fit(self, layer: FloatArray, start: FloatArray | None, where: str) -> FloatArray:
        """Place one layer, shape (n, h); see :class:`Layout`.

        Raises
        ------
        FigproofError
            ``neighbours`` is not in 2..n-1, or the layer has fewer different points than that.
        """
        different = _different(layer)
        if not 2 <= self.neighbours < different:
            raise FigproofError(
                f"n_neighbors is {self.neighbours}, but {different} of the {len(layer)} points are "
                f"different; allowed: 2..{max(2, different - 1)}",
                where=where,
                hint="lower params.n_neighbors, or choose an epoch where the points differ",
            )
        if start is not None:
            return self._optimised(layer, start)
        # UMAP scales given coordinates to a side of 10 before it goes on: a cold layout is settled at
        # that scale too, or the second epoch of a chain would shrink at once.
        return self._optimised(layer, self._optimised(layer, None))

    def _optimised(self, layer: FloatArray, start: FloatArray | None) -> FloatArray:
        # Importing umap compiles for seconds; PCA and stars need none of it.
        from umap import UMAP

        mapper = UMAP(
            n_components=self.dimensions,
            n_neighbors=self.neighbours,
            min_dist=self.min_dist,
            n_epochs=self.first_rounds if start is None else self.next_rounds,
            learning_rate=1.0 if start is None else self.next_rate,
            init="spectral" if start is None else start,
            random_state=self.seed,
            n_jobs=1,
        )
        return np.asarray(mapper.fit_transform(layer), dtype=np.float64)


@dataclass(frozen=True)
class Tsne:
    """t-SNE (van der Maaten & Hinton 2008) by openTSNE (Policar et al. 2024), on exact neighbours.

    Repulsion is approximated by a tree (Barnes-Hut); of 5,000 points or more in the plane, where that
    is faster, interpolated on a grid (Linderman et al. 2019).

    Attributes
    ----------
    perplexity : float
        Effective number of neighbours.
    first_rounds, next_rounds : int
        Rounds of a cold start (from the principal components, after 250 rounds of early
        exaggeration) and of a warm one (without).
    """

    perplexity: float = 30.0
    seed: int = 0
    dimensions: int = 2
    first_rounds: int = 500
    next_rounds: int = 100
    name: str = "tsne"

    def fit(self, layer: FloatArray, start: FloatArray | None, where: str) -> FloatArray:
        """Place one layer, shape (n, h); see :class:`Layout`.

        Raises
        ------
        FigproofError
            ``perplexity`` is not in 1..(n-1)/3, fewer points than that are different, or the
            processor lacks AVX2.
        """
        _refuse_old_processor(where)
        from openTSNE import TSNEEmbedding
        from openTSNE.affinity import PerplexityBasedNN
        from openTSNE.nearest_neighbors import PrecomputedNeighbors
        from sklearn.neighbors import NearestNeighbors

        largest = (_different(layer) - 1) / 3
        if not 1 <= self.perplexity <= largest:
            raise FigproofError(
                f"perplexity is {self.perplexity:g}; allowed for points of which {_different(layer)} are "
                f"different: 1..{max(largest, 1):.4g}",
                where=where,
                hint="lower params.perplexity, or choose an epoch where the points differ",
            )
        finder = NearestNeighbors(n_neighbors=int(3 * self.perplexity), algorithm="brute")
        distances, indices = finder.fit(layer).kneighbors()
        affinities = PerplexityBasedNN(
            knn_index=PrecomputedNeighbors(indices, distances),
            perplexity=self.perplexity,
            n_jobs=1,
            random_state=self.seed,
        )
        placed = TSNEEmbedding(
            self._cold(layer, where) if start is None else start,
            affinities,
            negative_gradient_method="fft" if self._interpolates(layer) else "bh",
            ints_in_interval=GRID_WIDTH,
            n_jobs=1,
            random_state=self.seed,
        )
        if start is None:
            placed = placed.optimize(EXAGGERATED_ROUNDS, exaggeration=EXAGGERATION, momentum=0.5)
        rounds = self.first_rounds if start is None else self.next_rounds
        return np.array(placed.optimize(rounds, momentum=0.8), dtype=np.float64)

    def _interpolates(self, layer: FloatArray) -> bool:
        return self.dimensions == 2 and len(layer) >= MANY_POINTS

    def _cold(self, layer: FloatArray, where: str) -> FloatArray:
        components = project(layer, pca_basis(layer, self.dimensions, where))
        result: FloatArray = components * (START_SPREAD / components[:, 0].std())
        return result


def chain(layout: Layout, layers: Sequence[FloatArray], names: Sequence[str], where: str) -> list[FloatArray]:
    """Place one layer after the other: the first from a cold start, the others from the one before.

    Parameters
    ----------
    layers : sequence of ndarray, shape (n, h) each
        Row i is the same point in every layer; h may differ.
    names : sequence of str
        What each layer is, for messages.

    Returns
    -------
    list of ndarray, shape (n, dimensions)

    Raises
    ------
    FigproofError
        What the layout refuses, or coordinates that did not stay finite.
    """
    placed: list[FloatArray] = []
    for name, layer in zip(names, layers, strict=True):
        placed.append(place(layout, layer, placed[-1] if placed else None, name, where))
    return placed


def place(layout: Layout, layer: FloatArray, start: FloatArray | None, name: str, where: str) -> FloatArray:
    """One link of a :func:`chain`, or an independent fit if ``start`` is None."""
    here = f"{where} {name}"
    settings: dict[str, Any] = {**asdict(layout), "cold": start is None}  # type: ignore[call-overload]
    coordinates = step(
        f"{layout.name}, {name}{', from a cold start' if start is None else ''}",
        [layer] if start is None else [layer, start],
        settings,
        lambda: layout.fit(layer, start, here),
    )
    if not np.isfinite(coordinates).all():
        raise FigproofError(
            f"the layout of {layout.name} holds NaN or infinities",
            where=here,
            hint="change params.layout_seed, n_neighbors or perplexity, or leave out this epoch",
        )
    return coordinates


def in_chain(epoch: int, epochs: Sequence[int], independent: Sequence[int], where: str) -> int:
    """Index of an epoch among those placed, if a neighbour of it is fitted independently too.

    Raises
    ------
    FigproofError
        It was not placed, or there is nothing to compare it with.
    """
    # The first epoch of a chain is a cold start in any case.
    cold = {epochs[0], *independent}
    pairs = [pair for pair in pairwise(epochs) if cold.issuperset(pair)]
    if not any(epoch in pair for pair in pairs):
        raise FigproofError(
            f"params.independent: epoch {epoch} has no neighbour to compare with. Placed: {list(epochs)}",
            where=where,
            hint="name placed epochs in succession, such as the last two",
        )
    return epochs.index(epoch)


def movement(epochs: Sequence[int], placed: Sequence[FloatArray], alone: Mapping[int, FloatArray]) -> Frame:
    """How far points move from epoch to epoch, in the chain and between independent fits.

    Parameters
    ----------
    placed : sequence of ndarray
        The chain.
    alone : mapping of int to ndarray
        Independent fits by epoch; compared where two neighbours of the chain have one.

    Returns
    -------
    frame
        fit ("chain" or "independent"), from_epoch, to_epoch, displacement (see
        :func:`figproof.numerics.embedding_quality.displacement`) and displacement_turned: what is left
        of it after the best rotation or reflection of the whole.
    """
    chained = dict(zip(epochs, placed, strict=True))
    pairs = list(pairwise(epochs))
    rows = [("chain", pair, chained[pair[0]], chained[pair[1]]) for pair in pairs]
    rows += [
        ("independent", pair, alone[pair[0]], alone[pair[1]]) for pair in pairs if {*pair} <= alone.keys()
    ]
    return frame(
        fit=[fit for fit, *_ in rows],
        from_epoch=[pair[0] for _, pair, *_ in rows],
        to_epoch=[pair[1] for _, pair, *_ in rows],
        displacement=np.array([displacement(before, after) for *_, before, after in rows]),
        displacement_turned=np.array(
            [displacement(before, turned_onto(before, after)) for *_, before, after in rows]
        ),
    )


def _different(layer: FloatArray) -> int:
    return len(np.unique(layer, axis=0))


def _refuse_old_processor(where: str) -> None:
    """openTSNE's wheels are compiled for AVX2 and would end the process without a word."""
    if PROCESSOR.is_file() and " avx2 " not in PROCESSOR.read_text(encoding="utf-8"):
        raise FigproofError(
            "t-SNE needs a processor with AVX2, which this one lacks",
            where=where,
            hint="use method umap, or derive on another machine",
        )
