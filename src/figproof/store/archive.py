"""The file format of exported runs: a deterministic ``.tar.gz`` whose members are named by their SHA-256.

::

    MANIFEST.json          {"format": "figproof-runs-1", "runs": [{"id": ..., "member": "<sha256>"}]}
    blobs/<sha256>         the bytes of a file in GridFS, once, whoever uses it
    runs/<sha256>.json     {"run": ..., "metrics": [...], "files": [...]}, canonical extended JSON;
                           with "mark": {"tags", "note", "archived"} if somebody marked the run

An archive may come from anywhere. Nothing in it becomes a path: members are read into memory, by
name pattern, bounded in size, and compared with their digests. Bundles of papers are packed and read
in the same way, with other names.
"""

from __future__ import annotations

import io
import re
import struct
import tarfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import deflate

from figproof.canonical import digest_bytes
from figproof.errors import FigproofError

MANIFEST = "MANIFEST.json"
MAX_ARCHIVE_BYTES = 1 << 30
MAX_TOTAL_BYTES = 2 << 30
MAX_MEMBER_BYTES = 1 << 30
MAX_MEMBERS = 200_000
_LEVEL = 12
_GZIP_MAGIC = b"\x1f\x8b"


Refuse = Callable[[str], FigproofError]


@dataclass(frozen=True)
class Contents:
    """What an archive may hold.

    Attributes
    ----------
    member : re.Pattern
        Of names; a group that matched is the SHA-256 of the member's bytes.
    names : str
        The same for people.
    hint : str
        What to do about an archive that is refused.
    """

    member: re.Pattern[str]
    names: str
    hint: str


RUNS = Contents(
    re.compile(r"MANIFEST\.json|runs/([0-9a-f]{64})\.json|blobs/([0-9a-f]{64})"),
    f"{MANIFEST}, runs/<sha256>.json or blobs/<sha256>",
    "nothing was imported; get the file again, or make it with: figproof runs export",
)


def pack(members: Mapping[str, bytes]) -> bytes:
    """The archive's bytes: a function of names and contents only."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(members):
            header = tarfile.TarInfo(name)
            header.size, header.mode, header.mtime = len(members[name]), 0o644, 0
            archive.addfile(header, io.BytesIO(members[name]))
    return bytes(deflate.gzip_compress(buffer.getvalue(), _LEVEL))


def unpack(path: Path, allowed: Contents = RUNS) -> dict[str, bytes]:
    """Read an archive and check every member before any is used.

    Parameters
    ----------
    path : Path
    allowed : Contents

    Returns
    -------
    dict of str to bytes
        Member name -> content, as :func:`pack` took it.

    Raises
    ------
    FigproofError
        No such file; not such an archive; a member that is a link, has another name, is too
        large, double, truncated, or differs from the digest in its name; too many members.
    """

    def refuse(problem: str) -> FigproofError:
        return FigproofError(problem, where=str(path), hint=allowed.hint)

    content = _inflated(path, refuse)
    members: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for header in archive:
                if header.name in members:
                    raise refuse(f"member {header.name[:100]!r} is there twice")
                if len(members) == MAX_MEMBERS:
                    raise refuse(f"has more than {MAX_MEMBERS} members")
                members[header.name] = _member(header, content, allowed, refuse)
    except (tarfile.TarError, ValueError, OverflowError, struct.error) as error:
        raise refuse(f"is damaged ({type(error).__name__})") from None
    if MANIFEST not in members:
        raise refuse(f"has no {MANIFEST}")
    return members


def _inflated(path: Path, refuse: Refuse) -> bytes:
    try:
        if path.stat().st_size > MAX_ARCHIVE_BYTES:
            raise refuse(f"is larger than {MAX_ARCHIVE_BYTES} bytes")
        packed = path.read_bytes()
    except OSError as error:
        raise refuse(f"cannot be read: {error.strerror}") from error
    if not packed.startswith(_GZIP_MAGIC):
        raise refuse("is not a gzip file")
    inflate = zlib.decompressobj(wbits=31)
    try:
        content = inflate.decompress(packed, MAX_TOTAL_BYTES + 1)
    except zlib.error:
        raise refuse("is damaged: it does not decompress") from None
    if len(content) > MAX_TOTAL_BYTES:
        raise refuse(f"holds more than {MAX_TOTAL_BYTES} bytes")
    if not inflate.eof or inflate.unused_data:
        raise refuse("is damaged: it is cut off, or more follows its end")
    return content


def _member(header: tarfile.TarInfo, content: bytes, allowed: Contents, refuse: Refuse) -> bytes:
    shown = repr(header.name[:100])
    matched = allowed.member.fullmatch(header.name)
    if matched is None:
        raise refuse(f"member {shown} is not named {allowed.names}")
    if header.type != tarfile.REGTYPE or header.issparse():
        raise refuse(f"member {shown} is not a plain file")
    if not 0 <= header.size <= MAX_MEMBER_BYTES:
        raise refuse(f"member {shown} claims {header.size} bytes, {MAX_MEMBER_BYTES} are allowed")
    body = content[header.offset_data : header.offset_data + header.size]
    if len(body) != header.size:
        raise refuse(f"member {shown} is cut off")
    digest = next(filter(None, matched.groups()), None)
    if digest is not None and digest_bytes(body) != digest:
        raise refuse(f"member {shown} differs from the SHA-256 in its name")
    return body
