"""Every kind meets the extremes that papers have: it draws them well or refuses them with advice.

``tests/extremes/<kind>.py`` has a function ``cases()``: name of the extreme -> :class:`extreme.Extreme`.
"""

import functools
import importlib.util
from pathlib import Path

import pytest

from extreme import Extreme
from figproof.canonical import digest_bytes
from figproof.canvas import render
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import kind_names, load_kind
from figproof.look import load_look
from figproof.tables import read_table, table_files

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests/extremes"
KINDS = kind_names(ROOT / "figures")
LEAST = 3


@functools.cache
def cases_of(name):
    spec = importlib.util.spec_from_file_location(f"extremes_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.cases()


WALK = [(name, case) for name in KINDS if (FOLDER / f"{name}.py").is_file() for case in cases_of(name)]


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_extremes(name):
    assert (FOLDER / f"{name}.py").is_file(), f"tests/extremes/{name}.py is missing"
    assert len(cases_of(name)) >= LEAST
    assert all(isinstance(case, Extreme) for case in cases_of(name).values())


@functools.cache
def look_of():
    return load_look(
        ROOT, "icml2025", "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml")
    )


@pytest.mark.parametrize("name, case", WALK)
def test_an_extreme_is_drawn_or_refused_with_advice(name, case, tmp_path):
    kind, extreme = load_kind(ROOT / "figures", name), cases_of(name)[case]
    look = look_of()
    size = (look.venue.widths_in["full"], extreme.height_in)

    def run():
        files = table_files(kind.derive(extreme.example.snapshot, extreme.example.params))
        for file, content in files.items():
            (tmp_path / file).write_bytes(content)
        table = read_table(tmp_path, {file: digest_bytes(content) for file, content in files.items()})
        return render(
            lambda fig: kind.draw(fig, table, extreme.example.params, look), look, size, ["png"], {}
        )

    if extreme.refused is None:
        assert run()["png"].startswith(b"\x89PNG")
    else:
        with pytest.raises(FigproofError, match=extreme.refused) as caught:
            run()
        assert caught.value.hint, "a refusal says what to do instead"
