"""Chains repeat themselves and follow their points; what cannot be placed is refused."""

import numpy as np
import pytest
from sklearn.manifold import TSNE

from figproof.errors import FigproofError
from figproof.numerics import embedding_chain
from figproof.numerics.embedding_chain import Tsne, Umap, chain, in_chain, movement, place
from figproof.numerics.embedding_quality import displacement, nearest, trustworthiness, turned_onto

RANDOM = np.random.default_rng(1)
LABELS = np.arange(90) % 3
CORNERS = 6 * RANDOM.normal(size=(3, 7))
DATA = CORNERS[LABELS] + RANDOM.normal(size=(90, 7))
LAYERS = [DATA, DATA + 0.2 * RANDOM.normal(size=DATA.shape), DATA + 0.2 * RANDOM.normal(size=DATA.shape)]
NAMES = ["epoch 1", "epoch 2", "epoch 3"]
QUICK = {
    "umap": Umap(neighbours=8, first_rounds=100, next_rounds=10),
    "tsne": Tsne(perplexity=10, first_rounds=100, next_rounds=20),
    "tsne in space": Tsne(perplexity=10, dimensions=3, first_rounds=100, next_rounds=20),
}


@pytest.mark.parametrize("layout", QUICK.values(), ids=QUICK)
def test_a_chain_repeats_itself_and_follows_its_points(layout):
    placed = chain(layout, LAYERS, NAMES, "run 3")
    again = chain(layout, LAYERS, NAMES, "run 3")
    assert [plane.tobytes() for plane in placed] == [plane.tobytes() for plane in again]
    assert placed[0].shape == (90, layout.dimensions)
    shuffled = RANDOM.permutation(placed[2])
    moved = displacement(placed[1], placed[2])
    assert moved < 0.5 * displacement(placed[1], turned_onto(placed[1], shuffled)), (
        "the chain lost its points"
    )


@pytest.mark.parametrize("layout", QUICK.values(), ids=QUICK)
def test_neighbours_in_the_layout_are_neighbours_in_the_data(layout):
    placed = place(layout, DATA, None, "epoch 1", "run 3")
    assert trustworthiness(DATA, nearest(placed, 10)) > 0.85


def test_t_sne_is_as_trusted_as_scikit_learns():
    ours = place(Tsne(perplexity=10), DATA, None, "epoch 1", "run 3")
    theirs = TSNE(perplexity=10, random_state=0).fit_transform(DATA)
    trusted = [trustworthiness(DATA, nearest(np.asarray(plane, float), 10)) for plane in (ours, theirs)]
    assert trusted[0] == pytest.approx(trusted[1], abs=0.02)


def test_seeds_matter_to_umap_and_are_in_the_settings_of_both():
    first, other = (place(Umap(8, seed=seed, first_rounds=50), DATA, None, "", "") for seed in (1, 2))
    assert first.tobytes() != other.tobytes()


@pytest.mark.parametrize("neighbours", [1, 30, 31])
def test_umap_refuses_neighbours_that_the_points_cannot_give(neighbours):
    twice = np.repeat(DATA[:30], 2, axis=0)
    with pytest.raises(FigproofError, match=r"epoch 1: n_neighbors .* 30 of the 60 points .* 2\.\.29"):
        chain(Umap(neighbours), [twice], ["epoch 1"], "run 3")


@pytest.mark.parametrize("perplexity", [0.5, 10])
def test_t_sne_refuses_a_perplexity_that_the_points_cannot_give(perplexity):
    twice = np.repeat(DATA[:30], 2, axis=0)
    with pytest.raises(FigproofError, match=r"run 3 epoch 1: perplexity is .* 30 are different: 1\.\.9\.667"):
        chain(Tsne(perplexity), [twice], ["epoch 1"], "run 3")


def test_a_layout_that_is_not_finite_is_refused_with_its_epoch(monkeypatch):
    monkeypatch.setattr(Tsne, "fit", lambda *_: np.full((90, 2), np.nan))
    with pytest.raises(FigproofError, match=r"run 3 epoch 1: the layout of tsne holds NaN[\s\S]*layout_seed"):
        chain(Tsne(), [DATA], ["epoch 1"], "run 3")


def test_a_processor_that_cannot_run_t_sne_is_told(monkeypatch, tmp_path):
    (tmp_path / "cpuinfo").write_text("flags : sse4_2 popcnt\n")
    monkeypatch.setattr(embedding_chain, "PROCESSOR", tmp_path / "cpuinfo")
    with pytest.raises(FigproofError, match=r"needs a processor with AVX2[\s\S]*umap"):
        place(Tsne(), DATA, None, "epoch 1", "run 3")


def test_movement_states_the_chain_and_the_pairs_that_were_fitted_alone():
    still, moved = np.eye(3, 2), np.eye(3, 2) + np.array([1.0, 0])
    turned = still @ [[0.0, 1.0], [-1.0, 0.0]]
    found = movement([1, 4, 9], [still, still, moved], {1: still, 4: turned})
    assert found["fit"].tolist() == ["chain", "chain", "independent"]
    assert found["from_epoch"].tolist() == [1, 4, 1] and found["to_epoch"].tolist() == [4, 9, 4]
    assert found["displacement"].tolist() == [0.0, displacement(still, moved), displacement(still, turned)]
    np.testing.assert_allclose(found["displacement_turned"], [0, 0, 0], atol=1e-9)


def test_an_independent_fit_needs_a_neighbour_to_be_compared_with():
    assert [in_chain(epoch, [1, 2, 5, 9], [2, 5], "run 3") for epoch in (2, 5)] == [1, 2]
    assert in_chain(2, [1, 2, 5], [2], "run 3") == 1
    for epoch in (5, 7):
        with pytest.raises(FigproofError, match=rf"epoch {epoch} has no neighbour .* \[1, 2, 5\]"):
            in_chain(epoch, [1, 2, 5], [epoch], "run 3")
