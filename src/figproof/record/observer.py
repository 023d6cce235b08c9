"""Sacred's observer for the project's store, without what must not be in a record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacred.observers import MongoObserver

from figproof.canonical import digest_bytes
from figproof.store.address import without_credentials

if TYPE_CHECKING:
    from figproof.store import Store


class RunObserver(MongoObserver):  # type: ignore[misc]
    """Writes runs as Sacred does (Omniboard reads them), with two differences.

    Tokens in the addresses of git remotes are removed before they are stored, and a source file is
    stored once: Sacred looks for the ``md5`` of GridFS, which pymongo 4 no longer writes.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(client=store.database.client, db_name=store.database.name)

    def started_event(self, ex_info: dict[str, Any], **event: Any) -> Any:
        """Sacred's event, with redacted repositories."""
        repositories = [
            {**repository, "url": without_credentials(str(repository["url"]))}
            for repository in ex_info.get("repositories", [])
        ]
        return super().started_event(ex_info={**ex_info, "repositories": repositories}, **event)

    def save_sources(self, ex_info: dict[str, Any]) -> list[list[Any]]:
        """Name and GridFS id of each source file."""
        stored = []
        for name, _ in ex_info["sources"]:
            path = Path(ex_info["base_dir"]) / name
            content = path.read_bytes()
            key = {"filename": str(path), "metadata.sha256": digest_bytes(content)}
            found = self.fs.find_one(key)
            file_id = found._id if found else self._put(content, key)
            stored.append([name, file_id])
        return stored

    def _put(self, content: bytes, key: dict[str, str]) -> Any:
        return self.fs.put(content, filename=key["filename"], metadata={"sha256": key["metadata.sha256"]})
