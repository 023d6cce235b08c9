"""Pin -> folder of plain files, each named by the SHA-256 of its bytes and proved when read."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from figproof.canonical import digest_bytes, to_readable_json
from figproof.content import POINTS, Content, run_content
from figproof.errors import FigproofError, raise_together
from figproof.files import write_atomic, write_proved
from figproof.model import Arrays, Metric, Run, Snapshot
from figproof.npz import load_npz
from figproof.pins import Pin, PinnedRun, load_pin
from figproof.project import Project
from figproof.specs import how_to_pin

if TYPE_CHECKING:
    from figproof.store import Store

Value = TypeVar("Value")
_GENERATED = "figproof-manifest-1"


def take_snapshot(
    project: Project,
    name: str,
    open_store: Callable[[], AbstractContextManager[Store]],
    progress: Callable[[str], None],
) -> None:
    """Copy the runs of a pin out of the store; runs that are here and whole are not read again.

    Raises
    ------
    FigproofError
        A pinned run is gone, was edited since or is incomplete: all of them are named.
    """
    pin = load_pin(project, name)
    absent = [run for run in pin.runs if not _is_whole(project.objects, run.digest)]
    errors: list[FigproofError] = []
    with ExitStack() as stack:
        store = stack.enter_context(open_store()) if absent else None
        for number, run in enumerate(absent, 1):
            progress(f"snapshot {name}: run {run.id} ({number} of {len(absent)})")
            try:
                _copy(project.objects, _read(project, store, run, name))
            except FigproofError as error:
                errors.append(error)
    raise_together(errors)
    manifest = {"format": _GENERATED, "pin": name, "runs": [run.digest for run in pin.runs]}
    write_atomic(project.manifest(name), to_readable_json(manifest))


def _read(project: Project, store: Store | None, run: PinnedRun, pin: str) -> Content:
    from figproof.store.reader import read_artifact, read_run

    if store is None:
        raise FigproofError("the store is not open", where=f"run {run.id}")
    content = run_content(read_run(store, run.id), lambda a: read_artifact(store, a))
    if content.digest != run.digest:
        raise FigproofError(
            f"run {run.id} changed in the store since it was pinned: "
            f"{run.digest[:12]} is now {content.digest[:12]}",
            where=f"config/pins/{pin}.json",
            hint=f"see `figproof pin --check {pin}`; to accept the run as it is, {how_to_pin(project, pin)}",
        )
    return content


def _copy(objects: Path, content: Content) -> None:
    # The document goes last: where it lies, everything that it names lies too.
    for digest in sorted(content.blobs):
        write_proved(_object(objects, digest), content.blobs[digest])
    write_proved(_object(objects, content.digest), content.document)


def _object(objects: Path, digest: str) -> Path:
    return objects / digest[:2] / digest


def _is_whole(objects: Path, digest: str) -> bool:
    path = _object(objects, digest)
    if not path.is_file() or digest_bytes(path.read_bytes()) != digest:
        return False
    return all(
        (blob := _object(objects, entry["sha256"])).is_file()
        and digest_bytes(blob.read_bytes()) == entry["sha256"]
        for entry in _entries(path)
    )


def object_files(project: Project, name: str) -> tuple[Path, ...]:
    """Every file of the runs of a pin, sorted, proved by the digests in their names.

    Raises
    ------
    FigproofError
        A run is not there, or a byte of it is another; nothing is removed.
    """
    found: set[Path] = set()
    for run in load_pin(project, name).runs:
        if not _is_whole(project.objects, run.digest):
            raise FigproofError(
                f"run {run.id} of pin {name} is not there, or damaged",
                where=project.relative(project.objects),
                hint="run snakemake, which copies it from the store",
            )
        path = _object(project.objects, run.digest)
        found |= {path, *(_object(project.objects, entry["sha256"]) for entry in _entries(path))}
    return tuple(sorted(found))


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    document = json.loads(path.read_bytes())
    yield from document["metrics"]
    yield from document["artifacts"]


def load_snapshot(project: Project, name: str) -> Snapshot:
    """The snapshot of a pin; metrics and artifacts are read, and proved, when first used.

    Raises
    ------
    FigproofError
        The snapshot was not taken, or a file's bytes do not match its name; the damaged part is
        removed, so that the next build copies it from the store again.
    """
    pin: Pin = load_pin(project, name)
    manifest = project.manifest(name)
    if not manifest.is_file():
        raise FigproofError(
            "was not taken",
            where=project.relative(manifest),
            hint=f"run: snakemake or figproof snapshot {name}",
        )

    def read(digest: str) -> bytes:
        return _proved(project, digest)

    runs = tuple(_run(run, json.loads(read(run.digest)), read) for run in pin.runs)
    return Snapshot(name, runs, pin.expected_seeds)


def _proved(project: Project, digest: str) -> bytes:
    path = _object(project.objects, digest)
    there = path.is_file()
    content = path.read_bytes() if there else b""
    if digest_bytes(content) != digest:
        path.unlink(missing_ok=True)
        # Pins share runs: the next build looks at all pins again, and asks the store for what is not whole.
        for manifest in sorted(project.objects.parent.glob("*/MANIFEST.json")):
            manifest.unlink(missing_ok=True)
        raise FigproofError(
            "bytes do not match the file's name; removed it" if there else "is missing",
            where=project.relative(path),
            hint="run snakemake, which copies it from the store again",
        )
    return content


def _run(pinned: PinnedRun, document: Mapping[str, Any], read: Callable[[str], bytes]) -> Run:
    def metric(entry: Mapping[str, Any]) -> Metric:
        points = np.load(io.BytesIO(read(entry["sha256"])), allow_pickle=False).astype(POINTS, copy=False)
        return Metric(
            entry["name"], entry["unit"], points["step"].copy(), points["value"].copy(), entry["step_unit"]
        )

    names = [entry["name"].removesuffix(".npz") for entry in document["artifacts"]]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise FigproofError(
            f"has two artifacts each called {', '.join(twice)} but for the ending .npz",
            where=f"run {pinned.id}",
            hint="leave the run out of the pin",
        )
    return Run(
        id=pinned.id,
        digest=pinned.digest,
        experiment=document["experiment"],
        condition=pinned.condition,
        seed=pinned.seed,
        config=document["config"],
        metrics=_Lazy({entry["name"]: entry for entry in document["metrics"]}, metric),
        artifacts=_Lazy(
            {entry["name"].removesuffix(".npz"): entry for entry in document["artifacts"]},
            lambda entry: _arrays(pinned, entry, read),
        ),
    )


def _arrays(pinned: PinnedRun, entry: Mapping[str, Any], read: Callable[[str], bytes]) -> Arrays:
    try:
        return load_npz(read(entry["sha256"]))
    except FigproofError as error:
        raise FigproofError(str(error), where=f"run {pinned.id}: artifact {entry['name']}") from error


class _Lazy(Mapping[str, Value], Generic[Value]):
    """A mapping whose values are read when first asked for."""

    def __init__(
        self, entries: Mapping[str, Mapping[str, Any]], load: Callable[[Mapping[str, Any]], Value]
    ) -> None:
        self._entries = dict(sorted(entries.items()))
        self._load = load
        self._loaded: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        if name not in self._loaded:
            self._loaded[name] = self._load(self._entries[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
