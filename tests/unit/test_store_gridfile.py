"""Files in GridFS: every damage is seen and named, on a real server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from figproof.errors import FigproofError
from figproof.store import Store
from figproof.store.gridfile import read_file
from figproof.store.reader import StoredArtifact, read_artifact, read_run

pytestmark = pytest.mark.store
CONTENT = bytes(range(256)) * 10
CHUNK = 1000


@pytest.fixture
def put(store: Store) -> Callable[..., Any]:
    """Store CONTENT in three chunks."""

    def put(content: bytes = CONTENT, **metadata: Any) -> Any:
        metadata = metadata or {"sha256": hashlib.sha256(content).hexdigest()}
        return store.fs.put(content, filename="x", chunk_size=CHUNK, metadata=metadata)

    return put


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_a_whole_file_comes_back(store: Store, put: Callable[..., Any], size: int) -> None:
    assert read_file(store, put(CONTENT[:size]), "f") == CONTENT[:size]


def test_a_file_that_another_tool_stored_is_read_without_a_digest(
    store: Store, put: Callable[..., Any]
) -> None:
    assert read_file(store, put(other=1), "f") == CONTENT


def flip(store: Store, file_id: Any) -> None:
    data = bytes([CONTENT[CHUNK] ^ 1]) + CONTENT[CHUNK + 1 : 2 * CHUNK]
    store.database["fs.chunks"].update_one({"files_id": file_id, "n": 1}, {"$set": {"data": data}})


def drop_middle(store: Store, file_id: Any) -> None:
    store.database["fs.chunks"].delete_one({"files_id": file_id, "n": 1})


def truncate(store: Store, file_id: Any) -> None:
    store.database["fs.chunks"].update_one({"files_id": file_id, "n": 2}, {"$set": {"data": b"short"}})


def add_chunk(store: Store, file_id: Any) -> None:
    store.database["fs.chunks"].insert_one({"files_id": file_id, "n": 3, "data": b"more"})


def renumber(store: Store, file_id: Any) -> None:
    store.database["fs.chunks"].update_one({"files_id": file_id, "n": 2}, {"$set": {"n": 5}})


def store_text(store: Store, file_id: Any) -> None:
    store.database["fs.chunks"].update_one({"files_id": file_id, "n": 1}, {"$set": {"data": "x" * CHUNK}})


def no_length(store: Store, file_id: Any) -> None:
    store.database["fs.files"].update_one({"_id": file_id}, {"$set": {"length": 0}})


def text_length(store: Store, file_id: Any) -> None:
    store.database["fs.files"].update_one({"_id": file_id}, {"$set": {"length": "many"}})


def no_chunk_size(store: Store, file_id: Any) -> None:
    store.database["fs.files"].update_one({"_id": file_id}, {"$set": {"chunkSize": 0}})


def no_document(store: Store, file_id: Any) -> None:
    store.database["fs.files"].delete_one({"_id": file_id})


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (flip, "differs from the SHA-256"),
        (drop_middle, "has 2 chunks, 3 hold its 2560 bytes"),
        (truncate, "has 5 bytes in chunk 2, 560 were recorded"),
        (add_chunk, "has more than 3 chunks"),
        (renumber, "lacks chunk 2"),
        (store_text, "lacks chunk 1"),
        (no_length, "has more than 0 chunks"),
        (text_length, "has length None"),
        (no_chunk_size, "chunk size 0"),
        (no_document, "has no file in the store"),
    ],
)
def test_a_damaged_file_is_refused_and_the_damage_named(
    store: Store, put: Callable[..., Any], damage: Callable[[Store, Any], None], named: str
) -> None:
    file_id = put()
    damage(store, file_id)

    with pytest.raises(FigproofError, match=named) as caught:
        read_artifact(store, StoredArtifact("hidden.npz", file_id, len(CONTENT), None, False, 7))

    assert str(caught.value).startswith("run 7: artifact 'hidden.npz' in mongodb://")


def test_the_run_of_a_damaged_artifact_is_named(store: Store, put: Callable[..., Any]) -> None:
    file_id = put()
    artifacts = [{"name": "hidden.npz", "file_id": file_id}]
    store.runs.insert_one({"_id": 41, "status": "COMPLETED", "artifacts": artifacts})
    flip(store, file_id)

    (artifact,) = read_run(store, 41).artifacts
    with pytest.raises(FigproofError, match=r"run 41: artifact 'hidden\.npz' in .*: differs from"):
        read_artifact(store, artifact)


def test_length_0_with_a_digest_of_something_is_refused(store: Store, put: Callable[..., Any]) -> None:
    file_id = put()
    no_length(store, file_id)
    store.database["fs.chunks"].delete_many({"files_id": file_id})

    with pytest.raises(FigproofError, match="differs from the SHA-256"):
        read_file(store, file_id, "f")


def test_a_file_over_the_limit_is_not_read(store: Store, put: Callable[..., Any]) -> None:
    artifact = StoredArtifact("a", put(), len(CONTENT), None, False)

    with pytest.raises(FigproofError, match="has 2560 bytes, more than 2559 are not read"):
        read_artifact(store, artifact, max_bytes=2559)
    assert read_artifact(store, replace(artifact), max_bytes=2560) == CONTENT
