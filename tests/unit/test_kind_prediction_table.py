"""prediction_table: losses, order, the inputs that belong to the predictions."""

from pathlib import Path

import numpy as np
import pytest

from figproof.errors import FigproofError
from figproof.kinds import example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "prediction_table")
LABELS = np.array([0, 1, 1])
SCORES = np.array([[0.9, 0.1], [1.0, 0.0], [0.25, 0.75]])
IMAGES = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)


def snapshot(**changes):
    given = {"labels": LABELS, "images": IMAGES, "scores": SCORES} | changes
    artifacts = {
        "predictions": {
            "probabilities": given["scores"][None],
            "labels": given["labels"],
            "epochs": np.array([4]),
        },
        "inputs": {"images": given["images"], "labels": LABELS},
    }
    return Snapshot("pin", (example_run(1, "adam", artifacts=artifacts),))


def test_the_worst_come_first_and_a_stored_zero_has_the_loss_of_the_smallest_half():
    rows = KIND.derive(snapshot(), KIND.params()).frame("inputs")
    assert list(rows["input"]) == [1, 2, 0]
    assert rows["loss"] == pytest.approx([24 * np.log(2), -np.log(0.75), -np.log(0.9)])
    assert list(rows["wrong"]) == [1, 0, 0] and list(rows["predicted"]) == ["0", "1", "0"]


def test_the_best_or_the_given_inputs_are_shown_when_asked_for():
    assert list(KIND.derive(snapshot(), KIND.params(order="best", count=1)).frame("inputs")["input"]) == [0]
    given = KIND.params(order="given", inputs=[2, 0])
    assert list(KIND.derive(snapshot(), given).frame("inputs")["input"]) == [2, 0]
    with pytest.raises(FigproofError, match=r"\[3\] are no test inputs"):
        KIND.derive(snapshot(), KIND.params(order="given", inputs=[3]))


def test_pixels_and_bars_are_those_of_the_input():
    table = KIND.derive(snapshot(), KIND.params(count=1))
    assert list(table.frame("pixels")["value"]) == [4, 5, 6, 7]
    assert list(table.frame("probabilities")["probability"]) == [1.0, 0.0]
    assert list(table.frame("probabilities")["true"]) == [0, 1]


@pytest.mark.parametrize(
    "changes, part",
    [
        ({"images": IMAGES[:2]}, "do not belong"),
        ({"labels": LABELS[::-1].copy()}, "do not belong"),
        ({"scores": SCORES * np.nan}, "not finite"),
    ],
)
def test_inputs_of_other_points_are_refused(changes, part):
    with pytest.raises(FigproofError, match=part):
        KIND.derive(snapshot(**changes), KIND.params())
