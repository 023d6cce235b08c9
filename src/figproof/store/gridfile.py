"""Files in GridFS, read with every chunk checked: pymongo gives flipped bytes, or none, without an error."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from figproof.errors import FigproofError
from figproof.store.connect import Store

MAX_FILE_BYTES = 1 << 30
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MD5 = re.compile(r"[0-9a-f]{32}")


def find_file(store: Store, file_id: Any) -> dict[str, Any] | None:
    """The document in ``fs.files``; None if it is gone."""
    return store.database["fs.files"].find_one({"_id": {"$eq": file_id}})


def recorded_length(document: Mapping[str, Any] | None) -> int | None:
    """The length in bytes that a file's document names."""
    length = document.get("length") if document else None
    return int(length) if isinstance(length, int) and not isinstance(length, bool) else None


def recorded_sha256(document: Mapping[str, Any] | None) -> str | None:
    """The SHA-256 that was stored with the file; None for a file that another tool stored."""
    metadata = document.get("metadata") if document else None
    stored = metadata.get("sha256") if isinstance(metadata, dict) else None
    return stored if isinstance(stored, str) and _SHA256.fullmatch(stored) else None


def recorded_md5(document: Mapping[str, Any] | None) -> str | None:
    """The MD5 that drivers before pymongo 4 stored with every file."""
    stored = document.get("md5") if document else None
    return stored if isinstance(stored, str) and _MD5.fullmatch(stored) else None


def read_file(store: Store, file_id: Any, where: str, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a file that is proved whole; see :func:`stream_file`."""
    return b"".join(stream_file(store, file_id, where, max_bytes))


def stream_file(store: Store, file_id: Any, where: str, max_bytes: int = MAX_FILE_BYTES) -> Iterator[bytes]:
    """The pieces of a file; it is proved whole when the last one was taken.

    Raises
    ------
    FigproofError
        The file is gone or larger than ``max_bytes``; a chunk is missing, double, of a wrong size or
        not of this file; length, SHA-256 or MD5 differ from what was recorded.
    """
    document = find_file(store, file_id)
    length = recorded_length(document)
    if document is None:
        raise _damaged("has no file in the store", where)
    size = document.get("chunkSize")
    if length is None or length < 0 or not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise _damaged(f"has length {length!r} and chunk size {size!r}", where)
    if length > max_bytes:
        raise FigproofError(f"has {length} bytes, more than {max_bytes} are not read", where=where)
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    for piece in _checked_chunks(store, file_id, length, int(size), where):
        sha256.update(piece)
        md5.update(piece)
        yield piece
    if recorded_sha256(document) not in (None, sha256.hexdigest()):
        raise _damaged("differs from the SHA-256 that was recorded with it", where)
    if recorded_md5(document) not in (None, md5.hexdigest()):
        raise _damaged("differs from the MD5 that was recorded with it", where)


def _checked_chunks(store: Store, file_id: Any, length: int, size: int, where: str) -> Iterator[bytes]:
    expected = -(-length // size)
    question = {"files_id": {"$eq": file_id}}
    # One more than there may be, so that an extra chunk is seen and a million are not read.
    found = store.database["fs.chunks"].find(question, {"_id": 0, "n": 1, "data": 1})
    count = 0
    for index, chunk in enumerate(found.sort("n", 1).limit(expected + 1)):
        count += 1
        data = chunk.get("data")
        wanted = min(size, length - index * size)
        if index == expected or chunk.get("n") != index:
            break
        if not isinstance(data, bytes):
            raise _damaged(f"lacks chunk {index}", where)
        if len(data) != wanted:
            raise _damaged(f"has {len(data)} bytes in chunk {index}, {wanted} were recorded", where)
        yield data
    else:
        if count == expected:
            return
    have = store.database["fs.chunks"].count_documents(question, limit=expected + 1)
    if have == expected:
        raise _damaged(f"lacks chunk {count - 1}", where)
    more = "more than " if have > expected else ""
    raise _damaged(f"has {more}{min(have, expected)} chunks, {expected} hold its {length} bytes", where)


def _damaged(problem: str, where: str) -> FigproofError:
    return FigproofError(problem, where=where, hint="the file is damaged in the store: record the run again")
