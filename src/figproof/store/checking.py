"""Read a file of the store piece by piece, and say whether it is what was recorded."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from dataclasses import dataclass
from typing import IO

from figproof.store.connect import Store
from figproof.store.gridfile import find_file, recorded_md5, recorded_sha256, stream_file
from figproof.store.reader import StoredArtifact

_KEPT_IN_MEMORY_BYTES = 8_000_000
_MOST_DIRECTORY_BYTES = 4_000_000
# At most so far from the end stands the record that says how large a zip's directory is.
_ZIP_TAIL_BYTES = 65_557
_END_RECORD = b"PK\x05\x06"


@dataclass(frozen=True)
class CheckedFile:
    """A file that was read whole.

    Attributes
    ----------
    sha256 : str
        Of the bytes that were read.
    digest : str
        What they were compared with: ``"sha256"``, ``"md5"`` or ``""``.
    inflated : int or None
        For a zip or npz: the bytes that its members claim; nothing is inflated.
    problem : str
        For a zip or npz: why its directory cannot be read.
    """

    sha256: str
    digest: str
    inflated: int | None = None
    problem: str = ""


def check_file(store: Store, file: StoredArtifact, where: str) -> CheckedFile:
    """Read a file whole, keeping no more than a few megabytes of it in memory.

    Raises
    ------
    FigproofError
        See :func:`figproof.store.gridfile.stream_file`.
    """
    document = find_file(store, file.file_id)
    digest = "sha256" if recorded_sha256(document) else "md5" if recorded_md5(document) else ""
    sha = hashlib.sha256()
    with tempfile.SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY_BYTES) as kept:
        packed = None
        for piece in stream_file(store, file.file_id, where):
            sha.update(piece)
            packed = piece.startswith(b"PK") if packed is None else packed
            if packed:
                kept.write(piece)
        if not packed:
            return CheckedFile(sha.hexdigest(), digest)
        inflated, problem = _directory(kept)
    return CheckedFile(sha.hexdigest(), digest, inflated, problem)


def _directory(stream: IO[bytes]) -> tuple[int | None, str]:
    end = stream.seek(0, 2)
    stream.seek(max(0, end - _ZIP_TAIL_BYTES))
    tail = stream.read()
    at = tail.rfind(_END_RECORD)
    size = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if size > _MOST_DIRECTORY_BYTES:
        return None, f"claims a directory of {size} bytes"
    try:
        with zipfile.ZipFile(stream) as archive:
            return sum(member.file_size for member in archive.infolist()), ""
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        return None, f"is not a whole zip ({type(error).__name__})"
