"""The same bytes whoever draws: hash seed, time zone, locale, home, folder, settings, fonts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from matplotlib import get_data_path

from figproof.worker import worker_environment

ROOT = Path(__file__).parents[2]

CHILD = """
import contextlib, hashlib, json, sys
from pathlib import Path
import matplotlib
from matplotlib import font_manager
from figproof import canvas
from figproof.look import load_look

root, prune = Path(sys.argv[1]), sys.argv[2] == "pruned"

@contextlib.contextmanager
def only_added(fonts):
    for path in fonts:
        font_manager.fontManager.addfont(path)
    yield

if not prune:
    canvas.only_shipped_fonts = only_added

def draw(figure):
    axes = figure.subplots()
    axes.plot([0, 1, 2], [1, 2, 4], label="line")
    axes.scatter([0, 1, 2], [4, 2, 1], rasterized=True, label="points")
    axes.imshow([[0, 1], [2, 3]], extent=(0.2, 0.8, 3, 4), aspect="auto", cmap="viridis")
    axes.set(xlabel="Epoch $t$", ylabel="Loss (nat)", xlim=(0, 2), ylim=(0, 5))
    axes.legend(loc="upper center")

look = load_look(root, "nature", "petroff10", "viridis", {})
files = canvas.render(draw, look, (3.503937, 2.0), ["pdf", "png", "svg"], {"figure": "fig5"})
decoys = [f for f in font_manager.fontManager.ttflist if "decoy" in f.fname]
user = {"decoys": len(decoys), "font_size": matplotlib.rcParamsOrig["font.size"]}
print(json.dumps({"user": user, **{n: hashlib.sha256(b).hexdigest() for n, b in files.items()}}))
"""

HOSTILE_RC = """
font.size: 30
savefig.bbox: tight
timezone: Asia/Tokyo
svg.fonttype: none
axes.prop_cycle: cycler('color', ['r'])
lines.linewidth: 9
axes.formatter.use_locale: True
"""


def _draw(
    environment: Mapping[str, str], folder: Path, *, fonts: str = "pruned", isolated: bool = False
) -> dict[str, object]:
    flags = ["-I"] if isolated else []
    answer = subprocess.run(
        [sys.executable, *flags, "-c", CHILD, str(ROOT), fonts],
        env=dict(environment),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    return dict(json.loads(answer.stdout))


def _plain(folder: Path) -> dict[str, str]:
    """A quiet environment with its own, empty home."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return {"PATH": os.environ["PATH"], "HOME": str(home), "MPLCONFIGDIR": str(folder / "config")}


def _files(seen: Mapping[str, object]) -> dict[str, object]:
    return {name: digest for name, digest in seen.items() if name != "user"}


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("control")
    return _draw(_plain(folder), folder)


def _decoy(folder: Path) -> None:
    """Another design that claims to be the vendored family, in a user's font folder."""
    font = TTFont(Path(get_data_path()) / "fonts/ttf/DejaVuSerif-Italic.ttf")
    for record in font["name"].names:
        if record.nameID in (1, 16):
            record.string = "Liberation Sans"
        elif record.nameID in (2, 17):
            record.string = "Regular"
        elif record.nameID in (4, 6):
            record.string = "LiberationSans"
    font["OS/2"].usWeightClass = 400
    font["post"].italicAngle = 0
    folder.mkdir(parents=True)
    font.save(folder / "decoy.ttf")


def test_hash_seed_time_zone_locale_and_backend_change_no_byte(
    control: dict[str, object], tmp_path: Path
) -> None:
    variables = {
        "PYTHONHASHSEED": "4711",
        "TZ": "Pacific/Auckland",
        "LC_ALL": "tr_TR.UTF-8",
        "MPLBACKEND": "svg",
    }
    variables |= {"SOURCE_DATE_EPOCH": "1", "OMP_NUM_THREADS": "2"}
    assert _draw({**_plain(tmp_path), **variables}, tmp_path) == control


def test_a_hostile_home_and_folder_change_no_byte(control: dict[str, object], tmp_path: Path) -> None:
    folder = tmp_path / "with space é"
    config = tmp_path / "home/.config/matplotlib"
    (config / "stylelib").mkdir(parents=True)
    folder.mkdir()
    for path in (config / "matplotlibrc", folder / "matplotlibrc"):
        path.write_text(HOSTILE_RC)
    for name in ("base", "nature", "classic"):
        (config / "stylelib" / f"{name}.mplstyle").write_text(HOSTILE_RC)
    environment = _plain(tmp_path)
    del environment["MPLCONFIGDIR"]
    for variables, current in (
        (environment, folder),
        ({**environment, "MATPLOTLIBRC": str(folder)}, tmp_path),
    ):
        seen = _draw(variables, current)
        assert seen["user"] == {"decoys": 0, "font_size": 30}, "the settings were not read: the test is blind"
        assert _files(seen) == _files(control)


def test_the_worker_environment_changes_no_byte(control: dict[str, object], tmp_path: Path) -> None:
    environment = worker_environment(tmp_path, {**os.environ, "HOME": str(tmp_path)})
    assert _draw(environment, tmp_path, isolated=True) == control


def test_a_users_font_of_the_same_family_changes_no_byte(control: dict[str, object], tmp_path: Path) -> None:
    _decoy(tmp_path / "home/.local/share/fonts")
    seen = _draw(_plain(tmp_path), tmp_path)
    assert seen["user"] == {"decoys": 1, "font_size": 10}, "the decoy was not found: the test is blind"
    assert _files(seen) == _files(control)


def test_the_decoy_would_win_if_the_font_list_were_only_extended(
    control: dict[str, object], tmp_path: Path
) -> None:
    _decoy(tmp_path / "home/.local/share/fonts")
    seen = _draw(_plain(tmp_path), tmp_path, fonts="added")
    same = [name for name, digest in _files(seen).items() if digest == control[name]]
    assert same == []
