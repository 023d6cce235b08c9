"""Whether the files of runs are the bytes that were recorded: all of them are read, each once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from figproof.audit.findings import Finding, Severity
from figproof.errors import FigproofError
from figproof.npz import MAX_BYTES
from figproof.store.checking import CheckedFile, check_file
from figproof.store.connect import Store
from figproof.store.details import Details
from figproof.store.reader import StoredArtifact


class FileChecks:
    """Remembers which files were read: runs share their sources."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, CheckedFile | FigproofError] = {}

    def findings(self, details: Details) -> Iterator[Finding]:
        """What is wrong with the files of a run."""
        unproved = []
        for noun, files in (
            ("artifact", details.run.artifacts),
            ("source", details.sources),
            ("resource", details.resources),
        ):
            for file in files:
                if _is_odd(file.name, in_folders=noun != "artifact"):
                    yield _found(details, "name", "warning", f"{noun} {file.name[:80]!r} is named as a path")
                if file.missing:
                    # Sources without a file are named with the code, artifacts with what is incomplete.
                    if noun == "resource" or (noun == "artifact" and details.run.status != "COMPLETED"):
                        yield _found(
                            details, "artifact-missing", "warning", f"{noun} {file.name[:80]!r} has no file"
                        )
                    continue
                checked = self._check(file)
                what, arrays = f"{noun} {file.name[:80]!r}", file.name.endswith(".npz")
                yield from _file_findings(details, what, checked, arrays=arrays)
                if isinstance(checked, CheckedFile) and not checked.digest:
                    unproved.append(file.name)
        if unproved:
            names = ", ".join(ascii(name)[:40] for name in unproved[:3]) + (" ..." if unproved[3:] else "")
            yield _found(details, "no-digest", "note", f"{len(unproved)} files without a digest: {names}")

    def _check(self, file: StoredArtifact) -> CheckedFile | FigproofError:
        key = repr(file.file_id)
        if key not in self._known:
            try:
                self._known[key] = check_file(self._store, file, "file")
            except FigproofError as error:
                self._known[key] = error
        return self._known[key]


def _file_findings(
    details: Details, what: str, checked: CheckedFile | FigproofError, *, arrays: bool
) -> Iterator[Finding]:
    if isinstance(checked, FigproofError):
        yield _found(details, "damaged", "error", f"{what} {checked.problem}")
    elif arrays and (checked.problem or checked.inflated is None):
        yield _found(details, "arrays", "error", f"{what} {checked.problem or 'is no npz'}")
    elif arrays and checked.inflated is not None and checked.inflated > MAX_BYTES:
        measured = f"{what} inflates to {checked.inflated} bytes, {MAX_BYTES} are read"
        yield _found(details, "arrays", "error", measured)


def _found(details: Details, rule: str, severity: Severity, measured: str) -> Finding:
    return Finding((details.run.id,), rule, severity, measured)


def _is_odd(name: Any, *, in_folders: bool) -> bool:
    """Whether a name would leave the folder that it is saved in; sources lie in folders."""
    text = str(name)
    parts = text.replace("\\", "/").split("/")
    return (
        not text.isprintable()
        or text in ("", ".")
        or ".." in parts
        or parts[0] == ""
        or ":" in parts[0]
        or (len(parts) > 1 and not in_folders)
    )
