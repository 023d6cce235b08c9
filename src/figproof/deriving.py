"""Snapshot -> the numbers of a figure, as files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figproof.canonical import digest_bytes, digest_json, to_readable_json
from figproof.errors import FigproofError
from figproof.files import replacing_folder
from figproof.kinds import load_kind
from figproof.model import Table
from figproof.project import Project
from figproof.provenance import lock_digest, part_inputs
from figproof.schemas import FigureSpec
from figproof.settings import said_configs
from figproof.snapshot import load_snapshot
from figproof.specs import load_figure, load_params
from figproof.steps import kept_in, numerics_digest
from figproof.tables import read_table, table_digest, table_files
from figproof.worker import FIXED

TABLES = "TABLES.json"


def derive_figure(project: Project, figure: str) -> None:
    """Compute every part's table and put the folder ``results/derived/<id>`` in place at once."""
    spec = load_figure(project, figure)
    params = load_params(project, figure, spec)
    target = project.derived(figure)
    listing: dict[str, Any] = {}
    depends_on = {"numerics": numerics_digest(), "lock": lock_digest(project), "worker": FIXED}
    steps = project.cache / "steps" / figure
    with replacing_folder(target) as folder, kept_in(steps, depends_on, _progress(figure)):
        for (letter, panel), part_params in zip(spec.parts(), params, strict=True):
            kind = load_kind(project.kinds, panel.kind)
            try:
                snapshot = load_snapshot(project, panel.pin)
                table = kind.derive(snapshot, part_params)
            except FigproofError as error:
                where = f"config/figures/{figure}.yaml" + (f": panel {letter}" if letter else "")
                raise FigproofError(str(error), where=where) from error
            files = table_files(table)
            (folder / letter).mkdir(exist_ok=True)
            for name, content in files.items():
                (folder / letter / name).write_bytes(content)
            digests = {name: digest_bytes(content) for name, content in files.items()}
            made_from = digest_json(part_inputs(project, panel))
            listing[letter] = {
                "digest": table_digest(files),
                "files": digests,
                "from": made_from,
                "configs": said_configs({run.id: run.config for run in snapshot.runs}),
            }
        (folder / TABLES).write_bytes(to_readable_json(listing))


def _progress(figure: str) -> Callable[[str], None]:
    return lambda line: print(f"{figure}: {line}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Derived:
    """What is derived for one part of a figure.

    Attributes
    ----------
    digest : str
        Of the table's files.
    table : Table
    configs : mapping
        Of the part's runs; see :func:`figproof.settings.said_configs`.
    """

    digest: str
    table: Table
    configs: Mapping[str, Any]


def read_tables(project: Project, figure: str, spec: FigureSpec) -> dict[str, Derived]:
    """Letter -> what is derived for a figure, as its YAML, kinds and pins are now.

    Raises
    ------
    FigproofError
        The figure was not derived, or from another kind, params or pin than those it has now; or
        a file was changed since: then the listing is removed, so that the next build derives again.
    """
    path = project.derived(figure) / TABLES
    if not path.is_file():
        raise FigproofError("is missing", where=project.relative(path), hint=f"run: figproof derive {figure}")
    try:
        listing = json.loads(path.read_bytes())
        made_from = {letter: part["from"] for letter, part in listing.items()}
        asked = {letter: digest_json(part_inputs(project, panel)) for letter, panel in spec.parts()}
        if made_from != asked:
            raise _Outdated
        return {
            letter: Derived(part["digest"], read_table(_folder(path, letter), part["files"]), part["configs"])
            for letter, part in listing.items()
        }
    except _Outdated:
        raise FigproofError(
            "was derived from another kind, params or pin than the figure has now",
            where=project.relative(path),
            hint=f"run: figproof derive {figure}",
        ) from None
    except (FigproofError, ValueError, KeyError, TypeError) as error:
        path.unlink(missing_ok=True)
        raise FigproofError(f"{error}; removed {project.relative(path)}", hint="run: snakemake") from error


class _Outdated(Exception):
    pass


def _folder(listing: Path, letter: str) -> Path:
    return listing.parent / letter if letter else listing.parent
