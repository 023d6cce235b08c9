"""``plt.style.use("figproof.styles....")``: from the repository, and as a wheel lays it out."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
import figproof.styles
assert figproof.styles.__file__.startswith(sys.argv[1]), figproof.styles.__file__
plt.style.use("figproof.styles.base")
assert plt.rcParams["pdf.fonttype"] == 42 and plt.rcParams["font.size"] == 10
plt.style.use(["figproof.styles.base", "figproof.styles.venues.nature"])
assert plt.rcParams["font.size"] == 7
figure, axes = plt.subplots()
axes.set_title("Text")
figure.savefig(sys.argv[2])
with plt.style.context("figproof.styles.venues.ieee"):
    assert plt.rcParams["font.size"] == 9
try:
    plt.style.use("figproof.styles.venues.natur")
except OSError as error:
    print(error)
"""


def wheel_layout(site):
    """What a wheel installs: the package, with figproof's styles inside it."""
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src/figproof", site / "figproof", ignore=skipped)
    shutil.copytree(ROOT / "styles", site / "figproof/builtin/styles", ignore=skipped, dirs_exist_ok=True)
    return site


@pytest.mark.parametrize("installed", [False, True], ids=["repository", "wheel"])
def test_matplotlib_finds_the_sheets_by_dotted_name_and_their_fonts(tmp_path, installed):
    site = wheel_layout(tmp_path / "site") if installed else ROOT / "src"
    command = [sys.executable, "-I", "-W", "error", "-c", SCRIPT, str(site), str(tmp_path / "text.pdf")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "'figproof.styles.venues.natur' is not a valid package style" in done.stdout, done.stderr
    assert "not found" not in done.stderr, "a font was replaced"
    assert b"LiberationSans" in (tmp_path / "text.pdf").read_bytes()
