"""docs/gallery.md shows every kind, with the YAML as it is now."""

import importlib.util
from pathlib import Path

from figproof.kinds import kind_names
from figproof.project import Project
from figproof.specs import load_figures

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Project(ROOT)


def gallery():
    spec = importlib.util.spec_from_file_location("make_gallery", ROOT / "docs/make_gallery.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_kind_is_shown_by_a_figure_of_the_demo():
    shown = {panel.kind for spec in load_figures(PROJECT).values() for _, panel in spec.parts()}
    assert shown == set(kind_names(ROOT / "figures"))


def test_the_gallery_is_what_the_yaml_says_now():
    written = (ROOT / "docs/gallery.md").read_text()
    assert written == gallery().page(PROJECT), "run: python docs/make_gallery.py, and look at it"
    for figure in load_figures(PROJECT):
        assert (ROOT / f"docs/gallery/{figure}.png").is_file()
