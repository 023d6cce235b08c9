"""A project's lock is compared with what is installed, where it can change a figure."""

import importlib.metadata

import pytest

from figproof.errors import FigproofError
from figproof.packages import check_lock, needed_here
from figproof.project import Project

NUMPY = importlib.metadata.version("numpy")


@pytest.fixture
def locked(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text("venue: icml2025\nformats: [pdf]\n")

    def lock(text):
        (tmp_path / "requirements.lock").write_text(text)
        return Project(tmp_path)

    return lock


def team_package(folder, version):
    for name, content in {
        "labstyle_of_a_test/__init__.py": "",
        "labstyle_of_a_test/venues/lab.mplstyle": "",
        "lab_style.dist-info/METADATA": f"Metadata-Version: 2.1\nName: lab-style\nVersion: {version}\n",
        "lab_style.dist-info/RECORD": "labstyle_of_a_test/__init__.py,,\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def test_the_installed_versions_are_what_the_lock_says(locked):
    lines = f"# a comment\n--find-links wheels\nnumpy=={NUMPY}  # exact\n\nMatplotlib==3.11.2\n"
    check_lock(locked(lines), [])


def test_another_version_of_a_package_that_makes_figures_is_named_with_both(locked):
    with pytest.raises(FigproofError) as raised:
        check_lock(locked("numpy==1.0\nScikit_Learn==1.0\n"), [])
    said = str(raised.value)
    assert f"requirements.lock: numpy {NUMPY} is installed, the lock says ==1.0" in said
    assert "Scikit_Learn" in said
    assert f"or write numpy=={NUMPY} there" in said


def test_hashes_markers_and_continued_lines_are_read_as_pip_reads_them(locked):
    project = locked(
        f"numpy==1.0 ; python_version < '3' \\\n    --hash=sha256:{'0' * 64}\n"
        f"numpy=={NUMPY} ; python_version >= '3' \\\n    --hash=sha256:{'0' * 64} \\\n"
        f"    --hash=sha256:{'1' * 64}\n    # via scipy\n"
    )
    check_lock(project, [])


def test_packages_that_cannot_change_a_figure_and_those_not_installed_are_left_to_pip(locked):
    check_lock(locked("pytest==1.0\nno-such-package-anywhere==1.0\n"), [])


def test_a_line_that_names_no_package_is_refused(locked):
    with pytest.raises(FigproofError, match=r"requirements\.lock: 'numpy=2' names no package"):
        check_lock(locked("numpy=2\n"), [])


def test_a_project_without_a_lock_has_none_to_keep(tmp_path):
    check_lock(Project(tmp_path), [])


def test_a_teams_styles_are_held_to_the_version_of_the_lock_where_they_are_used(
    locked, tmp_path, monkeypatch
):
    project = locked("lab-style==1.0\n")
    team_package(tmp_path / "site", "1.1")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    check_lock(project, ["figproof:styles/base.mplstyle", "styles/venues/lab.mplstyle"])
    with pytest.raises(FigproofError, match=r"lab-style 1\.1 is installed, the lock says ==1\.0"):
        check_lock(project, ["labstyle_of_a_test/venues/lab.mplstyle"])


def test_what_is_needed_here_follows_extras_and_leaves_out_what_is_not_installed(tmp_path, monkeypatch):
    for name, requires in {
        "top": ["middle[fast]", "absent", "never ; python_version < '3'", "tools ; extra == 'dev'"],
        "middle": ["Quick_Sort ; extra == 'fast'", "slow ; extra == 'slow'", "top"],
        "quick-sort": [],
        "slow": [],
        "never": [],
        "tools": [],
    }.items():
        folder = tmp_path / f"{name.replace('-', '_')}.dist-info"
        folder.mkdir()
        lines = [f"Requires-Dist: {line}\n" for line in requires]
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        (folder / "METADATA").write_text(head + "".join(lines))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert needed_here("top") == {"middle": "1.0", "quick-sort": "1.0", "top": "1.0"}
