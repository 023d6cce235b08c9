"""sweep: settings and their places, colours by the metric, diverged settings, panels, importances."""

import functools
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from figproof.axes import ROOM, fanned
from figproof.canonical import digest_bytes
from figproof.canvas import render
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import load_kind
from figproof.look import load_look, venue_names
from figproof.model import Metric, Run, Snapshot, Table
from figproof.numerics import importance
from figproof.numerics.importance import importances
from figproof.tables import read_table, table_files

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "sweep")
BASE = {"metric": "accuracy", "better": "higher"}


@functools.cache
def look_of(venue="icml2025"):
    return load_look(ROOT, venue, "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml"))


def run(number, values, seed=1, metric="accuracy", **config):
    series = Metric(metric, "", np.arange(len(values)), np.array(values, float), "epoch")
    return Run(number, f"{number:064x}", "e", "c", seed, {"seed": seed, **config}, {metric: series}, {})


SEARCH = [
    run(1, [0.1, 0.5], rate=0.001, optimizer="sgd"),
    run(2, [0.2, 0.9], rate=0.1, optimizer="adam"),
    run(3, [0.3, 0.7], rate=0.01, optimizer="sgd"),
    run(4, [0.3, np.nan], rate=1.0, optimizer="adam"),
]


def derive(runs, expected_seeds=None, **params):
    return KIND.derive(Snapshot("p", tuple(runs), expected_seeds), KIND.params(**{**BASE, **params}))


def column(table, key, what="place"):
    values = table.frame("values")
    return values[what][values["key"] == key].tolist()


def picture(table, size=(6.75, 2.6), venue="icml2025", **params):
    figures = []

    def draw(fig):
        KIND.draw(fig, table, KIND.params(**{**BASE, **params}), look_of(venue))
        figures.append(fig)

    render(draw, look_of(venue), size, ["png"], {"figure": "t"})
    return figures[0]


def texts_of(axes):
    return [text.get_text() for text in axes.texts if text.get_text()]


def lines_of(axes):
    """Diverged lines and the others, each with points (lines, axes, 2), colours and widths."""
    lost, drawn = (artist for artist in axes.collections if isinstance(artist, LineCollection))
    return [(np.array(a.get_segments()), a.get_colors(), a.get_linewidths()) for a in (lost, drawn)]


def test_settings_are_ordered_from_best_to_worst_and_diverged_ones_come_last():
    table = derive(SEARCH)
    np.testing.assert_array_equal(table.frame("settings")["metric"], [0.9, 0.7, 0.5, np.nan])
    assert column(table, "optimizer", "name") == ["adam", "sgd", "sgd", "adam"]
    np.testing.assert_allclose(column(table, "rate"), [2 / 3, 1 / 3, 0, 1])
    np.testing.assert_allclose(column(table, "optimizer"), [0.25, 0.75, 0.75, 0.25])
    assert column(table, "accuracy", "name") == ["", "", "", "diverged"]
    assert table.facts["diverged"] == 1
    lower = derive(SEARCH, better="lower").frame("settings")["metric"]
    np.testing.assert_array_equal(lower, [0.5, 0.7, 0.9, np.nan])


def test_seeds_of_a_setting_are_averaged_and_one_that_diverged_loses_it():
    runs = [run(n, [v], seed=s, rate=r) for n, (r, s, v) in enumerate([(0.1, 1, 0.4), (0.1, 2, 0.6)])]
    runs += [run(5, [0.9], seed=1, rate=0.2), run(6, [np.nan], seed=2, rate=0.2), run(7, [0.2], rate=0.3)]
    rows = derive(runs).frame("settings")
    np.testing.assert_allclose(rows["metric"], [0.5, 0.2, np.nan])
    assert rows["runs"].tolist() == [2, 1, 2] and rows["seeds"].tolist() == ["1 2", "1", "1 2"]
    note = texts_of(picture(derive(runs, expected_seeds=2)).axes[0])
    assert any("3 settings, mean, n = 1 to 2 of 2 seeds" in text for text in note)


