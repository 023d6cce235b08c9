"""The showcase is a project of its own: its plans record one run, its figures place all of its epochs."""

from pathlib import Path

from figproof.kinds import kind_file
from figproof.places import Styles
from figproof.project import Project
from figproof.record.plan import load_plan
from figproof.specs import load_config, load_figures, load_params

ROOT = Path(__file__).parents[2]
SHOWCASE = Project(ROOT / "showcase")
METHODS = ("pca", "star", "tsne", "umap")


def test_both_plans_record_the_same_run_of_45_epochs_from_a_folder_or_a_package():
    plans = [load_plan(Project(ROOT), SHOWCASE.root / f"plan_{name}.yaml") for name in ("folder", "package")]
    folder, package = (dict(plan[0].config) for plan in plans)
    assert [len(plan) for plan in plans] == [1, 1]
    assert folder.pop("mnist_folder") == "showcase/mnist"
    assert folder == package
    assert (package["dataset"], package["epochs"], package["store_arrays"]) == ("mnist", 45, "every")


def test_all_four_projections_place_every_epoch_from_1_to_45_and_show_some():
    figures = load_figures(SHOWCASE)
    assert sorted(figures) == [f"mnist_{method}" for method in METHODS]
    for figure, spec in figures.items():
        (params,) = load_params(SHOWCASE, figure, spec)
        assert (params.epochs[0], params.epochs[-1], params.place) == (1, 45, "between")
        assert params.trajectories, "paths of chosen points are drawn"
        if params.method in ("umap", "tsne"):
            assert params.independent


def test_lock_snakefile_and_settings_are_the_houses_and_kinds_and_styles_are_found():
    for name in ("requirements.lock", "Snakefile", "profiles"):
        assert (SHOWCASE.root / name).resolve() == (ROOT / name).resolve()
    assert load_config(SHOWCASE).formats
    assert kind_file(SHOWCASE.kinds, "embedding") == ROOT / "figures" / "embedding.py"
    assert [folder.path for folder in Styles.of(SHOWCASE.root).folders] == [ROOT / "styles"]


def test_make_figures_does_not_build_it():
    assert not any(figure.startswith("mnist") for figure in load_figures(Project(ROOT)))
