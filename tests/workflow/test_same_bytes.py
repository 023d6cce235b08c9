"""The same snapshot gives the same bytes, whoever builds it, wherever, however."""

import json
import os
import re
import signal
import subprocess
import time

from checkouts import BIN

NO_STORE = {"FIGPROOF_STORE": "mongodb://127.0.0.1:1/gone"}
# When builds are killed: while the keys are written, after the first numbers, while figures are drawn.
MOMENTS = [("keys/*/*.json", 5), ("derived/*/TABLES.json", 1), ("figures/*.pdf", 1), ("figures/*.pdf", 4)]
MATPLOTLIBRC = (
    "lines.linewidth: 9\nfont.size: 33\nsavefig.bbox: tight\nsvg.fonttype: none\naxes.facecolor: red\n"
)
# Rounding to whole numbers stays right: without it Python's own datetime cannot be imported.
SITECUSTOMIZE = """\
import builtins, random
whole = builtins.round
builtins.round = lambda number, *digits: random.random() if digits else whole(number)
"""


def hostile_environment(root) -> dict[str, str]:
    home = root / "hostile home ü"
    for folder in (home / ".config" / "matplotlib" / "stylelib", home / "python"):
        folder.mkdir(parents=True)
    (home / ".config" / "matplotlib" / "matplotlibrc").write_text(MATPLOTLIBRC)
    (home / ".config" / "matplotlib" / "stylelib" / "icml2025.mplstyle").write_text("font.size: 40\n")
    (home / "python" / "sitecustomize.py").write_text(SITECUSTOMIZE)
    (root / "matplotlibrc").write_text(MATPLOTLIBRC)
    return {
        **NO_STORE,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "MATPLOTLIBRC": str(home / ".config" / "matplotlib" / "matplotlibrc"),
        "MPLBACKEND": "svg",
        "PYTHONHASHSEED": "4711",
        "TZ": "Pacific/Chatham",
        "LC_ALL": "tr_TR.UTF-8",
        "LANG": "de_DE.UTF-8",
        "OMP_NUM_THREADS": "2",
        "OPENBLAS_NUM_THREADS": "2",
        "OPENBLAS_CORETYPE": "Haswell",
        "NUMBA_NUM_THREADS": "2",
        "NUMBA_CPU_NAME": "nehalem",
        "SOURCE_DATE_EPOCH": "0",
        "MALLOC_PERTURB_": "85",
    }


def test_without_the_store_a_hostile_user_gets_the_same_bytes_in_another_folder_on_one_core(built, copy):
    env = hostile_environment(copy.root)
    copy.forget("results/derived", "results/figures", "results/keys", ".figproof")
    (copy.root / "results" / "index.html").unlink()
    moved = copy.root.rename(copy.root.with_name("another folder ü"))
    project = type(copy)(moved)
    project.run("snakemake", "--cores", "1", env=env)
    assert project.digests() == built.digests()


def test_a_hostile_sitecustomize_is_seen_and_kept_out_of_workers(copy):
    env = {**hostile_environment(copy.root)}
    env["PYTHONPATH"] = str(copy.root / "hostile home ü" / "python")
    seen = subprocess.run(
        [str(BIN / "python"), "-c", "print(round(5.0, 1))"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stdout != "5.0\n", "the control failed: sitecustomize was not read"
    before = (copy.root / "results/figures/confusion_adam.pdf").read_bytes()
    (copy.root / "results/figures/confusion_adam.pdf").unlink()
    copy.run("figproof", "derive", "confusion_adam", env=env)
    copy.run("figproof", "draw", "confusion_adam", env=env)
    assert (copy.root / "results/figures/confusion_adam.pdf").read_bytes() == before


def test_one_changed_number_changes_the_bytes(copy, built):
    """The negative control: the comparison is not blind."""
    path = copy.root / "config" / "pins" / "adam.json"
    pin = json.loads(path.read_text())
    pin["runs"][0]["id"] = 12345
    path.write_text(json.dumps(pin))
    copy.run("snakemake", env=NO_STORE)
    same = {name for name, digest in copy.digests().items() if built.digests()[name] == digest}
    assert "figures/confusion_adam.pdf" not in same
    assert "derived/confusion_adam/pairs.csv" in same


def test_every_figure_of_the_demo_is_as_approved(demo):
    found = re.search(r"^(\d+) of (\d+) approved files are the same bytes$", demo[1], re.MULTILINE)
    assert found and found[1] == found[2] and int(found[2]) > 200, demo[1]
    assert "is new" not in demo[1] and "differs" not in demo[1]


def test_a_build_that_is_killed_again_and_again_goes_on_and_ends_with_the_same_bytes(copy, built):
    copy.forget("results/figures", "results/derived", "results/keys")
    for pattern, count in MOMENTS:
        build = _start_build(copy)
        try:
            _wait_for(build, copy, pattern, count)
        finally:
            os.killpg(build.pid, signal.SIGKILL)
            build.wait()
    copy.run("snakemake", env=NO_STORE)
    assert copy.digests() == built.digests()


def test_a_second_build_at_the_same_time_is_refused(copy):
    copy.forget("results/figures", "results/derived", "results/keys")
    first = _start_build(copy)
    try:
        _wait_for(first, copy, *MOMENTS[0])
        output = copy.run("snakemake", code=1).stdout
        assert "another build of this project, or a step of one, is running" in output
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()


def _wait_for(build, copy, pattern, count):
    """Until a build that runs has made so many files."""
    while len(list((copy.root / "results").glob(pattern))) < count:
        assert build.poll() is None, f"the build ended before it had made {count} of {pattern}"
        time.sleep(0.01)


def _start_build(copy):
    """A build in a session of its own, which can be killed whole."""
    return subprocess.Popen(
        [str(BIN / "snakemake")],
        cwd=copy.root,
        env={"HOME": "/nonexistent", "PATH": os.environ["PATH"], **NO_STORE},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
