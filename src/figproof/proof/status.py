"""Is each figure what its inputs say now, and if not, why: every reason, not the first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figproof.approvals import generated_files, left_over_files
from figproof.canonical import digest_file
from figproof.deriving import TABLES, Derived
from figproof.drawing import look_of
from figproof.errors import FigproofError, Problems, suggest
from figproof.formats import formats_of
from figproof.kinds import TEXTS
from figproof.model import Table
from figproof.pins import check_pin, load_pin
from figproof.project import Project
from figproof.proof.made import made_files
from figproof.proof.reasons import Reason, changed_inputs, changed_params
from figproof.provenance import figure_provenance
from figproof.schemas import Config, FigureSpec
from figproof.specs import figure_ids, load_config, load_figure, text_figures

if TYPE_CHECKING:
    from figproof.store import Store

_AGAIN = "delete it and run: snakemake"


@dataclass(frozen=True)
class FigureStatus:
    """A figure and all reasons for which it is stale; current if there is none."""

    figure: str
    reasons: tuple[Reason, ...]

    @property
    def current(self) -> bool:
        return not self.reasons


@dataclass(frozen=True)
class Status:
    """The figures of a project.

    Attributes
    ----------
    figures : tuple of FigureStatus
        Sorted by id.
    left_over : tuple of str
        Files below ``results`` of figures or formats that ``config`` no longer has.
    store_unknown : str
        Why the store could not be asked; empty if it was. Then new, edited and deleted runs are not known.
    """

    figures: tuple[FigureStatus, ...]
    left_over: tuple[str, ...]
    store_unknown: str

    @property
    def stale(self) -> int:
        """Number of stale figures."""
        return sum(not one.current for one in self.figures)


def project_status(
    project: Project, figures: Sequence[str], store: Store | None, store_unknown: str = ""
) -> Status:
    """The status of some figures, or of all.

    Parameters
    ----------
    figures : sequence of str
        Ids; empty for all.
    store : Store or None
        None where it is away, as ``store_unknown`` says.

    Raises
    ------
    FigproofError
        An unknown figure, or ``config/config.yaml`` cannot be read. What is wrong with one figure's own
        files is a reason of that figure.
    """
    known = figure_ids(project)
    for figure in figures:
        if figure not in known:
            raise FigproofError(f"figure {figure!r} is unknown. {suggest(figure, known)}")
    if not known:
        raise FigproofError(
            "no figure is defined", where="config/figures", hint="add config/figures/<id>.yaml"
        )
    config = load_config(project)
    asked = {figure: built_reasons(project, config, figure) for figure in figures or known}
    drifts = _drifts(project, store, asked) if store is not None else {}
    found = [FigureStatus(figure, (*reasons, *drifts.get(figure, ()))) for figure, reasons in asked.items()]
    return Status(tuple(found), _left_over(project), store_unknown)


def built_reasons(project: Project, config: Config, figure: str) -> tuple[Reason, ...]:
    """Why what is built of a figure is not what its files say now; the store is not asked."""
    try:
        spec = load_figure(project, figure)
        expected = _expected(project, config, figure, spec)
        record = project.figure_file(figure, "provenance.json")
        if not any(path.is_file() for path in expected):
            return (Reason("never built", "nothing of it is there; run: snakemake"),)
        stored = _stored(project, record)
        parts = {part["panel"]: part for part in stored["parts"]} if stored else {}
        # Whether the numbers are those that are there is asked below, of the files.
        as_said = {letter: _as_said(parts.get(letter, {})) for letter, _ in spec.parts()}
        now = figure_provenance(project, figure, spec, look_of(project, spec, config), as_said)
    except FigproofError as error:
        return tuple(Reason("cannot be built", one) for one in _problems(error))
    return (
        *(changed_inputs(stored, now, changed_params(project, figure, spec)) if stored else ()),
        *_of_snapshots(project, spec),
        *_of_numbers(project, figure, stored),
        *_of_files(project, figure, expected),
    )


def _as_said(part: Mapping[str, Any]) -> Derived:
    return Derived(part.get("table", ""), Table({}, {}), part.get("configs", {}))


def _problems(error: FigproofError) -> list[str]:
    errors = error.errors if isinstance(error, Problems) else (error,)
    return [f"{one.where}: {one.problem}" if one.where else one.problem for one in errors]


def _expected(project: Project, config: Config, figure: str, spec: FigureSpec) -> list[Path]:
    specs = {figure: spec}
    suffixes = [*formats_of(project, config, specs)[figure], "provenance.json"]
    suffixes += TEXTS if text_figures(project, specs) else ()
    return [project.figure_file(figure, suffix) for suffix in suffixes]


def _stored(project: Project, record: Path) -> dict[str, Any] | None:
    """The provenance beside a figure; None if it is missing, which the list of files tells."""
    if not record.is_file():
        return None
    try:
        stored = json.loads(record.read_bytes())
        [(part["panel"], part["table"]) for part in stored["parts"]]
    except (ValueError, KeyError, TypeError) as error:
        raise FigproofError(f"is damaged; {_AGAIN}", where=project.relative(record)) from error
    return dict(stored)


def _of_snapshots(project: Project, spec: FigureSpec) -> Iterable[Reason]:
    for name in sorted({panel.pin for _, panel in spec.parts()}):
        path = project.manifest(name)
        runs = [run.digest for run in load_pin(project, name).runs]
        try:
            taken = json.loads(path.read_bytes())["runs"] if path.is_file() else None
        except (ValueError, KeyError, TypeError):
            taken = None
        if taken is None:
            yield Reason("snapshot", f"the snapshot of pin {name} is not there")
        elif taken != runs:
            yield Reason("snapshot", f"the snapshot of pin {name} holds other runs than the pin names")


def _of_numbers(project: Project, figure: str, stored: Mapping[str, Any] | None) -> Iterable[Reason]:
    """Derived numbers that were edited, are gone, or were derived again since the figure was drawn."""
    listing = project.derived(figure) / TABLES
    try:
        parts = json.loads(listing.read_bytes())
        drawn = {part["panel"]: part["table"] for part in stored["parts"]} if stored else {}
        for letter, part in sorted(parts.items()):
            folder = listing.parent / letter
            for name, digest in sorted(part["files"].items()):
                yield from _of_file(project, folder / name, digest)
            if drawn.get(letter, part["digest"]) != part["digest"]:
                panel = f"panel {letter}: " if letter else ""
                yield Reason("numbers", f"{panel}they were derived again since it was drawn")
    except FileNotFoundError:
        yield Reason("numbers", f"{project.relative(listing)} is missing")
    except (ValueError, KeyError, TypeError, AttributeError):
        yield Reason("numbers", f"{project.relative(listing)} is damaged; {_AGAIN}")


def _of_files(project: Project, figure: str, expected: Sequence[Path]) -> Iterable[Reason]:
    made = made_files(project, figure)
    unknown = [path for path in expected if path.is_file() and path.name not in made]
    if unknown:
        names = ", ".join(path.name for path in unknown)
        yield Reason("file", f"nothing says which bytes were made of {names}: delete them and run: snakemake")
    for path in expected:
        if path not in unknown:
            yield from _of_file(project, path, made.get(path.name, ""))


def _of_file(project: Project, path: Path, digest: str) -> Iterable[Reason]:
    if not path.is_file():
        yield Reason("file", f"{project.relative(path)} is missing")
    elif digest_file(path) != digest:
        yield Reason("file", f"{project.relative(path)} was edited since it was made; {_AGAIN}")


def _drifts(project: Project, store: Store, figures: Iterable[str]) -> dict[str, list[Reason]]:
    """What the store says of the pins of each figure; each pin is asked for once."""
    pins: dict[str, list[Reason]] = {}
    found = {}
    for figure in figures:
        try:
            names = sorted({panel.pin for _, panel in load_figure(project, figure).parts()})
        except FigproofError:
            continue  # told already, as the reason why it cannot be built
        for name in names:
            if name not in pins:
                pins[name] = [Reason("store", f"pin {name}: {line}") for line in _lines(project, store, name)]
        found[figure] = [reason for name in names for reason in pins[name]]
    return found


def _lines(project: Project, store: Store, pin: str) -> Sequence[str]:
    try:
        return check_pin(project, store, pin).lines
    except FigproofError as error:
        return _problems(error)


def _left_over(project: Project) -> tuple[str, ...]:
    try:
        return tuple(sorted(left_over_files(project, generated_files(project))))
    except FigproofError:
        return ()  # a figure's YAML is wrong, and is told as that figure's reason