def test_the_best_value_of_a_run_can_be_taken():
    table = derive([run(1, [0.8, 0.1], rate=1), run(2, [0.2, 0.3], rate=2)], value="best")
    assert table.frame("settings")["metric"].tolist() == [0.8, 0.3]


def test_keys_are_those_that_differ_or_those_given_in_their_order():
    runs = [run(n, [n], rate=n, width=16, name=str(n)) for n in (1, 2)]
    assert derive(runs).frame("axes")["key"].tolist() == ["name", "rate", "accuracy"]
    chosen = derive(runs, keys=["width", "rate"])
    assert chosen.frame("axes")["key"].tolist() == ["width", "rate", "accuracy"]
    assert chosen.facts["not_shown"] == ["name"]
    note = texts_of(picture(chosen, keys=["width", "rate"]).axes[0])[-1]
    assert note.startswith("last epoch, 2 settings, one run each, 1 other key differs")
    whole = [run(n, [n], hidden=[n]) for n in (1, 2)]
    assert derive(whole, keys=["hidden"]).facts["not_shown"] == []


def test_a_key_may_have_the_metric_s_name():
    runs = [run(n, [n / 10], metric="rate", rate=n) for n in (1, 2, 3)]
    table = derive(runs, metric="rate")
    assert table.frame("axes")["high"].tolist() == [3, 0.3]
    assert len(lines_of(picture(table, metric="rate").axes[0])[1][0]) == 3


def test_wrong_keys_and_labels_are_refused():
    with pytest.raises(FigproofError, match="'rat' is not recorded"):
        derive(SEARCH, keys=["rat"])
    with pytest.raises(FigproofError, match=r"'rat' is not drawn.*Did you mean rate"):
        derive(SEARCH, labels={"rat": "learning rate"})
    with pytest.raises(FigproofError, match=r"no config key differs(.|\n)*Hint"):
        derive(SEARCH[:1])
    with pytest.raises(ValueError, match="keys repeat"):
        KIND.params(**BASE, keys=["rate", "rate"])
    with pytest.raises(ValueError, match="last belongs to value"):
        KIND.params(**BASE, last=2)


def test_settings_that_all_diverged_and_a_log_of_zero_are_refused():
    with pytest.raises(FigproofError, match="every setting diverged"):
        derive([run(1, [np.nan], rate=1), run(2, [np.inf], rate=2)])
    with pytest.raises(FigproofError, match=r"0 has no place on a logarithmic scale(.|\n)*metric_scale"):
        derive([run(1, [0.0], rate=1), run(2, [1.0], rate=2)], metric_scale="log")


def test_lines_go_through_their_places_worst_first_and_the_best_is_thickest_and_darkest():
    table = derive(SEARCH)
    (lost, grey, _), (drawn, colours, widths) = lines_of(picture(table).axes[0])
    assert drawn[:, 0, 0].tolist() == [0, 0, 0] and drawn[0, :, 0].tolist() == [0, 1, 2]
    np.testing.assert_allclose(drawn[:, 1, 1], column(table, "rate")[2::-1])
    np.testing.assert_allclose(drawn[:, 2, 1], column(table, "accuracy")[2::-1])
    assert widths[2] > 2 * widths[0] and widths[0] == widths[1]
    lightness = colours[:, :3].mean(axis=1)
    assert (np.diff(lightness) < 0).all(), "the best is darkest"
    assert len(lost) == 1 and to_hex(grey[0]) == look_of().muted
    assert lost[0, 2, 1] == column(table, "accuracy")[3] < drawn[:, 2, 1].min()


def test_where_lower_is_better_the_lowest_is_darkest():
    table = derive(SEARCH, better="lower")
    _, colours, _ = lines_of(picture(table, better="lower").axes[0])[1]
    assert (np.diff(colours[:, :3].mean(axis=1)) < 0).all()


