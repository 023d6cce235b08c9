"""What goes wrong between store and figure is named, leaves old files whole, and heals."""

import fcntl
import json
import re

from figproof.project import Project
from figproof.store import open_store


def only_run_of(copy, pin: str) -> int:
    from figproof.pins import load_pin

    return load_pin(Project(copy.root), pin).runs[0].id


def test_a_pin_of_an_unchanged_store_is_as_pinned(with_store):
    output = with_store.run("figproof", "pin", "--check").stdout
    assert "changed" not in output and output.count("as pinned") >= 5


def test_a_run_that_was_edited_after_pinning_stops_the_build_and_is_named(with_store):
    run = only_run_of(with_store, "adam")
    with open_store(with_store.root) as store:
        store.runs.update_one({"_id": run}, {"$set": {"config.learning_rate": 9.0}})
    with_store.forget("results/snapshots")
    before = with_store.digests()
    output = with_store.run("snakemake", code=1).stdout
    assert f"run {run} changed in the store since it was pinned" in output
    assert with_store.digests() == before
    check = with_store.run("figproof", "pin", "--check", "adam", code=1).stdout
    assert f"run {run} " in check and "was edited" in check


def test_a_selection_that_was_edited_since_is_told(with_store):
    path = with_store.root / "config/selections/depth.yaml"
    path.write_text(path.read_text().replace("seeds: 1", "seeds: 2"))
    output = with_store.run("figproof", "pin", "--check", "depth", code=1).stdout
    assert "the selection expects 2 seeds, the pin 1" in output


def test_a_run_that_was_deleted_and_one_that_is_new_are_told_apart(with_store):
    run = only_run_of(with_store, "adam")
    with open_store(with_store.root) as store:
        document = store.runs.find_one({"_id": run})
        store.runs.delete_one({"_id": run})
        store.runs.insert_one({**document, "_id": 5000})
    check = with_store.run("figproof", "pin", "--check", "adam", code=1).stdout
    assert f"run {run} does not match: the selection leaves it out now" in check
    assert "run 5000" in check and "matches now" in check


def test_a_flipped_byte_in_a_snapshot_is_named_and_the_next_build_heals_it(with_store, built):
    manifest = with_store.root / "results" / "snapshots" / "adam" / "MANIFEST.json"
    digest = json.loads(manifest.read_text())["runs"][0]
    damaged = Project(with_store.root).objects / digest[:2] / digest
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"X")
    with_store.forget("results/derived/confusion_adam")
    assert "bytes do not match the file's name; removed it" in with_store.run("snakemake", code=1).stdout
    with_store.run("snakemake")
    assert with_store.digests() == built.digests()


def test_a_store_that_is_away_is_named_without_its_password(copy):
    copy.forget("results/snapshots")
    env = {"FIGPROOF_STORE": "mongodb://anna:sec" + "ret@127.0.0.1:1/lab"}
    output = copy.run("snakemake", "results/snapshots/adam/MANIFEST.json", env=env, code=1).stdout
    assert "127.0.0.1:1/lab" in output and "does not answer" in output
    assert "sec" + "ret" not in output


def test_an_edited_csv_is_refused_and_the_next_build_heals_it(copy, built):
    (copy.root / "results/derived/confusion_adam/pairs.csv").write_text("edited")
    (copy.root / "results/figures/confusion_adam.pdf").unlink()
    assert "is not what `figproof derive` wrote" in copy.run("snakemake", code=1).stdout
    copy.run("snakemake")
    assert copy.digests() == built.digests()


def test_a_tampered_figure_is_found_by_verify(copy):
    path = copy.root / "results/figures/confusion_adam.pdf"
    path.write_bytes(path.read_bytes() + b" ")
    output = copy.run("figproof", "verify", code=1).stdout
    assert "differs: results/figures/confusion_adam.pdf" in output


def test_a_figure_too_small_for_its_text_is_refused_and_the_old_one_stays(copy):
    path = copy.root / "config/figures/confusion_adam.yaml"
    path.write_text(path.read_text().replace("height_in:", "height_in: 0.4 #"))
    before = (copy.root / "results/figures/confusion_adam.pdf").read_bytes()
    output = copy.run("snakemake", code=1).stdout
    assert "config/figures/confusion_adam.yaml" in output and "not camera-ready" in output
    assert (copy.root / "results/figures/confusion_adam.pdf").read_bytes() == before


def test_a_step_that_failed_runs_again_until_it_ends_well(copy):
    copy.edit("config/figures/confusion_adam.yaml", "normalise: row", "normalise: none")
    made = copy.root / "results/made/draw"
    made.rename(made.with_name("aside"))
    made.write_text("a file where a folder should be: a fault that passes")
    assert "cannot write" in copy.run("snakemake", code=1).stdout
    made.unlink()
    made.with_name("aside").rename(made)
    assert copy.planned() == {"draw confusion_adam", "index"}
    copy.run("snakemake")
    said = copy.run("figproof", "status", code=None).stdout
    assert re.search(r"^confusion_adam +current", said, re.MULTILINE), said
    assert copy.planned() == set()


def test_a_metric_that_no_run_has_is_answered_with_those_it_has(copy):
    path = copy.root / "config/figures/optimizers_loss.yaml"
    path.write_text(path.read_text().replace("validation.loss", "validation.los"))
    output = copy.run("snakemake", code=1).stdout
    assert "validation.los" in output and "Did you mean validation.loss?" in output
    assert "Traceback" not in output


def test_a_mistake_in_any_yaml_is_shown_without_a_traceback(copy):
    path = copy.root / "config/figures/optimizers_loss.yaml"
    path.write_text(path.read_text() + "venu: ieee\n")
    output = copy.run("snakemake", code=1).stdout
    assert "config/figures/optimizers_loss.yaml: venu: unknown key 'venu'" in output
    assert "Traceback" not in output


def test_numbers_of_another_pin_are_never_drawn_under_this_one(copy):
    copy.edit("config/figures/confusion_adam.yaml", "pin: adam", "pin: optimizers")
    before = (copy.root / "results/figures/confusion_adam.pdf").read_bytes()
    output = copy.run("figproof", "draw", "confusion_adam", code=1).stdout
    assert "was derived from another kind, params or pin" in output
    assert (copy.root / "results/figures/confusion_adam.pdf").read_bytes() == before


def test_a_step_that_outlives_its_build_holds_the_next_one_back(copy):
    with (copy.root / "results/.steps.lock").open("ab") as step:
        fcntl.flock(step, fcntl.LOCK_SH)
        assert "or a step of one, is running" in copy.run("snakemake", code=1).stdout
    assert "Nothing to be done" in copy.run("snakemake").stdout


def test_numbers_edited_by_hand_are_not_approved(copy):
    path = copy.root / "results/derived/oscillating/lines.csv"
    path.write_text(path.read_text().replace("1", "2", 1))
    before = (copy.root / "figures.lock").read_bytes()
    output = copy.run("figproof", "approve", "oscillating", code=1).stdout
    assert "lines.csv" in output and "run: snakemake" in output
    assert (copy.root / "figures.lock").read_bytes() == before
