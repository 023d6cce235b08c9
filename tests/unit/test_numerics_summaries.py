"""One number of a run, and its settings as texts."""

import numpy as np
import pytest

from figproof.errors import FigproofError
from figproof.kinds import example_run
from figproof.model import Metric
from figproof.numerics.summaries import config_value, levels, short_number, summary, value_text


def of(values, which, **options):
    metric = Metric("loss", "nat", np.arange(len(values)), np.array(values, float), "epoch")
    return summary(example_run(1, "a"), metric, which, **({"higher": False} | options))


def test_final_best_and_mean_of_the_last_are_what_they_say():
    values = [3.0, 1.0, 2.0]
    assert of(values, "final") == 2 and of(values, "best") == 1
    assert of(values, "best", higher=True) == 3 and of(values, "mean_last", last=2) == 1.5


def test_a_run_with_any_value_that_is_not_finite_has_no_number():
    assert np.isnan(of([1.0, np.nan, 0.5], "best"))


def test_more_last_values_than_there_are_is_refused():
    with pytest.raises(FigproofError, match="has 3 values of loss, last asks for 4"):
        of([3.0, 1.0, 2.0], "mean_last", last=4)


def test_a_dotted_path_reaches_into_lists_and_a_wrong_one_names_what_is_there():
    run = example_run(1, "a", config={"hidden": [32, 16], "deep": {"rate": 0.1}})
    assert config_value(run, "hidden.1") == 16 and config_value(run, "deep.rate") == 0.1
    with pytest.raises(FigproofError, match="at 'rte' there is: rate"):
        config_value(run, "deep.rte")


def test_levels_are_ordered_by_size_and_numbers_never_mix_with_texts():
    assert levels([10, 9, 10], "width") == (["9", "10"], [1, 0, 1])
    assert levels([[32, 32], [4]], "hidden")[0] == ["4", "32-32"]
    with pytest.raises(FigproofError, match="holds numbers and others: 1, adam"):
        levels([1, "adam"], "x")


def test_texts_of_values_are_plain():
    assert [value_text(v) for v in (True, None, 0.1, [1, "a"])] == ["yes", "none", "0.1", "1-a"]


def test_decimals_tell_the_extremes_apart():
    assert short_number(0.5, np.array([0.5, 0.123])) == "0.500"
    assert short_number(1e-5, np.array([1e-5])) == "1.00e-5"
