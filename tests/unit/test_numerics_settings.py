"""settings: which runs share one, which keys differ, and the scales of their values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from figproof.errors import FigproofError
from figproof.model import Run
from figproof.numerics.settings import differing_keys, on_scale, settings_of


def run(number, seed=1, **config):
    return Run(number, f"{number:064x}", "e", "c", seed, {"seed": seed, **config}, {}, {})


def kind(values):
    return on_scale(values).scale.kind


def test_runs_that_differ_in_the_seed_alone_share_a_setting():
    runs = [run(1, seed=2, rate=0.1), run(2, seed=1, rate=0.2), run(3, seed=1, rate=0.1)]
    found = settings_of(runs)
    assert sorted([r.id for r in setting.runs] for setting in found) == [[2], [3, 1]]
    turned = settings_of(runs[::-1])
    assert [s.config for s in turned] == [s.config for s in found]
    assert [s.runs for s in turned] == [s.runs for s in found]


def test_the_same_seed_twice_in_a_setting_is_refused():
    with pytest.raises(FigproofError, match=r"same seed more than once: \[1, 1\](.|\n)*Hint"):
        settings_of([run(1, rate=0.1), run(2, rate=0.1)])


def test_mappings_and_lists_of_one_length_become_dotted_keys():
    runs = [run(n, model={"depth": n, "name": "mlp"}, hidden=[n, 8], kernels=[1] * n) for n in (1, 2)]
    found = settings_of(runs)
    assert differing_keys(found) == ["hidden.0", "kernels", "model.depth"]
    assert [setting.value("hidden.0") for setting in found] == [1, 2]
    assert found[0].value("hidden") == [1, 8], "the whole list is there, too"


def test_a_key_that_only_some_runs_have_is_none_in_the_others():
    found = settings_of([run(1, optimizer="sgd", momentum=0.9), run(2, optimizer="adam")])
    assert differing_keys(found) == ["momentum", "optimizer"]
    assert {setting.value("momentum") for setting in found} == {0.9, None}


def test_an_unknown_key_lists_those_there_are():
    with pytest.raises(FigproofError, match="'rat' is not recorded; at 'rat' there is: rate, seed"):
        settings_of([run(1, rate=0.1)])[0].value("rat")


@pytest.mark.parametrize(
    "values, expected",
    [
        ([0.001, 0.01, 0.1], "log"),
        ([0.0011, 0.02, 0.6, 0.09], "log"),
        ([16, 32, 64, 128], "log"),
        ([0, 1e-5, 1e-2], "log"),
        ([1, 2, 3, 4], "linear"),
        ([0.1, 0.2, 0.3, 0.5], "linear"),
        ([4, 128], "linear"),
        ([0.007, 0.2, 0.4, 0.6, 0.8, 0.95], "linear"),
        ([-1, 10, 1000], "linear"),
        ([0, 1, 2, 4], "linear"),
        ([0.5], "linear"),
        (["adam", "sgd"], "names"),
        ([True, False], "names"),
    ],
)
def test_the_scale_follows_the_values(values, expected):
    assert kind(values) == expected


def test_what_is_no_number_stands_under_the_numbers():
    found = on_scale([0, 1e-4, None, 1e-2, "auto", float("nan"), True])
    assert found.scale.names == ("0", "auto", "nan", "none", "yes")
    assert found.names == ["0", "", "none", "", "auto", "nan", "yes"]
    places = found.scale.places(found.numbers, found.names)
    numbers = ~np.isnan(found.numbers)
    assert places[~numbers].max() < places[numbers].min()
    assert places[3] == pytest.approx(1)


def test_names_are_evenly_spaced_and_lists_go_by_their_numbers():
    found = on_scale([[64, 64], [8], [128]])
    assert found.scale.names == ("8", "64-64", "128")
    np.testing.assert_allclose(found.scale.places(found.numbers, found.names), [0.5, 1 / 6, 5 / 6])
    assert on_scale([["b"], [1]]).scale.names == ("1", "b")
    assert on_scale(["", "a"]).scale.names == ("(empty)", "a")


def test_the_widest_range_of_floats_has_places():
    found = on_scale([-1.7e308, 0.0, 1.7e308])
    assert found.scale.places(found.numbers, found.names).tolist() == [0, 0.5, 1]


def test_a_logarithmic_place_is_the_share_of_the_decades():
    found = on_scale([1e-4, 1e-3, 1.0])
    np.testing.assert_allclose(found.scale.places(found.numbers, found.names), [0, 0.25, 1])
    assert on_scale([3.0, 3.0]).scale.places(np.array([3.0]), [""]).tolist() == [0.5]


def test_a_tree_sees_logarithms_and_an_indicator_of_each_name():
    found = on_scale([0, 1e-4, 1e-2])
    seen = found.scale.columns(found.numbers, found.names)
    np.testing.assert_allclose(seen, [[-5, 1], [-4, 0], [-2, 0]])
    names = on_scale(["b", "a", "b"])
    assert names.scale.columns(names.numbers, names.names).tolist() == [[0, 1], [1, 0], [0, 1]]


@given(
    st.lists(
        st.one_of(st.none(), st.booleans(), st.sampled_from(["a", ""]), st.floats(), st.integers(-9, 2**40)),
        min_size=1,
        max_size=30,
    )
)
def test_every_value_has_a_place_between_0_and_1_and_numbers_keep_their_order(values):
    found = on_scale(values)
    places = found.scale.places(found.numbers, found.names)
    assert ((places >= 0) & (places <= 1)).all()
    numbers = ~np.isnan(found.numbers)
    assert (np.diff(places[numbers][np.argsort(found.numbers[numbers], kind="stable")]) >= 0).all()
    assert all(bool(name) != is_number for name, is_number in zip(found.names, numbers, strict=True))