def test_lines_of_one_name_are_fanned_out_with_the_best_on_top():
    runs = [run(n, [n], optimizer="ab"[n % 2], rate=10.0**n) for n in range(12)]
    drawn, _, _ = lines_of(picture(derive(runs)).axes[0])[1]
    upper = drawn[drawn[:, 0, 1] > 0.5, 0, 1]
    assert len(set(upper.tolist())) == 6 and (np.diff(upper) > 0).all()
    np.testing.assert_allclose(upper.mean(), 0.75)


def test_a_fan_stays_on_its_axis_and_off_the_next_value():
    places = np.repeat([0.0, 0.2, 1.0], [300, 5, 2])
    moved = fanned(places)
    assert moved.min() >= -ROOM and moved.max() <= 1 + ROOM
    assert moved[:300].max() < moved[300:305].min()
    assert fanned(np.arange(20.0)).tolist() == list(range(20)), "places of their own stay"


def test_axes_have_names_units_ticks_and_the_note():
    runs = [run(n, [n / 4], rate=10.0**-n, batch=2**n, name=f"${n}$") for n in (1, 2, 3)]
    fig = picture(derive(runs, labels={"rate": "learning rate"}), labels={"rate": "learning rate"})
    written = texts_of(fig.axes[0])
    assert {"learning rate", "batch", "accuracy", "2", "4", "8", "0.001", "0.01", "0.1"} <= set(written)
    assert "last epoch, 3 settings, one run each, thick: best (0.750)" in written
    hostile = [text for text in fig.axes[0].texts if text.get_text() == "$1$"]
    assert len(hostile) == 1 and not hostile[0].get_parse_math()


def test_diverged_settings_are_counted_in_every_view():
    assert any("grey, dashed: 1 diverged" in t for t in texts_of(picture(derive(SEARCH)).axes[0]))
    fig = picture(derive(SEARCH, view="scatter"), (6.75, 4), view="scatter")
    assert any("grey crosses: 1 diverged" in t for axes in fig.axes for t in texts_of(axes))


def panels(fig):
    return [axes for axes in fig.axes if isinstance(axes, Axes) and axes.axison]


def test_a_matrix_has_every_pair_once_with_the_metric_in_the_last_row():
    table = derive(SEARCH, view="scatter")
    shown = panels(picture(table, (6.75, 4), view="scatter"))
    assert len(shown) == 3
    first, against_optimizer, against_rate = shown
    assert [axes.get_xlabel() for axes in shown] == ["", "optimizer", "rate"]
    assert [axes.get_ylabel() for axes in shown] == ["rate", "accuracy", ""]
    dots, crosses, ring = first.collections
    expected = np.column_stack([column(table, "optimizer"), column(table, "rate")])
    np.testing.assert_allclose(dots.get_offsets(), expected[2::-1])
    np.testing.assert_allclose(crosses.get_offsets(), expected[3:])
    np.testing.assert_allclose(ring.get_offsets(), expected[:1])
    np.testing.assert_allclose(
        against_rate.collections[0].get_offsets()[:, 1], column(table, "accuracy")[2::-1]
    )
    ticks = [label.get_text() for label in against_optimizer.get_xticklabels()]
    assert ticks == ["adam", "sgd"]


def test_points_of_one_place_stand_around_it_and_the_best_is_on_it():
    runs = [run(n, [n], optimizer="a" if n < 6 else "b", layers="x", hidden=n) for n in range(8)]
    table = derive(runs, view="scatter", keys=["optimizer", "layers"])
    first = panels(picture(table, (6.75, 4), view="scatter", keys=["optimizer", "layers"]))[0]
    placed = np.asarray(first.collections[0].get_offsets())[::-1]
    assert len({tuple(place) for place in placed.round(6).tolist()}) == 8
    np.testing.assert_allclose(placed[0], [0.75, 0.5])
    np.testing.assert_allclose(placed[2], [0.25, 0.5])
    pixels = first.transData.transform(placed[2:]) * 72 / first.get_figure().dpi
    gaps = np.hypot(*(pixels[:, None] - pixels[None]).T)[np.triu_indices(6, 1)]
    assert gaps.min() > 2 and gaps.max() < 20


