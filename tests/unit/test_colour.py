"""Distances of colours and the lightness of colormaps, against references written another way."""

from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pytest
from colorspacious import cspace_convert, deltaE
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from figproof.colour import (
    RAINBOWS,
    Limits,
    Role,
    contrast,
    distance,
    fitting_roles,
    grey,
    grey_steps,
    limits,
    measure_colormap,
    measure_colours,
    separations,
    simulate,
)

TAB10 = np.array([to_rgb(colour) for colour in mpl.color_sequences["tab10"]])
ALMOST_RED = [[1.0, 0.0, 0.0], [0.98, 0.0, 0.0]]
unit = st.floats(0, 1, allow_subnormal=False)
colours = st.lists(st.tuples(unit, unit, unit), min_size=2, max_size=5).map(np.array)


def _samples(name: str, n: int = 256) -> npt.NDArray[np.float64]:
    return np.asarray(mpl.colormaps[name].resampled(n)(np.linspace(0, 1, 256)))


def _one_by_one(srgb: npt.NDArray[np.float64], kind: str, clip: bool) -> float:
    """The published measure pair by pair, severity by severity, through colorspacious' own space."""
    nearest = np.inf
    for severity in range(1, 101):
        space = {"name": "sRGB1+CVD", "cvd_type": kind, "severity": severity}
        seen = cspace_convert(srgb, space, "sRGB1")
        seen = np.clip(seen, 0, 1) if clip else seen
        for one, other in combinations(range(len(srgb)), 2):
            nearest = min(nearest, deltaE(seen[one], seen[other], input_space="sRGB1"))
    return float(nearest)


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize(
    ("name", "kind"), [("protan", "protanomaly"), ("deutan", "deuteranomaly"), ("tritan", "tritanomaly")]
)
def test_distances_are_those_of_colorspacious_taken_one_by_one(name: str, kind: str, clip: bool) -> None:
    few = TAB10[:4]
    found = separations(few, clip=clip)[name]
    assert found.min() == pytest.approx(_one_by_one(few, kind, clip), rel=1e-9)
    assert np.array_equal(found, found.T) and np.isinf(np.diag(found)).all()


def test_the_measure_tells_a_bad_list_from_a_good_one() -> None:
    petroff = [to_rgb(colour) for colour in mpl.color_sequences["petroff10"]]
    assert measure_colours(TAB10).worst < 2 < 14 < measure_colours(petroff).worst


def test_the_first_colours_of_a_list_are_judged_as_the_list_that_is_used() -> None:
    okabe = [to_rgb(colour) for colour in mpl.color_sequences["okabe_ito"]]
    assert measure_colours(okabe[:3]).worst > measure_colours(okabe).worst
    assert (limits(2), limits(6), limits(7), limits(10), limits(30)) == (
        Limits(20.0, 5.0),
        Limits(20.0, 5.0),
        Limits(18.0, 4.2),
        Limits(16.0, 3.6),
        Limits(16.0, 3.6),
    )


def test_the_closest_pair_is_named() -> None:
    found = measure_colours([[0.0, 0.0, 1.0], *ALMOST_RED, [0.0, 1.0, 0.0]])
    assert found.closest == (1, 2)
    with pytest.raises(ValueError, match="two colours"):
        measure_colours([[0.0, 0.0, 1.0]])


@settings(max_examples=30, deadline=None)
@given(colours)
def test_no_deficiency_at_severity_one_moves_a_colour_far_and_a_permutation_changes_nothing(
    srgb: npt.NDArray[np.float64],
) -> None:
    first, turned = measure_colours(srgb), measure_colours(srgb[::-1])
    assert first.worst == pytest.approx(turned.worst, abs=1e-9)
    assert first.grey == pytest.approx(turned.grey, abs=1e-9)
    for deficiency in ("protan", "deutan", "tritan"):
        assert float(distance(simulate(srgb, deficiency, 1), srgb).max()) < 2.5


def test_red_and_green_of_equal_lightness_are_told_apart_by_most_and_not_by_deuteranopes() -> None:
    pair = np.array([to_rgb("#b06000"), to_rgb("#688000")])
    seen = simulate(pair, "deutan")
    assert distance(*pair) > 20 > 6 > distance(*seen)


