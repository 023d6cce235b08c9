"""calibration: confidence and hits of every run, pooled; what is no probability is refused."""

from pathlib import Path

import numpy as np
import pytest

from figproof.errors import FigproofError
from figproof.kinds import example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "calibration")
SURE = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])
LABELS = np.array([0, 1, 1, 0])


def run(number, condition, scores=SURE, epochs=(3,)):
    arrays = {"probabilities": np.stack([scores] * len(epochs)), "labels": LABELS, "epochs": np.array(epochs)}
    return example_run(number, condition, seed=number, artifacts={"predictions": arrays})


def test_points_of_all_runs_are_pooled_into_bins():
    table = KIND.derive(Snapshot("p", (run(1, "adam"), run(2, "adam"))), KIND.params(bins=2))
    bins, row = table.frame("bins"), table.frame("conditions")
    assert list(bins["count"]) == [0, 8]
    assert (row["runs"][0], row["points"][0], row["accuracy"][0]) == (2, 8, 0.75)
    assert row["ece"][0] == pytest.approx(abs(0.75 - np.mean([0.9, 0.8, 0.7, 0.6])))


def test_half_precision_probabilities_are_divided_by_their_sum():
    table = KIND.derive(Snapshot("p", (run(1, "adam", SURE * 1.01),)), KIND.params())
    assert table.frame("conditions")["mean_confidence"][0] == pytest.approx(0.75)


@pytest.mark.parametrize("scores", [SURE * 2, SURE - 0.2, np.where(SURE > 0.85, np.nan, SURE)])
def test_what_is_no_probability_is_refused(scores):
    with pytest.raises(FigproofError, match="no probabilities") as caught:
        KIND.derive(Snapshot("p", (run(1, "adam", scores),)), KIND.params())
    assert "before the run diverged" in caught.value.hint


def test_an_epoch_and_a_seed_are_chosen():
    runs = Snapshot("p", (run(1, "adam", epochs=(3, 5)), run(2, "adam", epochs=(3, 6))))
    row = KIND.derive(runs, KIND.params()).frame("conditions")
    assert row["epochs"][0] == "5 6"
    assert KIND.derive(runs, KIND.params(epoch=3, seed=2)).frame("conditions")["runs"][0] == 1
    with pytest.raises(FigproofError, match="no run has seed 9; there are: seed 1, seed 2"):
        KIND.derive(runs, KIND.params(seed=9))
