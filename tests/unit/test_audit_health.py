"""``figproof runs health``: each rule with a run that breaks it, and one that just does not."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from figproof.audit.findings import MEANING
from figproof.audit.health import Report, check_runs
from figproof.audit.health_text import report_data, report_text
from figproof.audit.marking import archive_runs
from figproof.audit.spelling import as_json
from figproof.declare import Declared
from figproof.store import Store
from stored import NOW, SOURCE, START, STOP, put_file, put_metric, put_run

pytestmark = pytest.mark.store
NAN = float("nan")
SECOND = datetime.timedelta(seconds=1)


def check(store: Store, *ids: Any) -> Report:
    return check_runs(store, ids, NOW)


def found(report: Report) -> list[tuple[str, str]]:
    return [(one.severity, one.rule) for one in report.findings]


def test_a_whole_run_is_clean_and_a_run_of_another_id_type_too(store: Store) -> None:
    put_run(store, 1)
    put_run(store, "text", config__seed=1)

    lines: list[str] = []
    report = check_runs(store, [1, "text"], NOW, lines.append)

    assert report.findings == ()
    assert report_text(report) == "2 runs: clean"
    assert lines == ["checked 1 of 2 runs", "checked 2 of 2 runs"]


def damaged(store: Store) -> None:
    file_id = put_file(store, b"x" * 2500)
    store.database["fs.chunks"].update_one({"files_id": file_id, "n": 1}, {"$set": {"data": b"y" * 1000}})
    put_run(store, 1, artifacts=[{"name": "weights.pt", "file_id": file_id}])


def old_md5(store: Store) -> None:
    file_id = put_file(store, b"abc", other=1)
    store.database["fs.files"].update_one({"_id": file_id}, {"$set": {"md5": "0" * 32}})
    put_run(store, 1, artifacts=[{"name": "weights.pt", "file_id": file_id}])


def clock_back(store: Store) -> None:
    put_run(store, 1)
    times = [START + 10 * SECOND, START + 5 * SECOND]
    put_metric(store, 1, "extra", [1.0, 2.0], timestamps=times)


def times_with_a_gap(seconds: float, other_s: float = 1) -> list[datetime.datetime]:
    before = [START + step * other_s * SECOND for step in range(6)]
    return [*before, *(before[-1] + (seconds + step) * SECOND for step in range(4))]


def clock_forward(store: Store, seconds: float = 120, other_s: float = 1) -> None:
    put_run(store, 1)
    times = times_with_a_gap(seconds, other_s)
    put_metric(store, 1, "extra", [1.0] * 10, timestamps=times)


def copied_point(store: Store) -> None:
    put_run(store, 1)
    times = [START, START + SECOND, START + SECOND]
    put_metric(store, 1, "extra", [1.0, 2.0, 2.0], steps=[0, 1, 1], timestamps=times)


def conflicting_point(store: Store) -> None:
    put_run(store, 1)
    put_metric(store, 1, "extra", [1.0, 2.0, 3.0], steps=[0, 1, 1])


def old_points(store: Store) -> None:
    put_run(store, 1)
    put_metric(store, 1, "extra", [1.0], timestamps=[START - datetime.timedelta(days=1)])


def missing_source(store: Store) -> None:
    put_run(store, 1, experiment__sources=[["train.py", "gone"]])


DIRTY = [{"url": "u", "commit": "c" * 40, "dirty": True}]
BREAKING: dict[str, tuple[Callable[[Store], Any], list[tuple[str, str]], str]] = {
    "fewer points than declared": (
        lambda store: put_run(store, 1, declared={"loss": Declared("nat", 40)}),
        [("error", "incomplete")],
        "has 3 points, 40 were declared",
    ),
    "observer gave up": (
        lambda store: put_run(store, 1, heartbeat=None),
        [("error", "incomplete")],
        "the last heartbeat (None) is not near",
    ),
    "killed": (
        lambda store: put_run(store, 1, status="RUNNING", stop_time=None),
        [("error", "stale")],
        "more than 5 minutes ago",
    ),
    "recording": (
        lambda store: put_run(store, 1, status="RUNNING", heartbeat=NOW - 20 * SECOND),
        [("note", "running")],
        "RUNNING",
    ),
    "failed": (lambda store: put_run(store, 1, status="FAILED"), [("error", "failed")], "status is FAILED"),
    "NaN that nobody declared": (
        lambda store: put_run(store, 1, loss=[1.0, NAN], declared={}),
        [("warning", "not-finite")],
        "1 of 2 points, first at step 1, and nothing was declared",
    ),
    "NaN that was declared impossible": (
        lambda store: put_run(store, 1, loss=[1.0, NAN]),
        [("error", "not-finite")],
        "is not finite at step 1",
    ),
    "NaN as declared": (
        lambda store: put_run(store, 1, loss=[NAN], declared={"loss": Declared("", 1, may_be_nan=True)}),
        [("note", "not-finite")],
        "as the experiment declared",
    ),
    "a point written twice": (copied_point, [("warning", "steps")], "1 points that are copies"),
    "two values on a step": (
        conflicting_point,
        [("error", "steps")],
        "has step 1 twice, with 2.0 and 3.0",
    ),
    "no seed": (
        lambda store: put_run(store, 1, config={}),
        [("warning", "no-seed")],
        "no seed in its config",
    ),
    "seed is text": (
        lambda store: put_run(store, 1, config__seed="7"),
        [("warning", "no-seed")],
        "'7' is no integer",
    ),
    "uncommitted changes": (
        lambda store: put_run(store, 1, experiment__repositories=DIRTY),
        [("warning", "uncommitted")],
        "commit cccccccccccc had uncommitted changes, no diff is stored; 1 source files are",
    ),
    "a missing source": (
        missing_source,
        [("warning", "sources")],
        "1 of 1 source files are not in the store: 'train.py'",
    ),
    "no source": (
        lambda store: put_run(store, 1, experiment__sources=[]),
        [("warning", "sources")],
        "no source file was recorded",
    ),
    "a missing artifact": (
        lambda store: put_run(store, 1, artifacts=[{"name": "a.npz", "file_id": "gone"}]),
        [("error", "artifact-missing")],
        "artifact 'a.npz' has no file in the store",
    ),
    "a flipped byte": (damaged, [("error", "damaged")], "differs from the SHA-256"),
    "a flipped byte, old driver": (old_md5, [("error", "damaged")], "differs from the MD5"),
    "no digest": (
        lambda store: put_run(store, 1, artifacts=[{"name": "a", "file_id": put_file(store, b"a", other=1)}]),
        [("note", "no-digest")],
        "1 files without a digest: 'a'",
    ),
    "the clock was set back": (clock_back, [("warning", "clock")], "the clock goes back by 5.0 s"),
    "the clock was set forward": (
        clock_forward,
        [("note", "gap")],
        "no point of any metric for 120.0 s after 2026-01-02 03:04:10.000; the next longest is 1.0 s",
    ),
    "points of an older run": (old_points, [("error", "clock")], "its id was used before"),
    "stopped before it started": (
        lambda store: put_run(store, 1, start_time=STOP + SECOND, loss=[], declared={}),
        [("warning", "clock")],
        "stopped (2026-01-02 03:09:05) before it started",
    ),
    "a pickled object": (
        lambda store: put_run(store, 1, config__model={"a": [{"py/object": "os.system"}]}),
        [("warning", "opaque")],
        "config.model.a.0 is a pickled Python object",
    ),
    "an artifact named as a path": (
        lambda store: put_run(store, 1, artifacts=[{"name": "../../x", "file_id": put_file(store, b"a")}]),
        [("warning", "name")],
        "artifact '../../x' is named as a path",
    ),
    "no npz": (
        lambda store: put_run(store, 1, arrays=b"PK no zip"),
        [("error", "arrays")],
        "artifact 'arrays.npz' is not a whole zip",
    ),
}


@pytest.mark.parametrize("case", BREAKING)
def test_each_rule_finds_the_run_that_breaks_it(store: Store, case: str) -> None:
    breaking, rules, measured = BREAKING[case]
    breaking(store)

    report = check(store, 1)

    assert found(report) == rules
    assert measured in report.findings[0].measured
    assert all(one.means == MEANING[one.rule] for one in report.findings)


JUST_NOT: dict[str, Callable[[Store], Any]] = {
    "all points": lambda store: put_run(store, 1, declared={"loss": Declared("nat", 3)}),
    "a late heartbeat": lambda store: put_run(store, 1, heartbeat=STOP - 29 * SECOND),
    "a clock that is corrected by less than a second": lambda store: (
        put_run(store, 1),
        put_metric(store, 1, "extra", [1.0, 2.0], timestamps=[START + SECOND, START + 0.1 * SECOND]),
    ),
    "uncommitted changes with a diff": lambda store: put_run(
        store,
        1,
        experiment__repositories=DIRTY,
        artifacts=[{"name": "uncommitted.diff", "file_id": put_file(store, b"--- a")}],
    ),
    "a source in a folder": lambda store: put_run(
        store, 1, experiment__sources=[["model/net.py", put_file(store, SOURCE)]]
    ),
    "something else that starts as a zip does": lambda store: put_run(
        store, 1, artifacts=[{"name": "notes.txt", "file_id": put_file(store, b"PK is no zip")}]
    ),
}


@pytest.mark.parametrize("case", JUST_NOT)
def test_what_just_does_not_break_a_rule_is_clean(store: Store, case: str) -> None:
    JUST_NOT[case](store)

    assert found(check(store, 1)) == []


def zip_of(*sizes: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for at, size in enumerate(sizes):
            archive.writestr(f"x{at}.npy", bytes(size))
    return buffer.getvalue()


def test_a_zip_bomb_is_named_and_never_inflated(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = bytearray(zip_of(1_000_000))
    at = bomb.rfind(b"PK\x01\x02")
    bomb[at + 24 : at + 28] = (4_000_000_000).to_bytes(4, "little")
    put_run(store, 1, arrays=bytes(bomb))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("the bomb was opened"))

    report = check(store, 1)

    assert found(report) == [("error", "arrays")]
    assert "inflates to 4000000000 bytes, 536870912 are read" in report.findings[0].measured


def test_a_zip_with_an_endless_directory_is_not_read(store: Store) -> None:
    content = bytearray(zip_of(10))
    at = content.rfind(b"PK\x05\x06")
    content[at + 12 : at + 16] = b"\xf0\xff\xff\xff"
    put_run(store, 1, arrays=bytes(content))

    report = check(store, 1)

    assert "claims a directory of 4294967280 bytes" in report.findings[0].measured


def test_seeds_of_one_setting_with_other_packages_or_code(store: Store) -> None:
    put_run(store, 1)
    put_run(store, 2, experiment__dependencies=["numpy==2.5.0", "sacred==0.8.7"], source=SOURCE + b"#")
    put_run(store, 3, config__learning_rate=0.5, host__python_version="3.13.1")

    report = check(store, 1)

    assert [(one.rule, one.runs) for one in report.findings] == [("versions", (1, 2)), ("code", (1, 2))]
    assert "differ in numpy (2.4.6, 2.5.0)" in report.findings[0].measured
    assert "differ in source train.py (2 versions)" in report.findings[1].measured
    assert found(check(store, 3)) == []
    archive_runs(store, ["2"], archived=True)
    assert found(check(store, 1)) == [], "an archived run stands beside no other"


def test_the_same_source_stored_twice_is_the_same_code(store: Store) -> None:
    put_run(store, 1)
    put_run(store, 2)

    assert found(check(store, 1, 2)) == []


def test_one_config_and_seed_with_different_results(store: Store) -> None:
    put_run(store, 1)
    put_run(store, 2, config__seed=1, loss=[1.0, 0.5, 0.125])
    put_run(store, 3, config__seed=3, loss=[9.0])

    (finding,) = check(store, 1, 2, 3).findings

    assert (finding.rule, finding.runs) == ("not-repeatable", (1, 2))
    assert "results 0.25 and 0.125; metric 'loss' from step 2" in finding.measured


def test_measured_times_may_differ_between_equal_runs(store: Store) -> None:
    for run_id in (1, 2):
        put_run(store, run_id, config__seed=1)
        put_metric(store, run_id, "system.epoch_time", [float(run_id)])

    assert found(check(store, 1, 2)) == []


@pytest.mark.parametrize(("seconds", "other_s"), [(59, 1), (120, 7)])
def test_a_short_pause_or_one_of_many_is_no_gap(store: Store, seconds: float, other_s: float) -> None:
    clock_forward(store, seconds, other_s)

    assert found(check(store, 1)) == []


def test_a_run_that_cannot_be_read_does_not_hide_the_others(store: Store) -> None:
    put_run(store, 1, status="FAILED")
    put_run(store, 2, experiment="no mapping")

    report = check(store, 2, 1)

    assert [(one.rule, one.runs) for one in report.findings] == [("unreadable", (2,)), ("failed", (1,))]


def test_a_report_obeys_no_text_of_a_run(store: Store) -> None:
    put_run(store, 1, status="\x1b[2J<script>", config={"\x9b": {"py/object": "x"}})
    put_metric(store, 1, "‮\x1b", [NAN])

    report = check(store, 1)

    assert report.findings
    for said in (report_text(report), as_json(report_data(report))):
        assert all(line.isprintable() for line in said.splitlines())


def test_a_report_as_data_counts_and_explains(store: Store) -> None:
    put_run(store, 1, status="FAILED", config={})

    data = report_data(check(store, 1))

    assert (data["errors"], data["warnings"], data["notes"], data["runs"]) == (1, 1, 0, [1])
    assert data["findings"][0] == {
        "rule": "failed",
        "severity": "error",
        "runs": [1],
        "measured": "status is FAILED",
        "means": MEANING["failed"],
    }


def test_every_rule_is_broken_by_some_test() -> None:
    broken = {rule for _, rules, _ in BREAKING.values() for _, rule in rules}

    assert broken | {"versions", "code", "not-repeatable", "unreadable"} == set(MEANING)
