"""activation_matrix: rows by class, units by the class they answer to, what is stated and refused."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_selection import f_classif

from figproof.canvas import render
from figproof.errors import FigproofError
from figproof.kinds import example_run, load_kind
from figproof.look import load_look
from figproof.model import Snapshot
from figproof.numerics.units import first_of_each, selectivity

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "activation_matrix")
LABELS = np.array([1, 0, 1, 0])
VALUES = np.array([[[0.0, 3, 1, 0], [2, 0, 1, 0], [0, 5, 3, 0], [4, 0, 1, 0]]])


def derive(values=VALUES, labels=LABELS, **params):
    arrays = {"activations": values, "labels": labels, "epochs": np.arange(len(values))}
    snapshot = Snapshot("p", (example_run(1, "adam", artifacts={"hidden": arrays}),))
    return KIND.derive(snapshot, KIND.params(**params))


def picture(table, **params):
    look, figures = load_look(ROOT, "icml2025", "petroff10", "viridis", {}), []

    def draw(fig):
        KIND.draw(fig, table, KIND.params(**params), look)
        figures.append(fig)

    render(draw, look, (3.25, 2.8), ["png"], {"figure": "t"})
    return figures[0]


def test_rows_are_grouped_by_class_and_units_by_the_class_they_answer_to():
    table = derive()
    cells = table.frame("cells")
    assert cells["example"][::4].tolist() == [1, 3, 0, 2]
    assert table.frame("units")["unit"].tolist() == [1, 2, 3, 4]
    assert table.frame("units")["preferred"].tolist() == ["0", "1", "1", "const."]
    assert cells["activation"][:4].tolist() == [2, 0, 1, 0]


def test_selectivity_is_eta_squared_as_the_f_test_has_it():
    random = np.random.default_rng(0)
    labels = np.arange(60) % 3
    values = random.normal(size=(60, 5)) + labels[:, None] * np.arange(5)
    f, _ = f_classif(values, labels)
    np.testing.assert_allclose(selectivity(values, labels), 2 * f / (2 * f + 57))


def test_a_unit_that_never_changes_is_counted_and_stands_last():
    table = derive()
    assert table.facts["constant_units"] == 1
    assert np.isnan(table.frame("units")["selectivity"][-1])
    assert "1 never change (right)" in picture(table).axes[0].texts[0].get_text()


def test_the_first_examples_of_each_class_are_kept_and_the_rest_is_stated():
    assert first_of_each(np.array([1, 0, 1, 0]), 1).tolist() == [1, 0]
    table = derive(per_class=1)
    assert table.frame("cells")["example"][::4].tolist() == [1, 0]
    assert "2 of 4 examples" in picture(table).axes[0].texts[0].get_text()


def test_signed_activations_get_a_scale_that_is_white_at_zero():
    mesh = picture(derive(VALUES - 1)).axes[0].collections[0]
    assert (mesh.norm.vmin, mesh.norm.vmax) == (-4, 4)
    assert picture(derive()).axes[0].collections[0].norm.vmin == 0


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"values": VALUES * np.nan}, "not finite"),
        ({"epoch": 9}, "epoch 9 was not recorded"),
        ({"labels": LABELS[:3]}, "do not fit"),
        ({"class_labels": ["a"]}, "class 1 occurs"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_advice(change, problem):
    with pytest.raises(FigproofError, match=problem) as caught:
        derive(**change)
    assert caught.value.hint
