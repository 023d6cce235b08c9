"""The file format of exported runs: a deterministic ``.tar.gz`` whose members are named by their SHA-256.

::

    MANIFEST.json          {"format": "figproof-runs-1", "runs": [{"id": ..., "member": "<sha256>"}]}
    blobs/<sha256>         the bytes of a file in GridFS, once, whoever uses it
    runs/<sha256>.json     {"run": ..., "metrics": [...], "files": [...]}, canonical extended JSON

An archive may come from anywhere. Nothing in it becomes a path: members are read into memory, by
name pattern, bounded in size, and compared with their digests.
"""

from __future__ import annotations

import io
import re
import struct
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import deflate

from figproof.canonical import digest_bytes
from figproof.errors import FigproofError

MANIFEST = "MANIFEST.json"
MAX_ARCHIVE_BYTES = 1 << 30
MAX_TOTAL_BYTES = 2 << 30
MAX_MEMBER_BYTES = 1 << 30
_LEVEL = 12
_MEMBER = re.compile(r"MANIFEST\.json|runs/(?P<run>[0-9a-f]{64})\.json|blobs/(?P<blob>[0-9a-f]{64})")
_GZIP_MAGIC = b"\x1f\x8b"


def pack(members: Mapping[str, bytes]) -> bytes:
    """The archive's bytes: a function of names and contents only."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(members):
            header = tarfile.TarInfo(name)
            header.size, header.mode, header.mtime = len(members[name]), 0o644, 0
            archive.addfile(header, io.BytesIO(members[name]))
    return bytes(deflate.gzip_compress(buffer.getvalue(), _LEVEL))


def unpack(path: Path) -> dict[str, bytes]:
    """Read an archive and check every member before any is used.

    Returns
    -------
    dict of str to bytes
        Member name -> content, as :func:`pack` took it.

    Raises
    ------
    FigproofError
        No such file; not an archive of runs; a member that is a link, has another name, is too
        large, double, truncated, or differs from the digest in its name.
    """
    content = _inflated(path)
    members: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for header in archive:
                if header.name in members:
                    raise _refused(path, f"member {header.name[:100]!r} is there twice")
                members[header.name] = _member(path, header, content)
    except (tarfile.TarError, ValueError, OverflowError, struct.error) as error:
        raise _refused(path, f"is damaged ({type(error).__name__})") from None
    if MANIFEST not in members:
        raise _refused(path, f"has no {MANIFEST}")
    return members


def _inflated(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_ARCHIVE_BYTES:
            raise _refused(path, f"is larger than {MAX_ARCHIVE_BYTES} bytes")
        packed = path.read_bytes()
    except OSError as error:
        raise FigproofError(
            f"cannot be read: {error.strerror}", where=str(path), hint="make it with: figproof runs export"
        ) from error
    if not packed.startswith(_GZIP_MAGIC):
        raise _refused(path, "is not a gzip file")
    inflate = zlib.decompressobj(wbits=31)
    try:
        content = inflate.decompress(packed, MAX_TOTAL_BYTES + 1)
    except zlib.error:
        raise _refused(path, "is damaged: it does not decompress") from None
    if len(content) > MAX_TOTAL_BYTES:
        raise _refused(path, f"holds more than {MAX_TOTAL_BYTES} bytes")
    if not inflate.eof or inflate.unused_data:
        raise _refused(path, "is damaged: it is cut off, or more follows its end")
    return content


def _member(path: Path, header: tarfile.TarInfo, content: bytes) -> bytes:
    shown = repr(header.name[:100])
    matched = _MEMBER.fullmatch(header.name)
    if matched is None:
        raise _refused(path, f"member {shown} is not named {MANIFEST}, runs/<sha256>.json or blobs/<sha256>")
    if header.type != tarfile.REGTYPE or header.issparse():
        raise _refused(path, f"member {shown} is not a plain file")
    if not 0 <= header.size <= MAX_MEMBER_BYTES:
        raise _refused(path, f"member {shown} claims {header.size} bytes, {MAX_MEMBER_BYTES} are allowed")
    body = content[header.offset_data : header.offset_data + header.size]
    if len(body) != header.size:
        raise _refused(path, f"member {shown} is cut off")
    digest = matched["run"] or matched["blob"]
    if digest is not None and digest_bytes(body) != digest:
        raise _refused(path, f"member {shown} differs from the SHA-256 in its name")
    return body


def _refused(path: Path, problem: str) -> FigproofError:
    return FigproofError(
        problem,
        where=str(path),
        hint="nothing was imported; get the file again, or make it with: figproof runs export",
    )
