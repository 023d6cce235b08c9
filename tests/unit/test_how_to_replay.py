"""The how-to page of replays, as a reader follows it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.store


def test_the_page_says_what_its_commands_say(recording_project: Path, recording_address: str) -> None:
    shutil.copy(ROOT / "experiments" / "digits_mlp.py", recording_project / "experiments")
    # As in a terminal whose figproof is this one.
    outer = {**os.environ, "FIGPROOF_STORE": recording_address}
    did = []
    for block in BLOCK.findall((ROOT / "docs/how-to/replay.md").read_text()):
        for command, shown in re.findall(r"^\$ figproof (.*)\n((?:[^$].*\n)*)", block, re.MULTILINE):
            done = subprocess.run(
                [sys.executable, "-m", "figproof", *command.split()],
                cwd=recording_project,
                env=outer,
                capture_output=True,
                text=True,
                timeout=60,
                stdin=subprocess.DEVNULL,
            )
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
            said = " ".join((done.stdout + done.stderr).split())
            for line in shown.splitlines():
                assert " ".join(line.split()) in said, f"{command} does not say: {line}\n{said}"
            did.append(command.split()[0])
    assert did == ["record", "runs", "record", "runs", "runs"], "the page was followed"
