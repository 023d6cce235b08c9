"""confusion: counts and shares, which epoch and runs, and readable numbers."""

from pathlib import Path

import numpy as np
import pytest

from figproof.axes import relative_luminance
from figproof.canvas import render
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import load_kind
from figproof.look import load_look
from figproof.model import Run, Snapshot

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "confusion")
LABELS = np.array([0, 0, 0, 0, 1, 1, 2, 2])


def run(seed, *predicted, condition="sgd", labels=LABELS):
    """A run whose epochs 1, 2, ... predict the given classes."""
    probabilities = np.eye(3, dtype=np.float16)[np.array(predicted)]
    arrays = {"probabilities": probabilities, "labels": labels, "epochs": np.arange(1, len(predicted) + 1)}
    return Run(seed, f"{seed:064x}", "e", condition, seed, {}, {}, {"predictions": arrays})


PERFECT = LABELS.tolist()
ONE_WRONG = [0, 0, 0, 2, 1, 1, 2, 2]


def derive(runs, **params):
    return KIND.derive(Snapshot("p", tuple(runs)), KIND.params(**params))


def counts(table):
    return table.frame("pairs")["count"].reshape(3, 3).tolist()


def picture(table, **params):
    look = load_look(
        ROOT, "icml2025", "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml")
    )
    figures = []

    def draw(fig):
        KIND.draw(fig, table, KIND.params(**params), look)
        figures.append(fig)

    render(draw, look, (3.25, 2.2), ["png"], {"figure": "t"})
    return figures[0].axes[0], look


def test_rows_are_true_and_columns_predicted_classes():
    table = derive([run(0, ONE_WRONG)])
    assert counts(table) == [[3, 0, 1], [0, 2, 0], [0, 0, 2]]
    assert table.frame("pairs")["share_of_true"].reshape(3, 3)[0].tolist() == [0.75, 0, 0.25]
    assert table.frame("support")["points"].tolist() == [4, 2, 2]
    assert table.facts["accuracy"] == 7 / 8


def test_the_last_epoch_is_shown_unless_another_is_asked_for():
    both = run(0, ONE_WRONG, PERFECT)
    assert derive([both]).facts["epoch"] == 2 and derive([both]).facts["correct"] == 8
    assert derive([both], epoch=1).facts["correct"] == 7


def test_an_epoch_that_was_not_recorded_lists_those_that_were():
    with pytest.raises(FigproofError, match=r"epoch 9 was not recorded; recorded: \[1\]"):
        derive([run(0, PERFECT)], epoch=9)


def test_seeds_are_summed_unless_one_is_chosen():
    runs = [run(0, ONE_WRONG), run(1, PERFECT)]
    assert counts(derive(runs)) == [[7, 0, 1], [0, 4, 0], [0, 0, 4]]
    assert derive(runs).facts["runs"] == 2
    assert counts(derive(runs, seed=0)) == counts(derive([run(0, ONE_WRONG)]))


def test_a_test_point_that_several_runs_predict_is_counted_once():
    table = derive([run(seed, ONE_WRONG) for seed in range(5)])
    assert table.frame("support")["points"].tolist() == [4, 2, 2]
    assert (table.facts["points"], table.facts["predictions"], table.facts["accuracy"]) == (8, 40, 7 / 8)
    axes, _ = picture(table)
    written = " ".join(text.get_text().replace("\n", " ") for text in axes.texts)
    assert "sum over 5 seeds, the same 8 test points" in written


def test_points_of_different_test_sets_are_added():
    table = derive([run(0, PERFECT), run(1, [*PERFECT[:-1], 1], labels=np.array([*LABELS[:-1], 1]))])
    assert table.frame("support")["points"].tolist() == [8, 5, 3]
    assert table.facts["points"] == 16 and not table.facts["same_points"]


def test_several_conditions_need_a_choice():
    runs = [run(0, PERFECT), run(1, ONE_WRONG, condition="adam")]
    with pytest.raises(FigproofError, match=r"several conditions: adam, sgd(.|\n)*params.condition"):
        derive(runs)
    assert derive(runs, condition="adam").facts["correct"] == 7


def test_classes_must_have_as_many_names():
    with pytest.raises(FigproofError, match="2 class_labels for 3 classes"):
        derive([run(0, PERFECT)], class_labels=["a", "b"])


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(FigproofError, match="do not fit 1 epochs and 5 labels"):
        derive([run(0, PERFECT, labels=LABELS[:5])])


def test_a_run_without_the_artifact_says_so():
    with pytest.raises(FigproofError, match="artifact 'predictions' was not recorded"):
        derive([Run(0, "0" * 64, "e", "sgd", 0, {}, {}, {})])


def test_predictions_that_are_not_finite_name_the_run():
    broken = run(0, PERFECT)
    broken.artifacts["predictions"]["probabilities"][0, 3] = np.nan
    with pytest.raises(FigproofError, match="sgd seed 0, artifact 'predictions': 1 of 8 predictions"):
        derive([broken])


@pytest.mark.parametrize(
    "normalise, expected", [("row", ["75.0", "25.0", "100", "100"]), ("none", ["3", "1", "2", "2"])]
)
def test_cells_show_shares_or_counts_and_nothing_for_pairs_that_never_occurred(normalise, expected):
    axes, _ = picture(derive([run(0, ONE_WRONG)], normalise=normalise), normalise=normalise)
    inside = [text for text in axes.texts if type(text).__name__ == "Text"]
    assert [text.get_text() for text in inside] == expected
    assert [text.get_text() for text in inside if text.get_fontweight() == "bold"] == [
        expected[0],
        *expected[2:],
    ]


def test_support_and_accuracy_stand_beside_the_matrix():
    axes, _ = picture(derive([run(0, ONE_WRONG)]))
    written = [text.get_text().replace("\n", " ") for text in axes.texts]
    assert {"n", "4", "2"} <= set(written)
    assert "one run, 8 test points, epoch 1, accuracy 87.5 %" in written


def test_every_number_reads_at_4_5_to_1_on_its_cell():
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 200)
    predicted = np.where(random.random(600) < 0.5, labels, random.integers(0, 3, 600))
    axes, _ = picture(derive([run(0, predicted.tolist(), labels=labels)]))
    colours = axes.collections[-1].get_facecolors().reshape(3, 3, 4)
    inside = [text for text in axes.texts if type(text).__name__ == "Text"]
    assert len(inside) == 9
    for text in inside:
        column, row = (int(value) for value in text.get_position())
        under = (1.0, 1.0, 1.0) if row == column else colours[row, column, :3]
        pair = sorted((relative_luminance(under), relative_luminance(text.get_color())))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5
