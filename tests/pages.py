"""A how-to page, followed as a reader would: files written, commands run, scripts run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

HOW_TO = Path(__file__).resolve().parents[1] / "docs/how-to"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(command: Sequence[str | Path], folder: Path, outer: Mapping[str, str]) -> str:
    """Output and errors of a command that must end well."""
    done = subprocess.run(command, cwd=folder, env=outer, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def follow(page: str, folder: Path, outer: Mapping[str, str]) -> list[str]:
    """Do what a page says; what it shows of a command's output must be in it, line by line."""
    did = []
    for language, name, content in BLOCK.findall((HOW_TO / page).read_text()):
        if name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        elif language == "python":
            run([sys.executable, "-c", content], folder, outer)
        elif language == "console":
            for command, shown in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", content, re.MULTILINE):
                said = " ".join(run(["sh", "-c", command], folder, outer).split())
                for line in shown.splitlines():
                    assert " ".join(line.split()) in said, f"{page}: {command}: no {line!r} in {said}"
        else:
            continue
        did.append(language)
    return did
