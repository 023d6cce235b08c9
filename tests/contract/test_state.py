"""No code outside the canvas touches Matplotlib's global state: every style leak comes from there."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "figures").glob("*.py")])
CHANGING = ("update", "clear", "pop", "setdefault", "popitem")
ALLOWED = {"src/figproof/canvas.py"}


def touches_global_state(tree):
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        if any(name in ("matplotlib.pyplot", "pylab") for name in names):
            yield f"line {node.lineno}: imports pyplot"
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        if any(isinstance(target, ast.Subscript) and _is_rc(target.value) for target in targets):
            yield f"line {node.lineno}: writes rcParams"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            changes_rc = _is_rc(node.func.value) and node.func.attr in CHANGING
            if changes_rc or ast.unparse(node.func) in ("mpl.rc", "mpl.style.use", "matplotlib.rc"):
                yield f"line {node.lineno}: changes rcParams"


def _is_rc(node):
    return ast.unparse(node).split(".")[-1] == "rcParams"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_only_the_canvas_touches_global_state(path):
    if path.relative_to(ROOT).as_posix() in ALLOWED:
        pytest.skip("the canvas is where Matplotlib's defaults are set")
    assert not list(touches_global_state(ast.parse(path.read_text())))


@pytest.mark.parametrize(
    "code",
    [
        "import matplotlib.pyplot as plt",
        "from matplotlib import pyplot",
        "mpl.rcParams['x'] = 1",
        "rcParams.update(x=1)",
        "mpl.style.use('ggplot')",
    ],
)
def test_the_walk_sees_what_it_is_for(code):
    assert list(touches_global_state(ast.parse(code)))
