"""Papers of their own: the wheel in an environment without the repository, ``figproof init``, a store."""

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from checkouts import BIN, ROOT, Checkout
from figproof.canonical import digest_file
from figproof.provenance import library_digest

# Where tests are spread over processes, one builds the papers.
LABSTYLE = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "lab-style"
version = "{version}"
[tool.hatch.build.targets.wheel]
packages = ["labstyle"]
"""
NATURE = ROOT / "styles/venues/nature.mplstyle"
FIGURE = "kind: loss_curves\npin: optimizers\nheight_in: 2.0\nparams: {metrics: [train.loss]}\n"


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def build_wheel(source: Path, target: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target, cwd=source)
    (wheel,) = target.glob("*.whl")
    return wheel


@dataclasses.dataclass(frozen=True)
class Environment:
    """A new environment: installed wheels, and the locked packages of the one that runs the tests."""

    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @classmethod
    def make(cls, folder: Path) -> "Environment":
        run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
        made = cls(folder)
        # A plain path: no .pth of that folder is obeyed, so this repository is not found through it.
        (made.site / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n")
        program = f"#!{made.bin}/python\nfrom snakemake.cli import main\n\nmain()\n"
        (made.bin / "snakemake").write_text(program)
        (made.bin / "snakemake").chmod(0o755)
        (made.bin / "secantusd-py").symlink_to(BIN / "secantusd-py")
        return made

    @property
    def site(self) -> Path:
        (site,) = self.folder.glob("lib/python*/site-packages")
        return site

    def install(self, wheel: Path) -> None:
        options = ["--no-deps", "--no-index", "--force-reinstall", "--disable-pip-version-check"]
        pip = [sys.executable, "-m", "pip", "--python", self.bin / "python"]
        run(*pip, "install", "--quiet", *options, wheel, cwd=self.folder)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return build_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def environment(tmp_path_factory, wheel) -> Environment:
    made = Environment.make(tmp_path_factory.mktemp("environment") / "venv")
    made.install(wheel)
    return made


def init(environment: Environment, root: Path, *options: str) -> Checkout:
    Checkout(root.parent, environment.bin).run("figproof", "init", str(root), *options)
    return Checkout(root, environment.bin)


@pytest.fixture(scope="module")
def paper(tmp_path_factory, environment):
    """The example: recorded, pinned, with a second figure at another venue, built and approved."""
    made = init(environment, tmp_path_factory.mktemp("papers") / "first", "--example")
    made.run("figproof", "record", "--plan", "plan.yaml")
    made.run("figproof", "pin")
    (made.root / "config/figures/other.yaml").write_text(f"{FIGURE}venue: nature\n")
    made.run("snakemake")
    made.run("figproof", "approve")
    yield made
    made.run("figproof", "store", "stop")


@pytest.fixture
def copy(paper, tmp_path) -> Checkout:
    """A copy of the built paper without its store, to be changed at will."""
    shutil.copytree(paper.root, tmp_path / "copy", ignore=shutil.ignore_patterns("store", "home"))
    return dataclasses.replace(paper, root=tmp_path / "copy")


def digests(paper: Checkout) -> dict[str, str]:
    files = sorted((paper.root / "results/figures").iterdir())
    assert len(files) >= 4, "nothing was built"
    return {path.name: digest_file(path) for path in files}


def provenance(paper: Checkout, figure: str) -> dict:
    return json.loads((paper.root / f"results/figures/{figure}.provenance.json").read_text())


def test_the_wheel_brings_kinds_styles_rules_and_templates_as_git_has_them(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("figures", "styles", "paper"):
        tracked = run("git", "ls-files", folder, cwd=ROOT).split()
        assert len(tracked) > 10, "git lists nothing"
        packed = {name.removeprefix("figproof/builtin/") for name in names if f"builtin/{folder}/" in name}
        assert packed == set(tracked)
    assert {"figproof/workflow/rules.smk", "figproof/index.html.j2"} <= names
    assert any(name.endswith("licenses/styles/fonts/LICENSE-LiberationSans.txt") for name in names)


def test_a_paper_uses_the_installed_package_and_says_so_without_a_path(paper, environment):
    where = run(paper.bin / "python", "-c", "import figproof; print(figproof.__file__)", cwd=paper.root)
    assert Path(where.strip()).is_relative_to(environment.folder)
    made_by = provenance(paper, "optimizers_loss")
    assert made_by["library"] == library_digest(), "installed and editable are one library"
    assert made_by["lock"] == digest_file(paper.root / "requirements.lock")
    assert made_by["parts"][0]["kind"]["sha256"] == digest_file(ROOT / "figures/loss_curves.py")
    assert "figproof:styles/venues/icml2025.mplstyle" in made_by["styles"]
    for name, digest in made_by["styles"].items():
        if name.startswith("figproof:"):
            assert digest == digest_file(ROOT / name.removeprefix("figproof:"))
    traced = paper.run("figproof", "trace", "results/figures/optimizers_loss.pdf").stdout
    assert "figproof:styles/venues/icml2025.mplstyle" in traced
    assert str(paper.root) not in traced + json.dumps(made_by)


def test_a_paper_that_is_built_is_checked_linted_verified_and_left_alone(paper):
    assert "2 figures, 1 selections, 1 pins: no problem" in paper.run("figproof", "check").stdout
    assert "your workflow is in a good condition" in paper.run("snakemake", "--lint").stdout
    same, total = re.match(r"(\d+) of (\d+) approved", paper.run("figproof", "verify").stdout).groups()
    assert same == total and int(total) > 10
    assert paper.planned() == set()


def test_a_clean_clone_builds_the_same_bytes_from_the_exported_runs(paper, tmp_path):
    paper.run("figproof", "runs", "export", "--out", str(tmp_path / "runs.tar.gz"))
    for command in (["init", "-q"], ["add", "."]):
        run("git", *command, cwd=paper.root)
    name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    run("git", *name, "commit", "-qm", "the paper", cwd=paper.root)
    clone = Checkout(tmp_path / "clone", paper.bin)
    run("git", "clone", "-q", paper.root, clone.root, cwd=tmp_path)
    shutil.copy(tmp_path / "runs.tar.gz", clone.root)
    done = subprocess.run(
        [clone.root / ".ci/run"],
        env={"PATH": f"{paper.bin}:{os.environ['PATH']}", "HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    clone.run("figproof", "store", "stop")
    assert done.returncode == 0, done.stdout
    assert "approved files are the same bytes" in done.stdout
    assert digests(clone) == digests(paper)


def test_an_own_sheet_is_found_first_and_an_edit_of_it_draws_exactly_its_figure(copy):
    before = digests(copy)
    own = copy.root / "styles/venues/nature.mplstyle"
    own.parent.mkdir()
    own.write_text(NATURE.read_text())
    assert copy.planned() == {"draw other", "index"}
    own.write_text(with_lines("0.85"))
    copy.run("snakemake")
    after = digests(copy)
    changed = {name.partition(".")[0] for name in before if before[name] != after[name]}
    assert changed == {"other"}
    assert provenance(copy, "other")["styles"]["styles/venues/nature.mplstyle"] == digest_file(own)
    assert copy.planned() == set()


def test_an_own_kind_is_found_before_the_packages(copy):
    text = (ROOT / "figures/loss_curves.py").read_text()
    (copy.root / "figures/loss_curves.py").write_text(f"{text}\n# ours\n")
    both = ("optimizers_loss", "other")
    jobs = {f"{rule} {figure}" for rule in ("derive", "draw") for figure in both}
    assert copy.planned() == jobs | {"index"}
    assert "loss_curves" in copy.run("figproof", "kinds").stdout


def test_rules_of_a_papers_own_stand_beside_the_imported_ones(copy):
    with (copy.root / "Snakefile").open("a") as snakefile:
        snakefile.write(
            "\n\nrule words:\n    input:\n        figproof.graph.targets(),\n    output:\n"
            '        "results/words.txt",\n    shell:\n        "command -v figproof >{output} || true"\n'
        )
    copy.run("snakemake", "results/words.txt")
    # A rule of the paper's own has the PATH that it would have without figproof.
    assert (copy.root / "results/words.txt").read_text() == ""
    assert copy.planned() == set(), "the default target is still the paper's figures"


def test_outside_its_folder_a_build_says_where_to_go(copy):
    below = dataclasses.replace(copy, root=copy.root / "config")
    said = below.run("snakemake", "--snakefile", "../Snakefile", "--cores", "1", code=1).stdout
    assert f"lies in the project {copy.root}" in said
    assert f"Hint: cd {copy.root}" in said


def with_lines(width_pt: str) -> str:
    """Nature's sheet with other lines."""
    sheet, count = re.subn(r"(?m)^lines\.linewidth:.*$", f"lines.linewidth: {width_pt}", NATURE.read_text())
    assert count == 1
    return sheet


