"""``figproof trace FILE``: what made a figure, out of the file itself, and whether that is still there."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figproof.closed import parse
from figproof.errors import FigproofError
from figproof.project import Project

if TYPE_CHECKING:
    from figproof.carried import Carried
    from figproof.standing import Record, Standing


def add_parser(subparsers: Any) -> None:
    """Add ``trace``."""
    parser = subparsers.add_parser("trace", help="say what made a figure file, and whether that changed")
    parser.add_argument(
        "file",
        type=Path,
        help="a PDF, SVG, PNG or TIFF of figproof under any name, a paper's PDF, or a page (HTML)",
    )
    parser.add_argument("--json", action="store_true", help="the whole records")
    parser.add_argument("--no-store", action="store_true", help="do not ask the store for the runs")
    parser.set_defaults(run=_run, anywhere=True)


def _run(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.carried import figures_in
    from figproof.standing import Record

    project = Project.around(root)
    here = project if project.config_file.is_file() else None
    figures = figures_in(arguments.file)
    if here is not None and not any(figure.place == "" for figure in figures):
        from figproof.resemblance import figures_by_content

        known = {(figure.place, str(figure.provenance.get("figure"))) for figure in figures}
        figures += figures_by_content(arguments.file, here, known)
    if not figures:
        raise FigproofError(
            "carries no provenance", where=str(arguments.file), hint="was it made by another program?"
        )
    answers = []
    for figure in figures:
        where = f"{arguments.file}: provenance" + (f" ({figure.place})" if figure.place else "")
        record = parse(Record, figure.provenance, where)
        standing = list(_standing(here, record, arguments.no_store)) if here is not None else []
        now = [vars(thing) for thing in standing]
        answers.append({"place": figure.place, "provenance": figure.provenance, "now": now})
        if not arguments.json:
            _show(figure, record, standing)
    if arguments.json:
        print(json.dumps(answers, indent=2, sort_keys=True, ensure_ascii=True))
    elif here is not None and figures[0].place == "":
        _say_approved(here, arguments.file)
    return 0


def _standing(project: Project, record: Record, no_store: bool) -> Iterator[Standing]:
    from figproof.standing import in_store, in_work_tree, not_asked
    from figproof.store import open_store

    yield from in_work_tree(project, record)
    if no_store:
        yield from not_asked(record.runs(), "the store was not asked")
        return
    try:
        with open_store(project.root) as store:
            yield from in_store(store, record.runs(), _progress)
    except FigproofError as error:
        yield from not_asked(record.runs(), error.problem)


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="\r", file=sys.stderr, flush=True)


def _show(figure: Carried, record: Record, standing: Iterable[Standing]) -> None:
    """The record's things, each with what became of it."""
    now = {(thing.sort, thing.name): thing for thing in standing}

    def line(text: str, sort: str, name: str) -> None:
        thing = now.get((sort, name))
        became = f"  [{thing.now}{': ' + thing.detail if thing.detail else ''}]" if thing else ""
        _say(text + became)

    place = f"{figure.place}: " if figure.place else ""
    line(f"{place}figure {record.figure}, spec {record.spec[:12]}", "spec", record.figure)
    for part in record.parts:
        panel = f"panel {part.panel}: " if part.panel else ""
        line(f"{panel}kind {part.kind.name} {part.kind.sha256[:12]}", "kind", part.kind.name)
        line(f"  pin {part.pin.name} {part.pin.sha256[:12]}", "pin", part.pin.name)
        if part.configs.same:
            _say(f"  all runs: {_spelled(part.configs.same)}")
        for run in part.runs:
            what = f"({run.condition}, seed {run.seed})"
            line(f"  run {run.id} {what} {run.digest[:12]}", "run", str(run.id))
            own = part.configs.differ.get(str(run.id), {})
            if set(own) - {"seed"}:
                _say(f"    {_spelled(own)}")
    for path, digest in record.styles.items():
        line(f"{path} {digest[:12]}", "style", path)
    for name, look in record.conditions:
        line(f"condition {name} {str(look)[:12]}", "condition", name)
    line(f"figproof's code {record.library[:12]}", "library", "figproof")
    if record.lock:
        line(f"requirements.lock {record.lock[:12]}", "lock", "requirements.lock")
    for name, number in record.versions.items():
        line(f"{name} {number}", "version", name)
    _say(_counted(now.values()) if now else "no project here: nothing was compared with what is there now")


def _counted(standing: Collection[Standing]) -> str:
    words = ("same", "changed", "gone", "unknown")
    return "now: " + ", ".join(f"{sum(thing.now == word for thing in standing)} {word}" for word in words)


def _spelled(config: dict[str, Any]) -> str:
    return ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in config.items())


def _say_approved(project: Project, file: Path) -> None:
    from figproof.carried import read_file
    from figproof.standing import approved_as

    path = approved_as(project, read_file(file))
    _say(
        f"the file has the approved bytes of {path}"
        if path
        else "the file's bytes are in no figures.lock here"
    )


def _say(line: str) -> None:
    """Print without what a terminal would obey."""
    print("".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line))
