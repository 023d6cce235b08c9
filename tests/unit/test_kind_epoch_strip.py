"""epoch_strip: the curve of each epoch, and that no epoch is lost in the picture."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from pydantic import ValidationError
from sklearn.metrics import recall_score

from figproof.canvas import render
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import example_run, load_kind
from figproof.look import load_look
from figproof.model import Snapshot
from figproof.numerics.profiles import LEVELS, accuracy_profile, confidence_profile, spread_epochs

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "epoch_strip")
LABELS = np.array([0, 0, 1, 1, 2, 2])


def run(epochs=6, seed=0, *, broken=(), labels=LABELS):
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.ones(3), (epochs, labels.size))
    probabilities[list(broken)] = np.nan
    arrays = {"probabilities": probabilities, "labels": labels, "epochs": np.arange(epochs)}
    return example_run(seed + 1, "sgd", seed=seed, artifacts={"predictions": arrays})


def derive(runs, **params):
    return KIND.derive(Snapshot("p", tuple(runs)), KIND.params(**params))


def picture(table, **params):
    look = load_look(
        ROOT, "icml2025", "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml")
    )
    figures = []

    def draw(fig):
        KIND.draw(fig, table, KIND.params(**params), look)
        figures.append(fig)

    render(draw, look, (6.75, 2.4), ["png"], {"figure": "t"})
    return figures[0], look


@given(st.integers(0, 1000), st.integers(1, 40))
def test_accuracy_by_class_is_scikit_learns_recall(seed, examples):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 4, examples)
    probabilities = random.dirichlet(np.ones(4), examples)
    expected = recall_score(
        labels, probabilities.argmax(axis=1), labels=range(4), average=None, zero_division=np.nan
    )
    np.testing.assert_allclose(accuracy_profile(probabilities, labels), expected)


@given(st.integers(0, 1000))
def test_confidence_rises_from_the_least_to_the_greatest_and_ignores_the_order(seed):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, 101)
    probabilities = random.dirichlet(np.ones(3), 101)
    profile = confidence_profile(probabilities, labels)
    # 101 examples fall exactly on the 101 levels.
    np.testing.assert_allclose(profile, np.sort(probabilities[np.arange(101), labels]))
    order = random.permutation(101)
    np.testing.assert_array_equal(profile, confidence_profile(probabilities[order], labels[order]))


def test_epochs_are_spread_from_the_first_to_the_last():
    assert spread_epochs(list(range(41)), 5) == [0, 10, 20, 30, 40]
    assert spread_epochs([3, 7], 8) == [3, 7] and spread_epochs([3], 8) == [3]


def test_every_recorded_epoch_is_in_the_table_whatever_panels_are_shown():
    table = derive([run()], epochs=[2, 4])
    assert sorted(set(table.frame("profiles")["epoch"].tolist())) == [0, 1, 2, 3, 4, 5]
    assert table.frame("profiles")["epoch"].size == 6 * LEVELS.size
    assert table.facts["shown"] == [2, 4]


def test_the_examples_of_all_seeds_are_pooled_unless_one_is_chosen():
    both = derive([run(seed=0), run(seed=1)], quantity="class_accuracy")
    assert (both.facts["runs"], both.facts["examples"], both.facts["same_examples"]) == (2, 6, True)
    alone = [derive([run(seed=seed)], quantity="class_accuracy").frame("profiles") for seed in (0, 1)]
    mean = (alone[0]["value"] + alone[1]["value"]) / 2
    np.testing.assert_allclose(both.frame("profiles")["value"], mean)
    chosen = derive([run(seed=0), run(seed=1)], quantity="class_accuracy", seed=1)
    np.testing.assert_array_equal(chosen.frame("profiles")["value"], alone[1]["value"])


def test_a_panel_shows_its_epoch_and_behind_it_all_before():
    table = derive([run()], epochs=[0, 2, 5])
    fig, look = picture(table, epochs=[0, 2, 5])
    lines = [axes.lines for axes in fig.axes]
    assert [len(drawn) for drawn in lines] == [1, 3, 6]
    colours = [[line.get_color() for line in drawn] for drawn in lines]
    assert colours[1] == [look.muted, look.muted, look.colour("sgd")]
    values = table.frame("profiles")["value"].reshape(6, -1)
    np.testing.assert_allclose(lines[1][-1].get_ydata(), values[2], rtol=1e-8)


def test_one_panel_holds_a_line_for_each_epoch_in_ordered_colours():
    params = {"layout": "accumulated"}
    fig, _ = picture(derive([run()], **params), **params)
    colours = [to_hex(line.get_color()) for line in fig.axes[0].lines]
    assert len(colours) == 6 and len(set(colours)) == 6


def test_epochs_that_are_not_finite_are_named_and_their_panels_say_so():
    table = derive([run(broken=[4, 5])], epochs=[3, 4])
    assert table.facts["not_finite"] == [4, 5]
    fig, _ = picture(table, epochs=[3, 4])
    assert "not finite" in [text.get_text() for text in fig.axes[1].texts]
    assert any("not finite: 2 epochs from 4" in text.get_text() for text in fig.legends[0].get_texts())


def test_an_epoch_that_was_not_recorded_lists_those_that_were():
    with pytest.raises(FigproofError, match=r"epochs \[9\] were not recorded; recorded: \[0, 1, 2"):
        derive([run()], epochs=[1, 9])


def test_runs_of_different_epochs_are_not_pooled():
    with pytest.raises(FigproofError, match=r"different epochs or classes(.|\n)*params\.seed"):
        derive([run(), run(4, 1)])


@pytest.mark.parametrize("labels", [np.array([0, 1, 2, 3, 0, 1]), np.array([-1, 0, 1, 2, 0, 1])])
def test_labels_outside_the_classes_are_refused(labels):
    with pytest.raises(FigproofError, match="do not fit 3 classes"):
        derive([run(labels=labels)])


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"layout": "accumulated", "epochs": [1]}, "leave epochs out"),
        ({"epochs": [3, 1]}, "must rise"),
        ({"class_labels": ["a", "b"]}, "belong to quantity"),
    ],
)
def test_params_that_do_not_fit_together_are_refused(wrong, said):
    with pytest.raises(ValidationError, match=said):
        KIND.params(**wrong)
