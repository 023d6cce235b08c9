"""Copies of what was approved, each named by the SHA-256 of its bytes, below ``.figproof/approved``.

They are not committed, and may be deleted: a review then needs the old figures from a bundle or folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from figproof.canonical import digest_bytes
from figproof.files import write_proved
from figproof.project import Project


def keep(project: Project, files: Mapping[str, Path]) -> None:
    """Keep a copy of each file; SHA-256 -> file."""
    for digest, path in files.items():
        target = _copy(project, digest)
        if not target.is_file():
            write_proved(target, path.read_bytes())


def kept(project: Project, digest: str) -> bytes | None:
    """The bytes with that digest; None if no copy of them is here."""
    path = _copy(project, digest)
    content = path.read_bytes() if path.is_file() else None
    return content if content is not None and digest_bytes(content) == digest else None


def _copy(project: Project, digest: str) -> Path:
    return project.approved_copies / digest[:2] / digest
