"""Find figure kinds: every ``figures/<kind>.py`` is one; there is no registry to forget.

A kind is a module with a docstring (what the reader sees), ``Params``, ``derive``, ``draw``,
``example`` and, where it is also text, ``texts``, and where it says its numbers in words, ``describe``;
:class:`Kind` says what each must be. A kind that never asks for the look of a condition says
``SHOWS_CONDITIONS = False``, one that asks where there are several ``SHOWS_CONDITIONS = "several"``: a
new label then redraws only figures that show it.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from figproof.errors import FigproofError, suggest
from figproof.model import Metric, Run, Snapshot, Table

MEMBERS = ("Params", "derive", "draw", "example")
TEXTS = ("macros.tex", "md", "tex")
"""Suffixes of what a kind with ``texts`` writes: LaTeX macros, Markdown, LaTeX."""


class KindParams(BaseModel):
    """Base of every kind's ``Params``: frozen, closed (an unknown key is an error), strictly typed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True)
class Example:
    """A small synthetic snapshot and params that show a kind at its best; used by tests and previews."""

    snapshot: Snapshot
    params: KindParams


def example_run(
    number: int,
    condition: str,
    *,
    seed: int = 1,
    config: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Metric] | None = None,
    artifacts: Mapping[str, Mapping[str, np.ndarray[Any, Any]]] | None = None,
) -> Run:
    """A synthetic run for a kind's ``example``; its digest is its number."""
    return Run(
        id=number,
        digest=f"{number:064x}",
        experiment="example",
        condition=condition,
        seed=seed,
        config=config or {},
        metrics=metrics or {},
        artifacts=artifacts or {},
    )


@dataclass(frozen=True)
class Kind:
    """A figure kind, loaded.

    Attributes
    ----------
    name : str
        File name without ``.py``.
    path : Path
    doc : str
        What the reader of the figure sees.
    params : type of KindParams
    derive : callable (Snapshot, Params) -> Table
        Runs in the derive worker; may use scipy, scikit-learn and umap; not Matplotlib.
    draw : callable (Figure or SubFigure, Table, Params, Look) -> None
        Does no arithmetic beyond layout; draws inside what it is given.
    example : callable () -> Example
    texts : callable (figure id, Table, Params, Look) -> mapping of str to str, or None
        For a kind that is also text: the content of each file of :data:`TEXTS`.
    describe : callable (Table, Params, Look) -> str, or None
        What its numbers say, for the alternative text; without it, their ranges do.
    """

    name: str
    path: Path
    doc: str
    params: type[KindParams]
    derive: Callable[[Snapshot, Any], Table]
    draw: Callable[[Any, Table, Any, Any], None]
    example: Callable[[], Example]
    texts: Callable[[str, Table, Any, Any], Mapping[str, str]] | None
    describe: Callable[[Table, Any, Any], str] | None


Folders = Path | Sequence[Path]
"""Where kinds are looked for, those that win first."""


def kind_names(folders: Folders) -> tuple[str, ...]:
    """Names of the kinds in the folders, sorted; files that start with ``_`` are not kinds."""
    files = [path for folder in _listed(folders) for path in folder.glob("*.py")]
    return tuple(sorted({path.stem for path in files if not path.name.startswith("_")}))


def kind_file(folders: Folders, name: str) -> Path:
    """The file of a kind; where no folder has it, the place in the first where it would be."""
    places = [folder / f"{name}.py" for folder in _listed(folders)]
    return next((path for path in places if path.is_file()), places[0])


def _listed(folders: Folders) -> Sequence[Path]:
    return [folders] if isinstance(folders, Path) else folders


def load_kind(folders: Folders, name: str, *, where: str = "kind") -> Kind:
    """Import one kind.

    Raises
    ------
    FigproofError
        No such kind (with the nearest name), or the file lacks a member.
    """
    known = kind_names(folders)
    path = kind_file(folders, name)
    if name not in known:
        raise FigproofError(
            f"kind {name!r} is unknown. {suggest(name, known)}",
            where=where,
            hint=f"add {path.parent.name}/{name}.py to define it",
        )
    module = _import_file(path, f"figproof_kind_{name}")
    missing = [member for member in MEMBERS if not hasattr(module, member)]
    if missing or not (module.__doc__ or "").strip():
        raise FigproofError(
            f"a kind needs a docstring and {', '.join(MEMBERS)}; missing: {missing}", where=str(path)
        )
    return Kind(
        name=name,
        path=path,
        doc=module.__doc__ or "",
        params=module.Params,
        derive=module.derive,
        draw=module.draw,
        example=module.example,
        texts=getattr(module, "texts", None),
        describe=getattr(module, "describe", None),
    )


def writes_texts(folders: Folders, name: str) -> bool:
    """Whether a kind has the member ``texts``, found without importing it."""
    body = _tree(kind_file(folders, name)).body
    return any(isinstance(node, ast.FunctionDef) and node.name == "texts" for node in body)


def shows_conditions(folders: Folders, name: str, n: int) -> bool:
    """Whether a kind that gets ``n`` conditions asks for their looks, found without importing it.

    Raises
    ------
    FigproofError
        The file cannot be read as Python, or ``SHOWS_CONDITIONS`` is none of the known values.
    """
    path = kind_file(folders, name)
    for node in _tree(path).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "SHOWS_CONDITIONS" for target in node.targets
        ):
            value = node.value.value if isinstance(node.value, ast.Constant) else None
            if value is not True and value is not False and value != "several":
                allowed = "SHOWS_CONDITIONS must be True, False or 'several'"
                raise FigproofError(allowed, where=f"{path}:{node.lineno}")
            return n > 1 if value == "several" else bool(value)
    return True


def _tree(path: Path) -> ast.Module:
    try:
        return _parsed(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise _not_loaded(path, error) from error


# A build asks each kind of every figure; to parse them all each time took a sixth of one that does nothing.
@functools.lru_cache(maxsize=256)
def _parsed(content: bytes) -> ast.Module:
    return ast.parse(content)


def _import_file(path: Path, module_name: str) -> Any:
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise FigproofError("cannot be imported", where=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except FigproofError:
        raise
    except Exception as error:
        del sys.modules[module_name]
        raise _not_loaded(path, error) from error
    return module


def _not_loaded(path: Path, error: Exception) -> FigproofError:
    """The error of a file that is not read or not run to its end, with the line of the file."""
    if isinstance(error, SyntaxError):
        line, said = error.lineno, error.msg
    else:
        here = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == str(path)]
        line, said = (here[-1] if here else None), f"{type(error).__name__}: {error}"
    where = f"{path}:{line}" if line else str(path)
    return FigproofError(f"cannot be loaded: {said}", where=where, hint="correct the file")