def lab_style(source: Path, version: str, width_pt: str) -> Path:
    """The wheel of a team's styles: one venue, as Nature's but for the width of lines."""
    (source / "labstyle/venues").mkdir(parents=True)
    (source / "pyproject.toml").write_text(LABSTYLE.format(version=version))
    (source / "labstyle/__init__.py").touch()
    (source / "labstyle/venues/lab.mplstyle").write_text(with_lines(width_pt))
    return build_wheel(source, source / "dist")


def test_two_papers_share_a_teams_styles_and_a_store_and_are_told_when_their_version_changes(
    paper, copy, environment, tmp_path
):
    environment.install(lab_style(tmp_path / "one", "1.0", "0.9"))
    store = {"FIGPROOF_STORE": f"embedded:{paper.root}/.figproof/store"}
    second = init(environment, tmp_path / "second")
    second.edit("config/selections/training.yaml", "my_experiment", "digits_softmax")
    second.edit("config/selections/training.yaml", "# where: {config.epochs: 40}", "where: {config.seed: 1}")
    second.edit("config/selections/training.yaml", "condition: runs", "group_by: [config.optimizer]")
    shutil.copy(paper.root / "config/conditions.yaml", second.root / "config")
    for one in (copy, second):
        one.edit("config/config.yaml", "# styles: [labstyle]", "styles: [labstyle]")
        one.edit("requirements.lock", "figproof==", "lab-style==1.0\nfigproof==")
    second.edit("config/config.yaml", "icml2025", "lab")
    copy.edit("config/figures/other.yaml", "nature", "lab")
    assert "training: 2 runs, written" in second.run("figproof", "pin", "training", env=store).stdout
    for one, figure in ((copy, "other"), (second, "training_loss")):
        one.run("figproof", "check")
        one.run("snakemake", env=store)
        assert "labstyle/venues/lab.mplstyle" in provenance(one, figure)["styles"]
    environment.install(lab_style(tmp_path / "two", "1.1", "0.8"))
    for one, figure in ((copy, "other"), (second, "training_loss")):
        said = one.run("figproof", "check", code=1).stdout
        assert "lab-style 1.1 is installed, the lock says ==1.0" in said
        assert one.planned() == {f"draw {figure}", "index", "latex"}
