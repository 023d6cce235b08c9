"""``figproof runs show`` and ``diff``: all of a run, and where runs part."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from factories import stored_metric
from figproof.audit.difference import MOST_SOURCE_LINES, Difference, compare_runs, part
from figproof.audit.difference_text import difference_text
from figproof.audit.showing import metric_summary, run_facts, run_text
from figproof.audit.spelling import as_json
from figproof.store import Store
from figproof.store.details import read_details
from figproof.store.marks import UNMARKED, Mark
from figproof.store.reader import read_artifact
from stored import SOURCE, put_file, put_metric, put_run

NAN = float("nan")


def compare(store: Store, *ids: Any, most_bytes: int = 100_000) -> Difference:
    return compare_runs(
        [read_details(store, run_id) for run_id in ids],
        lambda file: read_artifact(store, file, max_bytes=most_bytes),
    )


@pytest.mark.store
def test_show_has_everything_but_secrets(store: Store) -> None:
    put_run(store, 5, captured_out="x" * 50 + "end")

    facts = run_facts(read_details(store, 5), Mark(("paper",), "looked at", True), output_characters=3)

    assert facts["output"] == "end" and facts["output_characters"] == 53
    assert facts["config"]["learning_rate"] == 0.01
    assert facts["dependencies"] == {"numpy": "2.4.6", "sacred": "0.8.7"}
    assert facts["sources"][0]["name"] == "train.py" and len(facts["sources"][0]["sha256"]) == 64
    assert facts["artifacts"][0]["bytes"] > 0
    assert (facts["metrics"][0]["min"], facts["metrics"][0]["min_step"]) == (0.25, 2)
    text = run_text(facts)
    for word in (
        "run 5 (archived)",
        "looked at",
        "numpy",
        "train.py",
        "arrays.npz",
        "loss",
        "node1",
        "clean",
    ):
        assert word in text
    assert "s3cr3t" not in text + as_json(facts), "the environment or a token in a URL was shown"


@pytest.mark.store
def test_show_obeys_no_text_of_a_run(store: Store) -> None:
    put_run(
        store,
        5,
        captured_out="\x1b]0;evil\x07\x9b2J\n",
        config={
            "a\x1b[2J": {"py/object": "os.system", "py/reduce": ["\x1b[31m"]},
            "path": "../../etc/passwd",
        },
        experiment__name="<script>\x1b[2J",
        artifacts=[{"name": "../../x\x1b[2J", "file_id": put_file(store, b"x")}],
    )
    facts = run_facts(read_details(store, 5), UNMARKED, output_characters=100)

    for said in (run_text(facts), as_json(facts)):
        assert all(line.isprintable() for line in said.splitlines())
        assert "py/reduce" in said, "an object of jsonpickle is shown as the mapping that it is"


def test_a_summary_of_a_series_leaves_nan_out() -> None:
    summary = metric_summary(stored_metric("loss", (NAN, 3.0, 1.0, float("inf"))))

    assert (summary["min"], summary["min_step"], summary["max_step"]) == (1.0, 2, 3)
    assert (summary["points"], summary["not_finite"]) == (4, 2)
    assert metric_summary(stored_metric("loss", (NAN,)))["min"] is None
    assert metric_summary(stored_metric("loss", ()))["first"] is None


def test_curves_part_at_the_first_step_that_differs_in_any_bit() -> None:
    a = stored_metric("loss", (3.0, NAN, 1.0, 0.5), steps=[0, 5, 10, 15])
    b = stored_metric("loss", (3.0, NAN, np.nextafter(1.0, 2.0), 0.9), steps=[0, 5, 10, 15])

    change = part(a, b)

    assert (change["change"], change["step"]) == ("parts", 10)
    assert change["values"] == [1.0, np.nextafter(1.0, 2.0)]
    assert (change["largest"], change["largest_step"]) == (pytest.approx(0.4), 15)
    assert part(a, a) == {}


def test_curves_of_other_lengths_steps_and_types() -> None:
    a = stored_metric("loss", (3.0, 2.0, 1.0))

    assert part(a, stored_metric("loss", (3.0, 2.0))) == {"change": "one goes on", "points": [3, 2]}
    other = part(a, stored_metric("loss", (3.0, 2.0, 1.0), steps=[0, 2, 3]))
    assert (other["change"], other["steps"]) == ("other steps", [1, 2])
    assert part(stored_metric("loss", ("a", "b")), stored_metric("loss", ("a", "c")))["step"] == 1
    assert part(a, stored_metric("loss", (NAN, NAN, NAN)))["step"] == 0
    assert part(stored_metric("loss", ()), stored_metric("loss", ())) == {}


@pytest.mark.store
def test_diff_names_all_that_differs(store: Store) -> None:
    put_run(store, 1)
    put_run(
        store,
        2,
        loss=[1.0, 0.5, 0.125],
        source=SOURCE + b"print(2)\n",
        arrays=b"other",
        config__learning_rate=0.1,
        config__hidden=[32, 32.0],
        config__nested={"deep": True},
        host__hostname="node2",
        experiment__dependencies=["numpy==2.4.7"],
    )
    put_metric(store, 2, "extra", [1.0])
    put_run(store, 3)

    found = compare(store, 1, 2, 3)

    assert found.config["config.learning_rate"] == [0.01, 0.1, 0.01]
    assert "config.hidden" in found.config, "32 and 32.0 are different answers in a config"
    assert found.config["config.nested.deep"] == ["(none)", True, "(none)"]
    assert found.host == {"hostname": ["node1", "node2", "node1"]}
    assert found.dependencies["numpy"] == ["2.4.6", "2.4.7", "2.4.6"]
    assert found.dependencies["sacred"] == ["0.8.7", "(none)", "0.8.7"]
    assert list(found.artifacts) == ["arrays.npz"]
    assert found.results == {"result": [0.25, 0.125, 0.25]}
    assert [(m["name"], m["run"], m.get("step")) for m in found.metrics] == [
        ("extra", 2, None),
        ("loss", 2, 2),
    ]
    (change,) = [source for source in found.sources if source["run"] == 2]
    assert change["change"][-1] == "+print(2)"
    text = difference_text(found, most_lines=3)
    assert "parts at step 2 (0.25 and 0.125)" in text and "git: no difference" in text
    assert "more lines: --lines" in text and "+print(2)" not in text


@pytest.mark.store
def test_diff_of_runs_that_are_equal_says_so(store: Store) -> None:
    put_run(store, 1)
    put_run(store, 2, config__seed=1)

    found = compare(store, 1, 2)

    assert difference_text(found, 10).count("no difference") == 8
    assert not any((found.config, found.metrics, found.sources, found.artifacts))


@pytest.mark.store
@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"\n".join(b"%d" % k for k in range(MOST_SOURCE_LINES + 2)), "not compared line by line"),
        (b"x" * 100_001, "cannot be compared: in run 2 it has 100001 bytes, more than 100000"),
    ],
)
def test_a_source_that_would_take_for_ever_is_not_compared_line_by_line(
    store: Store, source: bytes, said: str
) -> None:
    put_run(store, 1)
    put_run(store, 2, source=source)

    ((line,),) = [change["change"] for change in compare(store, 1, 2).sources]

    assert said in line


@pytest.mark.store
def test_a_source_that_is_gone_or_only_in_one_is_named(store: Store) -> None:
    put_run(store, 1)
    put_run(store, 2, experiment__sources=[["train.py", "gone"], ["other\x1b.py", put_file(store, b"")]])

    found = compare(store, 1, 2)

    assert [change["change"] for change in found.sources] == [
        ["only in it"],
        ["cannot be compared: in run 2 it has no file in the store"],
    ]
    assert "\x1b" not in difference_text(found, 10)
