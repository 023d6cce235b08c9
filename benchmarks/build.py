"""How long builds take: everything, one figure, nothing.

    .venv/bin/python benchmarks/build.py

The alternative is what a plain script does: build every figure each time.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
FIGURE = "config/figures/confusion_adam.yaml"
REPEATS = 5


def timed(*command: str, cwd: Path) -> float:
    """Seconds of wall time."""
    start = time.perf_counter()
    subprocess.run([str(BIN / command[0]), *command[1:]], cwd=cwd, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(project)], check=True)
        print("importing the demo's runs", file=sys.stderr)
        imported = timed("figproof", "runs", "import", "demo/runs.tar.gz", cwd=project)
        print("building everything with cold caches, then warm ones", file=sys.stderr)
        cold = timed("snakemake", cwd=project)
        subprocess.run(["rm", "-rf", "results", ".snakemake"], cwd=project, check=True)
        full = timed("snakemake", cwd=project)
        nothing = min(timed("snakemake", cwd=project) for _ in range(REPEATS))
        one = []
        for repeat in range(REPEATS):
            path = project / FIGURE
            path.write_text(re.sub(r"height_in: .*", f"height_in: 2.8{repeat + 1}", path.read_text()))
            one.append(timed("snakemake", cwd=project))
        subprocess.run([str(BIN / "figproof"), "store", "stop"], cwd=project, check=True, capture_output=True)
    print("| what | seconds | against building everything |\n| --- | --- | --- |")
    for name, seconds in (
        ("import the demo's runs into a new store", imported),
        ("everything, cold caches (fonts, numba)", cold),
        ("everything", full),
        (f"one figure drawn again (median of {REPEATS})", sorted(one)[REPEATS // 2]),
        (f"nothing to do (best of {REPEATS})", nothing),
    ):
        print(f"| {name} | {seconds:.2f} | {seconds / full:.3f} |")


if __name__ == "__main__":
    main()
