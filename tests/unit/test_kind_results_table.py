"""results_table: numbers, what is bold and why, the same cells as LaTeX, Markdown and macros."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from figproof.conditions import Condition, load_conditions
from figproof.errors import FigproofError
from figproof.kinds import TEXTS, example_run, load_kind
from figproof.look import load_look
from figproof.model import Metric, Snapshot

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "results_table")
CONDITIONS = load_conditions(ROOT / "config/conditions.yaml")
SGD = np.array([0.90, 0.91, 0.93, 0.92])
ADAM = SGD + np.array([0.02, 0.03, 0.02, 0.03])
NEAR = ADAM + np.array([0.002, -0.003, 0.002, -0.002])


def snapshot(**conditions):
    runs = []
    for condition, values in conditions.items():
        for seed, value in enumerate(values, start=1):
            metrics = {"accuracy": Metric("accuracy", "", np.arange(2), np.array([0.1, value]), "epoch")}
            runs.append(example_run(len(runs) + 1, condition, seed=seed, metrics=metrics))
    return Snapshot("pin", tuple(runs), expected_seeds=4)


def params(**given):
    column = {"metric": "accuracy", "better": "higher", **given.pop("column", {})}
    return KIND.params.model_validate({"columns": [column], "interval": "sd", **given})


def cells(table):
    rows = table.frame("cells")
    return {name: {key: rows[key][at] for key in rows} for at, name in enumerate(rows["condition"])}


def look(conditions=CONDITIONS):
    return load_look(ROOT, "icml2025", "petroff10", "viridis", conditions)


def test_a_cell_is_mean_and_sample_deviation_in_percent_where_asked():
    found = cells(KIND.derive(snapshot(sgd=SGD), params(column={"percent": True})))["sgd"]
    assert found["centre"] == pytest.approx(100 * SGD.mean())
    assert (found["high"] - found["low"]) / 2 == pytest.approx(100 * SGD.std(ddof=1))
    assert found["decimals"] == 1 and found["n"] == 4


def test_bold_is_the_best_and_what_the_test_cannot_tell_from_it():
    runs = snapshot(sgd=SGD, adam=ADAM, momentum=NEAR)
    assert {k for k, c in cells(KIND.derive(runs, params())).items() if c["bold"]} == {"adam"}
    found = cells(KIND.derive(runs, params(bold="not_worse")))
    assert {name for name, cell in found.items() if cell["bold"]} == {"adam", "momentum"}
    p = {name: stats.ttest_rel(values, ADAM).pvalue for name, values in (("sgd", SGD), ("momentum", NEAR))}
    smaller = min(p, key=p.get)
    assert found[smaller]["p_against_best"] == pytest.approx(2 * p[smaller])


def test_lower_can_be_better_and_a_condition_that_diverged_is_never_bold():
    runs = snapshot(sgd=SGD, adam=np.append(ADAM[:3], np.nan))
    found = cells(KIND.derive(runs, params(column={"better": "lower"}, bold="not_worse")))
    assert found["sgd"]["bold"] == 1 and found["adam"]["bold"] == 0 and np.isnan(found["adam"]["centre"])


def test_latex_markdown_and_macros_hold_the_same_numbers():
    chosen = params()
    texts = KIND.texts("fig_2", KIND.derive(snapshot(sgd=SGD, adam=ADAM), chosen), chosen, look())
    assert set(texts) == set(TEXTS)
    assert r"\textbf{0.940 $\pm$ 0.014}" in texts["tex"] and r"SGD & 0.915 $\pm$ 0.013 \\" in texts["tex"]
    assert r"\toprule" in texts["tex"] and "bold: best" in texts["tex"]
    assert "| SGD | 0.915 ± 0.013 |" in texts["md"] and "**0.940 ± 0.014**" in texts["md"]
    assert r"\newcommand{\figTwoAdamAccuracyFinal}{0.940 $\pm$ 0.014}" in texts["macros.tex"]


def test_a_hostile_label_stays_text():
    hostile = {"sgd": Condition(label=r"\input{x} & <b>", slot=0, marker="o", dash="solid")}
    chosen = params()
    texts = KIND.texts("t", KIND.derive(snapshot(sgd=SGD), chosen), chosen, look(hostile))
    assert r"\textbackslash{}input\{x\} \& \textless{}b\textgreater{}" in texts["tex"]
    assert r"\<b\>" in texts["md"]


def test_two_numbers_of_one_macros_name_are_refused():
    chosen = params(conditions=["a1", "a-1"])
    conditions = {
        "a1": Condition(label="A", slot=0, marker="o", dash="solid"),
        "a-1": Condition(label="B", slot=1, marker="s", dash="dashed"),
    }
    table = KIND.derive(snapshot(**{"a1": SGD, "a-1": ADAM}), chosen)
    with pytest.raises(FigproofError, match=r"two numbers would be called \\tAOneAccuracyFinal"):
        KIND.texts("t", table, chosen, look(conditions))