@pytest.fixture
def small_forests(monkeypatch):
    for name, count in (("TREES", 60), ("SUBSAMPLES", 5), ("SUBSAMPLE_TREES", 20)):
        monkeypatch.setattr(importance, name, count)


def searched(count=30, lost=2):
    random = np.random.default_rng(0)
    runs = []
    for number in range(count):
        rate, kind = float(10 ** random.uniform(-5, 0)), str(random.choice(["a", "b"]))
        value = np.nan if number < lost else 10 ** (0.2 * (np.log10(rate) + 2) ** 2 + 0.1 * (kind == "b"))
        runs.append(run(number + 1, [value], rate=rate, kind=kind))
    return runs


def test_importances_are_those_of_the_finite_settings_on_the_scales_that_are_drawn(small_forests):
    table = derive(searched(), view="importance", metric_scale="log", better="lower", forest_seed=4)
    values = np.log10(table.frame("settings")["metric"][:28])
    rates = np.log10(column(table, "rate", "number")[:28])[:, None]
    kinds = np.array([[name == one for one in "ab"] for name in column(table, "kind", "name")[:28]], float)
    expected = importances([kinds, rates], values, seed=4)
    rows = table.frame("importance")
    assert rows["key"].tolist() == ["kind", "rate"]
    np.testing.assert_allclose(rows["share"], expected.share)
    np.testing.assert_allclose(rows["high"], expected.high)
    assert table.facts["r2"] == expected.r2


def test_importances_are_drawn_from_the_largest_with_interval_and_how_well_the_forest_fits(small_forests):
    params = {"view": "importance", "metric_scale": "log", "better": "lower"}
    table = derive(searched(), **params)
    axes = picture(table, (3.25, 1.9), **params).axes[0]
    share, low, high = (table.frame("importance")[name][::-1] for name in ("share", "low", "high"))
    assert share[0] > share[1]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["rate", "kind"]
    np.testing.assert_allclose([bar.get_width() for bar in axes.patches], share)
    segments = np.array(axes.collections[0].get_segments())
    np.testing.assert_allclose(segments[:, :, 0], np.column_stack([low, high]))
    written = " ".join(texts_of(axes)).replace("\n", " ")
    assert "30 settings" in written and "2 diverged, left out" in written
    assert f"out-of-bag R² = {table.facts['r2']:.2f}" in written and "95 % CI over settings" in written
    assert "weak" not in written
    assert axes.get_xlabel() == "share of the variance of log accuracy"


def test_a_forest_that_explains_less_than_half_is_marked(small_forests):
    table = derive(searched(), view="importance", metric_scale="log", better="lower")
    weak = Table(table.frames, {**table.facts, "r2": 0.31})
    written = " ".join(texts_of(picture(weak, (6.75, 1.9), view="importance").axes[0]))
    assert "out-of-bag R² = 0.31 (weak fit)" in written


@pytest.mark.parametrize("venue", venue_names(ROOT))
def test_matrix_and_importances_are_camera_ready_at_every_venue(venue, small_forests, tmp_path):
    page, room_in = look_of(venue).venue, look_of(venue).room_in
    for view, width, height_in in (
        ("scatter", "full", 4.5),
        ("scatter", "single", 3.6),
        ("importance", "single", 2.0),
    ):
        # Larger text has a larger page.
        size = (page.widths_in[width], min(room_in(height_in), page.max_height_in))
        files = table_files(derive(searched(), view=view))
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        stored = read_table(tmp_path, {name: digest_bytes(content) for name, content in files.items()})
        assert picture(stored, size, venue, view=view).axes