def test_clipping_brings_a_simulated_colour_back_to_what_a_screen_shows() -> None:
    red = np.array([[1.0, 0.0, 0.0]])
    assert (simulate(red, "deutan", clip=False) < 0).any()
    assert ((simulate(red, "deutan") >= 0) & (simulate(red, "deutan") <= 1)).all()


def test_grey_keeps_luminance_and_a_step_between_two_colours_of_one_lightness_is_small() -> None:
    assert grey([0.25, 0.25, 0.25]) == pytest.approx([0.25] * 3)
    assert grey([1.0, 0.0, 0.0]) == pytest.approx([0.4984] * 3, abs=1e-3)
    steps = grey_steps([to_rgb("#4477aa"), to_rgb("#ee6677"), to_rgb("#000000")])
    assert steps[0, 2] == pytest.approx(
        float(cspace_convert(to_rgb("#4477aa"), "sRGB1", "CAM02-UCS")[0]), abs=1e-6
    )


def test_contrast_is_that_of_wcag() -> None:
    assert contrast([0, 0, 0], [1, 1, 1]) == pytest.approx(21.0)
    # The greys at 4.5:1 and 3:1 on white, as accessibility guides give them.
    assert contrast(to_rgb("#767676"), [1, 1, 1]) == pytest.approx(4.54, abs=0.01)
    assert contrast(to_rgb("#949494"), [1, 1, 1]) == pytest.approx(3.03, abs=0.01)


@pytest.mark.parametrize("name", RAINBOWS)
@pytest.mark.parametrize("levels", [8, 16, 256])
@pytest.mark.parametrize("turned", [False, True])
def test_a_rainbow_fits_no_role_however_few_its_levels_and_whichever_way(
    name: str, levels: int, turned: bool
) -> None:
    samples = _samples(name, levels)
    assert fitting_roles(samples[::-1] if turned else samples) == ()


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("viridis", ("sequential",)),
        ("cividis", ("sequential",)),
        ("Greys", ("sequential",)),
        ("cubehelix", ("sequential",)),
        ("RdBu", ("diverging",)),
        ("Spectral", ("diverging",)),
        ("berlin", ("diverging",)),
        ("twilight", ("cyclic",)),
        ("twilight_shifted", ("cyclic",)),
        # Low and high look the same to many; no rainbow, and yet no map.
        ("RdYlGn", ()),
        ("gnuplot", ()),
        ("cool", ()),
        ("terrain", ()),
    ],
)
@pytest.mark.parametrize("levels", [11, 256])
def test_a_colormap_fits_the_role_it_is_known_for(name: str, roles: tuple[Role, ...], levels: int) -> None:
    assert fitting_roles(_samples(name, levels)) == roles


def test_a_fall_in_lightness_is_refused_from_a_half_on_and_measured() -> None:
    lightness = np.linspace(0, 1, 101)
    greys = np.repeat(lightness[:, None], 3, axis=1)
    assert measure_colormap(greys, "sequential").reversals == 0
    bent = greys.copy()
    bent[50:53] = greys[49]
    bent[53:56] -= 0.05
    ramp = measure_colormap(bent, "sequential")
    assert ramp.depth > 0.5 and ramp.reversals == 1
    assert "lightness J' goes back at 1 of its steps" in ramp.faults[0]
    noisy = np.round(greys * 255) / 255
    assert measure_colormap(noisy, "sequential").faults == ()


def test_a_colormap_without_lightness_or_with_a_seam_or_turned_aside_is_refused() -> None:
    assert "spans 0.0" in measure_colormap(np.full((256, 3), 0.5), "sequential").faults[0]
    aside = _samples("RdBu")[80:]
    assert any("not in the middle" in fault for fault in measure_colormap(aside, "diverging").faults)
    seam = _samples("twilight")[:200]
    assert any("a seam" in fault for fault in measure_colormap(seam, "cyclic").faults)


def test_opacity_is_left_out_and_two_samples_are_no_colormap() -> None:
    faint = _samples("viridis")
    faint[:, 3] = 0.2
    assert measure_colormap(faint, "sequential") == measure_colormap(_samples("viridis"), "sequential")
    with pytest.raises(ValueError, match="three samples"):
        measure_colormap(faint[:2], "sequential")
