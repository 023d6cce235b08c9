"""``figproof status``: every reason for which a figure is stale, told apart, and none that is not there."""

import json

import pytest

from figproof.cli import main
from figproof.errors import FigproofError
from figproof.proof.status import project_status
from papers import RUNS, build, put_run

pytestmark = pytest.mark.store


def reasons(project, figure="curves", store=None):
    """Kind and text of each reason of a figure."""
    (found,) = project_status(project, [figure], store).figures
    return [(reason.kind, reason.text) for reason in found.reasons]


def kinds(project, figure="curves"):
    return sorted({kind for kind, _ in reasons(project, figure)})


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_what_was_just_built_is_current(paper):
    status = project_status(paper, [], None)
    assert [one.figure for one in status.figures] == ["curves", "table"]
    assert all(one.current for one in status.figures) and status.stale == 0 and not status.left_over


def test_a_figure_that_was_never_built_says_so_and_nothing_else(paper):
    (paper.figure_specs / "new.yaml").write_text((paper.figure_specs / "curves.yaml").read_text())
    assert reasons(paper, "new") == [("never built", "nothing of it is there; run: snakemake")]


def test_a_changed_spec_names_the_params_and_leaves_the_other_figure_current(paper):
    key = {"parts": [{"panel": "", "params": {"metrics": ["train.loss"]}}]}
    path = paper.key_file("derive", "curves")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(key))
    edit(paper.figure_specs / "curves.yaml", "params:\n", "params:\n  y_scale: log\n")
    assert reasons(paper) == [("spec", "config/figures/curves.yaml changed: y_scale")]
    assert kinds(paper, "table") == []


def test_another_kind_or_pin_is_told_by_both_names(paper):
    edit(paper.figure_specs / "table.yaml", "kind: results_table", "kind: prediction_table")
    assert ("spec", "kind results_table is now prediction_table") in reasons(paper, "table")


def test_a_sheet_of_the_papers_own_and_a_look_of_a_condition(paper):
    from figproof.places import builtin

    own = paper.root / "styles/venues/icml2025.mplstyle"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text((builtin("styles") / "venues/icml2025.mplstyle").read_text())
    edit(paper.conditions_file, "Momentum", "Heavy ball")
    assert reasons(paper) == [
        ("style", "figproof:styles/venues/icml2025.mplstyle is no longer used, or not found"),
        ("style", "styles/venues/icml2025.mplstyle is used now, and was not"),
        ("conditions", "the look of condition momentum changed in config/conditions.yaml"),
    ]
    build(paper, "curves")
    own.write_text(own.read_text() + "\n# a remark\n")
    assert reasons(paper) == [("style", "styles/venues/icml2025.mplstyle changed")]


def test_the_code_of_a_kind_the_lock_and_a_package(paper, monkeypatch):
    from figproof.places import builtin
    from figproof.proof import status

    own = paper.root / "figures/loss_curves.py"
    own.write_text((builtin("figures") / "loss_curves.py").read_text() + "\n# ours\n")
    paper.lock_file.write_text("numpy==1.0\n")
    real = status.figure_provenance

    def upgraded(*arguments):
        now = real(*arguments)
        return {**now, "library": "ab", "versions": {**now["versions"], "numpy": "9.9"}}

    monkeypatch.setattr(status, "figure_provenance", upgraded)
    found = reasons(paper)
    assert ("kind", "the code of kind loss_curves changed") in found
    assert ("lock", "requirements.lock changed") in found
    assert ("library", "figproof's own code changed") in found
    assert next(text for kind, text in found if kind == "packages").endswith("is now 9.9")


def test_a_pin_that_names_other_runs_says_which(paper):
    path = paper.pins / "optimizers.json"
    pin = json.loads(path.read_text())
    gone, changed = pin["runs"].pop(), pin["runs"][0]
    changed["digest"] = "0" * 64
    path.write_text(json.dumps(pin))
    found = reasons(paper)
    runs = f"run {gone['id']} taken out; run {changed['id']} with other content"
    assert ("pin", f"pin optimizers: {runs}") in found
    assert ("snapshot", "the snapshot of pin optimizers holds other runs than the pin names") in found


