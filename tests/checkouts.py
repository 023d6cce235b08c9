"""A clean copy of this project in which commands are run as a user would run them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Checkout:
    """A project folder.

    Attributes
    ----------
    root : Path
    bin : Path
        Where the commands of its environment are.
    """

    root: Path
    bin: Path = BIN

    def run(
        self, *command: str, env: dict[str, str] | None = None, code: int | None = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment, e.g. ``figproof``; output and errors together."""
        environment = {"HOME": str(self.root / "home"), "PATH": os.environ["PATH"], **(env or {})}
        done = subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=400,
            check=False,
        )
        if code is not None:
            assert done.returncode == code, done.stdout
        return done

    def planned(self, env: dict[str, str] | None = None) -> set[str]:
        """The jobs that a build would run now, as ``rule id``; only those that write figures' files."""
        output = self.run("snakemake", "--dry-run", "--quiet", "host", env=env).stdout
        jobs = set()
        for rule, body in re.findall(r"^rule (\w+):\n(.*?)(?=^\[|\Z)", output, re.DOTALL | re.MULTILINE):
            name = re.search(r"wildcards: \w+=([\w-]+)", body)
            # One rule draws the figures of each set of formats: draw, draw_1, ...
            step = rule.partition("_")[0]
            jobs.add(f"{step} {name[1]}" if name else step)
        if not jobs:
            assert "Nothing to be done" in output, output
        return jobs - {"all"}

    def digests(self) -> dict[str, str]:
        """Path -> SHA-256 of everything that a build makes for readers."""
        results = self.root / "results"
        folders = ("figures", "derived", "lint")
        files = [*(path for name in folders for path in (results / name).rglob("*")), results / "index.html"]
        found = {
            path.relative_to(results).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(files)
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(results).parts)
        }
        assert len(found) > 50, "the build made too few files for the comparison to mean anything"
        return found

    def forget(self, *folders: str) -> None:
        """Delete generated folders and what Snakemake remembers of them."""
        for folder in (*folders, ".snakemake"):
            shutil.rmtree(self.root / folder, ignore_errors=True)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text in a file; it must be there."""
        text = (self.root / path).read_text()
        assert old in text, f"{path} does not hold {old!r}"
        (self.root / path).write_text(text.replace(old, new))


def checkout(target: Path) -> Checkout:
    """What git would check out, with uncommitted changes."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return Checkout(target)
