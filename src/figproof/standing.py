"""What a figure's file says it was made from, against what is there now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from figproof.approvals import load_approved
from figproof.canonical import digest_bytes, digest_file
from figproof.conditions import load_conditions
from figproof.content import run_content
from figproof.errors import FigproofError
from figproof.kinds import kind_file
from figproof.pins import pin_path
from figproof.places import Styles, find_sheet
from figproof.project import Project
from figproof.provenance import library_digest, lock_digest, spec_digest
from figproof.shown import look_digests
from figproof.specs import figure_ids, load_figure

if TYPE_CHECKING:
    from figproof.store import Store

Now = Literal["same", "changed", "gone", "unknown"]


class Named(BaseModel):
    """A file, by name and digest."""

    name: str
    sha256: str


class PinnedRun(BaseModel):
    """A run of a figure."""

    id: int
    condition: str
    seed: int | None
    digest: str


class Configs(BaseModel):
    """Configs of runs; see :func:`figproof.settings.said_configs`."""

    same: dict[str, Any] = {}
    differ: dict[str, dict[str, Any]] = {}


class Part(BaseModel):
    """A panel, or the whole figure."""

    panel: str
    kind: Named
    pin: Named
    runs: list[PinnedRun]
    configs: Configs = Configs()


class Record(BaseModel):
    """What is read of a provenance."""

    figure: str
    spec: str
    parts: list[Part]
    styles: dict[str, str]
    # Figures that were drawn before this was recorded say the digest of the whole registry among styles.
    conditions: list[tuple[str, str | None]] = []
    library: str
    lock: str | None
    versions: dict[str, str]

    def runs(self) -> list[PinnedRun]:
        """All runs of all parts, each once, by id."""
        by_content = {(run.id, run.digest): run for part in self.parts for run in part.runs}
        return [by_content[key] for key in sorted(by_content)]


@dataclass(frozen=True)
class Standing:
    """One thing that a figure was made from.

    Attributes
    ----------
    sort : str
        ``spec``, ``kind``, ``pin``, ``style``, ``condition``, ``library``, ``lock``, ``version``, ``run``.
    name : str
    then : str
        What the record says: a digest, or a version.
    now : {"same", "changed", "gone", "unknown"}
    detail : str
        What it is now where it changed, or why that is unknown.
    """

    sort: str
    name: str
    then: str
    now: Now
    detail: str = ""


def in_work_tree(project: Project, record: Record) -> Iterator[Standing]:
    """The spec, kinds, pins, styles, conditions, code and packages of a record against a project's files."""
    yield _compared("spec", record.figure, record.spec, partial(_spec_now, project, record.figure))
    kinds = {part.kind.name: part.kind.sha256 for part in record.parts}
    for name, digest in sorted(kinds.items()):
        yield _compared("kind", name, digest, partial(_kind_now, project, name))
    pins = {part.pin.name: part.pin.sha256 for part in record.parts}
    for name, digest in sorted(pins.items()):
        yield _compared("pin", name, digest, partial(_pin_now, project, name))
    for name, digest in sorted(record.styles.items()):
        yield _compared("style", name, digest, partial(_style_now, project, name))
    for name, look in record.conditions:
        yield _compared("condition", name, str(look), partial(_look_now, project, name))
    yield _compared("library", "figproof", record.library, library_digest)
    if record.lock is not None:
        yield _compared("lock", "requirements.lock", record.lock, partial(lock_digest, project))
    for name, then in sorted(record.versions.items()):
        yield _compared("version", name, then, partial(_version_now, name))


def in_store(
    store: Store, runs: Iterable[PinnedRun], progress: Callable[[str], None] = lambda line: None
) -> Iterator[Standing]:
    """Runs of a record against the store; each is read whole, for its digest is over its content."""
    from figproof.store.reader import read_artifact, read_run

    listed = list(runs)
    for number, run in enumerate(listed, 1):
        progress(f"run {run.id} ({number} of {len(listed)})")
        try:
            now = run_content(read_run(store, run.id), lambda a: read_artifact(store, a)).digest
        except FigproofError as error:
            gone = "is not in the store" in error.problem
            yield Standing("run", str(run.id), run.digest, "gone" if gone else "changed", error.problem)
        else:
            yield _against("run", str(run.id), run.digest, now)


def not_asked(runs: Iterable[PinnedRun], why: str) -> Iterator[Standing]:
    """Runs of a record where there is no store to ask."""
    for run in runs:
        yield Standing("run", str(run.id), run.digest, "unknown", why)


def approved_as(project: Project, content: bytes) -> str | None:
    """The path below ``results`` whose approved digest these bytes have; None if they are not approved."""
    digest = digest_bytes(content)
    approved: Mapping[str, str] = load_approved(project) if project.approved_file.is_file() else {}
    return next((path for path, known in sorted(approved.items()) if known == digest), None)


def _compared(sort: str, name: str, then: str, ask: Callable[[], str | None]) -> Standing:
    try:
        now = ask()
    except FigproofError as error:
        return Standing(sort, name, then, "unknown", error.problem)
    return Standing(sort, name, then, "gone") if now is None else _against(sort, name, then, now)


def _against(sort: str, name: str, then: str, now: str) -> Standing:
    same = now == then
    short = now[:12] if len(now) == 64 else now
    return Standing(sort, name, then, "same" if same else "changed", "" if same else f"is {short}")


def _plain(name: str) -> str:
    """A name out of a record, which may say anything, and never a way out of its folder."""
    if Path(name).name != name or name in (".", ".."):
        raise FigproofError("is no name of a file here")
    return name


def _spec_now(project: Project, figure: str) -> str | None:
    return spec_digest(load_figure(project, figure)) if figure in figure_ids(project) else None


def _kind_now(project: Project, name: str) -> str | None:
    return _file_now(kind_file(project.kinds, _plain(name)))


def _pin_now(project: Project, name: str) -> str | None:
    return _file_now(pin_path(project, _plain(name)))


def _style_now(project: Project, name: str) -> str | None:
    return _file_now(_style_file(project, name))


def _look_now(project: Project, name: str) -> str | None:
    looks = load_conditions(project.conditions_file) if project.conditions_file.is_file() else {}
    return look_digests(looks, [name])[0][1]


def _file_now(path: Path | None) -> str | None:
    return digest_file(path) if path is not None and path.is_file() else None


def _style_file(project: Project, name: str) -> Path | None:
    if ".." in Path(name).parts or Path(name).is_absolute():
        raise FigproofError("is no name of a style here")
    for folder in Styles.of(project.root).folders:
        if name.startswith(f"{folder.name}/"):
            return folder.path / name.removeprefix(f"{folder.name}/")
    if name.endswith(".mplstyle"):
        try:
            return find_sheet(project.root, name).path
        except FigproofError:
            return None
    return project.root / name


def _version_now(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
