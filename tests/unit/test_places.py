"""Where styles and kinds are found: the project, its team, figproof; and what they are then called."""

import sys
from pathlib import Path

import pytest

from figproof.errors import FigproofError
from figproof.kinds import kind_file, kind_names, load_kind
from figproof.look import load_look, venue_names
from figproof.palette import load_palette
from figproof.places import Styles, builtin, kind_folders

ROOT = Path(__file__).resolve().parents[2]
PALETTE = "role: qualitative\ncolours: ['#000000', '#ffffff']\nsource: a test\n"


def project(tmp_path, styles=""):
    (tmp_path / "config").mkdir(exist_ok=True)
    (tmp_path / "config/config.yaml").write_text(f"venue: icml2025\n{styles}")
    return tmp_path


def put(folder, file, content=PALETTE):
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def test_a_project_without_styles_uses_figproofs(tmp_path):
    look = load_look(project(tmp_path), "icml2025", "petroff10", "viridis", {})
    assert look.venue.widths_in["single"] == 3.25
    assert "figproof:styles/venues/icml2025.mplstyle" in look.sources
    assert "icml2025" in venue_names(tmp_path)


def test_the_projects_own_file_wins_and_is_named_as_before(tmp_path):
    root = project(tmp_path)
    put(root, "styles/palettes/petroff10.yaml")
    assert load_palette(root, "petroff10").colours == ["#000000", "#ffffff"]
    assert Styles.of(root).get("palettes/petroff10.yaml").name == "styles/palettes/petroff10.yaml"


def test_a_teams_folder_comes_between_the_project_and_figproof(tmp_path):
    (tmp_path / "paper").mkdir()
    root = project(tmp_path / "paper", "styles: [../lab]\n")
    put(tmp_path, "lab/palettes/petroff10.yaml")
    put(tmp_path, "lab/palettes/okabe_ito.yaml")
    put(root, "styles/palettes/okabe_ito.yaml")
    styles = Styles.of(root)
    assert styles.get("palettes/petroff10.yaml").name == "../lab/palettes/petroff10.yaml"
    assert styles.get("palettes/okabe_ito.yaml").name == "styles/palettes/okabe_ito.yaml"
    assert styles.get("palettes/viridis.yaml").name == "figproof:styles/palettes/viridis.yaml"


def test_a_teams_installed_package_is_found_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "paper").mkdir()
    put(tmp_path, "site/labstyle_of_a_test/palettes/lab.yaml")
    put(tmp_path, "site/labstyle_of_a_test/__init__.py", "")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "site")])
    root = project(tmp_path / "paper", "styles: [labstyle_of_a_test]\n")
    assert load_palette(root, "lab").colours == ["#000000", "#ffffff"]
    assert Styles.of(root).get("palettes/lab.yaml").name == "labstyle_of_a_test/palettes/lab.yaml"


@pytest.mark.parametrize("name", ["no_such_package_here", "no.such.package", "../nowhere", "a b"])
def test_a_teams_styles_that_are_nowhere_are_refused(tmp_path, name):
    with pytest.raises(FigproofError, match="is no folder below the project, and no"):
        Styles.of(project(tmp_path, f"styles: ['{name}']\n"))


def test_figproofs_own_repository_has_one_folder_of_each():
    assert [folder.name for folder in Styles.of(ROOT).folders] == ["styles"]
    assert kind_folders(ROOT) == (ROOT / "figures",)
    assert builtin("figures") == ROOT / "figures"


def test_a_project_has_figproofs_kinds_and_its_own_which_win(tmp_path):
    folders = kind_folders(tmp_path)
    assert load_kind(folders, "confusion").path == ROOT / "figures/confusion.py"
    put(tmp_path, "figures/confusion.py", (ROOT / "figures/confusion.py").read_text())
    put(tmp_path, "figures/mine.py", (ROOT / "figures/confusion.py").read_text())
    assert load_kind(folders, "confusion").path == tmp_path / "figures/confusion.py"
    assert {"mine", "confusion", "loss_curves"} <= set(kind_names(folders))
    assert kind_file(folders, "nowhere") == tmp_path / "figures/nowhere.py"