def test_files_and_numbers_that_were_edited_or_lost_are_named_each(paper):
    with paper.figure_file("curves", "pdf").open("ab") as stream:
        stream.write(b"\n")
    paper.figure_file("curves", "svg").unlink()
    edit(paper.derived("curves") / "lines.csv", "momentum", "Momentum")
    paper.manifest("optimizers").unlink()
    texts = [text.partition(";")[0] for _, text in reasons(paper)]
    assert texts == [
        "the snapshot of pin optimizers is not there",
        "results/derived/curves/lines.csv was edited since it was made",
        "results/figures/curves.pdf was edited since it was made",
        "results/figures/curves.svg is missing",
    ]


def test_numbers_derived_again_after_the_drawing_are_told(paper):
    listing = paper.derived("curves") / "TABLES.json"
    parts = json.loads(listing.read_text())
    parts[""]["digest"] = "0" * 64
    listing.write_text(json.dumps(parts))
    assert reasons(paper) == [("numbers", "they were derived again since it was drawn")]


@pytest.mark.parametrize("content", ["", "[]", '{"parts": 3}', '{"": {"files": 3}}'])
def test_damaged_records_are_reasons_and_no_traceback(paper, content):
    paper.figure_file("curves", "provenance.json").write_text(content)
    (paper.derived("curves") / "TABLES.json").write_text(content)
    (paper.results / "made/draw/curves.json").write_text(content)
    assert kinds(paper)


def test_a_broken_yaml_is_the_reason_of_its_figure_alone(paper):
    (paper.figure_specs / "curves.yaml").write_text("kind: loss_curve\npin: optimizers\nheight_in: 2\n")
    ((kind, text),) = reasons(paper)
    assert kind == "cannot be built" and "'loss_curve' is unknown" in text
    assert kinds(paper, "table") == []


def test_runs_that_are_new_edited_or_deleted_in_the_store_are_told_apart(paper, store):
    for run in RUNS[1:]:
        put_run(store, *run)
    put_run(store, 9, "sgd", 3)
    store.runs.update_one({"_id": 3}, {"$set": {"result": 0.25}})
    texts = [text for kind, text in reasons(paper, store=store) if kind == "store"]
    assert len(texts) == 4
    assert "pin optimizers: run 1 does not match: the selection leaves it out now" in texts
    assert any("run 1 (sgd, seed 1)" in text and "in the store" in text for text in texts), texts
    assert any("run 3 (momentum, seed 1) was edited" in text for text in texts)
    assert any("run 9 (sgd, seed 3) matches now" in text for text in texts)


def test_an_unknown_figure_is_an_error_with_the_nearest_name(paper):
    with pytest.raises(FigproofError, match=r"'curve' is unknown.*Did you mean curves"):
        project_status(paper, ["curve"], None)


@pytest.fixture
def command(paper, monkeypatch, capsys):
    monkeypatch.chdir(paper.root)

    def run(*arguments):
        code = main(["status", *arguments])
        return code, capsys.readouterr().out

    return run


def test_with_the_store_away_only_its_part_is_unknown(paper, command, monkeypatch):
    monkeypatch.setenv("FIGPROOF_STORE", "mongodb://user:hunter2@127.0.0.1:1/runs")
    code, out = command()
    assert code == 3
    assert "2 figures: 2 current, 0 stale" in out and "nothing listens on 127.0.0.1:1" in out
    assert "hunter2" not in out


def test_looking_starts_no_empty_store(paper, command, monkeypatch):
    monkeypatch.delenv("FIGPROOF_STORE", raising=False)
    code, out = command("--json")
    assert code == 3
    assert "no embedded store here" in json.loads(out)["store_unknown"]
    assert not (paper.root / ".figproof/store").exists()
    paper.figure_file("table", "md").unlink()
    assert command()[0] == 1


def test_with_the_store_there_all_is_current(store, recording_address, command, monkeypatch):
    for run in RUNS:
        put_run(store, *run)
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    code, out = command()
    assert (code, out.splitlines()[-1]) == (0, "2 figures: 2 current, 0 stale")


def test_what_a_terminal_would_obey_is_printed_as_text(paper, command):
    path = paper.figure_file("curves", "provenance.json")
    stored = json.loads(path.read_text())
    stored["parts"][0]["kind"]["name"] = "a\x1b[31m"
    path.write_text(json.dumps(stored))
    _, out = command("curves")
    assert "a\\x1b[31m" in out and "\x1b" not in out


def test_left_over_files_are_named(paper):
    (paper.figure_specs / "table.yaml").unlink()
    assert "figures/table.pdf" in project_status(paper, [], None).left_over
