"""The how-to pages of styles, as a reader follows them: files written, commands run, scripts run."""

import os
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from pages import follow, run


def environment(folder):
    """A virtual environment that sees this one's packages, and has commands of its own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    ours = sysconfig.get_path("purelib")
    (site / "outer.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    for command in ("pip", "figproof"):
        script = folder / "bin" / command
        script.write_text(f'#!/bin/sh\nexec "{folder}/bin/python" -m {command} "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return folder


def variables(env, shelf):
    """For commands in an environment; packages come from a folder, and nothing from the network."""
    return {
        **os.environ,
        "PATH": f"{env}/bin:{os.environ['PATH']}",
        "MPLBACKEND": "agg",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_FIND_LINKS": str(shelf),
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INDEX": "1",
    }


@pytest.fixture
def reader(tmp_path):
    """A folder and the variables of an environment beside it."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder, variables(environment(tmp_path / "env"), folder / "shelf")


def test_the_page_on_styles_does_what_it_says(reader):
    folder, outer = reader
    did = follow("styles.md", folder, outer)
    assert (did.count("python"), did.count("console")) == (3, 4), "the page was not read"
    assert (folder / "loss.pdf").read_bytes().startswith(b"%PDF")
    assert b"<img" in (folder / "nature.html").read_bytes()


DRAW = """
import sys
import figproof
import matplotlib.pyplot as plt

with figproof.style(height_in=1.5) as look:
    axes = plt.figure().subplots()
    axes.plot([1, 2, 3], [3, 1, 2])
plt.savefig(sys.argv[1], metadata={"Software": None})
print(*sorted(f"{name} {digest}" for name, digest in look.sources.items()), sep="\\n")
"""


def test_two_papers_share_a_package_each_at_the_version_it_pins(reader, tmp_path):
    folder, outer = reader
    # The page ends with version 1.1 on the shelf, and paper_one still at 1.0.
    follow("team-styles.md", folder, outer)
    assert len(list((folder / "shelf").glob("labstyle-*.whl"))) == 2
    (folder / "paper_two").mkdir()
    subprocess.run(["cp", "-r", folder / "paper_one/config", folder / "paper_two"], check=True)
    other = variables(environment(tmp_path / "env_two"), folder / "shelf")

    def drawn(paper, where):
        out = folder / f"{paper}.png"
        said = run([Path(where["PATH"].split(":")[0]) / "python", "-c", DRAW, out], folder / paper, where)
        return out.read_bytes(), said

    run(["pip", "install", "--quiet", "--no-deps", "labstyle==1.0"], folder, other)
    one, two = drawn("paper_one", outer), drawn("paper_two", other)
    assert one == two
    assert "labstyle/lab.mplstyle " in one[1] and "labstyle/palettes/lab.yaml " in one[1]
    run(["pip", "install", "--quiet", "--no-deps", "labstyle==1.1"], folder, other)
    later = drawn("paper_two", other)
    assert drawn("paper_one", outer) == one, "a new version changes no paper that pins the old one"
    assert later[0] != one[0]
    changed = set(later[1].splitlines()) ^ set(one[1].splitlines())
    assert {line.split()[0] for line in changed} == {"labstyle/lab.mplstyle"}
