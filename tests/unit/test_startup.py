"""Commands that list and draw start without the packages that take seconds to import."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from figproof.store import Store
from stored import put_run

# `import scipy` alone takes 30 ms; its parts are imported when a number asks for one.
HEAVY = re.compile(r"scipy\.(?!version\b)[a-z]\w*|pandas|sklearn|umap|numba|openTSNE")
PICTURES = re.compile(r"matplotlib|scipy|sacred|snakemake|PIL")
KINDS = """
import sys
from pathlib import Path
from figproof import drawing
from figproof.kinds import kind_names, load_kind
from figproof.lint import project
from figproof.project import Project
folders = Project(Path.cwd()).kinds
names = kind_names(folders)
for name in names:
    load_kind(folders, name)
print(len(names), *sys.modules)
"""


def test_drawing_any_kind_imports_nothing_heavy_before_a_number_asks_for_it() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", KINDS], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    count, *modules = done.stdout.split()
    assert int(count) > 20 and "matplotlib" in modules, "the walk is broken"
    assert [name for name in modules if HEAVY.fullmatch(name)] == []


@pytest.mark.store
@pytest.mark.parametrize("command", ["list", "health --all", "show 1"])
def test_asking_for_runs_imports_no_picture_and_no_statistics(
    store: Store,
    recording_address: str,
    recording_project: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    put_run(store, 1)
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "figproof", "runs", *command.split()],
        cwd=recording_project,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    modules = re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE)
    assert done.returncode == 0 and "pymongo" in modules, "the command did not ask"
    assert [name for name in modules if HEAVY.match(name) or PICTURES.match(name)] == []
