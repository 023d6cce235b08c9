"""The embedded store's folder: where its files lie, and its locks.

Locks are ``flock``: the kernel releases them when a process ends, also by ``kill -9``.

==================  =========================================================================
``clients.lock``    shared by every process that uses the store; the supervisor takes it
                    exclusively to find out that nobody does
``start.lock``      held while a server is looked for and started, or stopped on request
``supervisor.lock`` held by the supervisor for as long as it lives
``server.json``     pid and port of the running server; removing it stops the server
``password``        of the server's only user, mode 0600
``data/``           the database
==================  =========================================================================
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from figproof.errors import FigproofError
from figproof.files import write_atomic

LOG_TAIL_LINES = 12
_POLL_S = 0.02


@dataclass(frozen=True)
class ServerInfo:
    """What ``server.json`` says: process id, loopback port and host name of the running server."""

    pid: int
    port: int
    host: str


@dataclass(frozen=True)
class StoreFolder:
    """Paths and locks of one embedded store.

    Attributes
    ----------
    path : Path
        Absolute; the project's ``.figproof/store`` unless ``FIGPROOF_STORE`` names another.
    """

    path: Path

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def info_file(self) -> Path:
        return self.path / "server.json"

    @property
    def password_file(self) -> Path:
        return self.path / "password"

    @property
    def config_file(self) -> Path:
        return self.path / "server.toml"

    @property
    def log_file(self) -> Path:
        return self.path / "server.log"

    @property
    def clients_lock(self) -> Path:
        return self.path / "clients.lock"

    @property
    def start_lock(self) -> Path:
        return self.path / "start.lock"

    @property
    def supervisor_lock(self) -> Path:
        return self.path / "supervisor.lock"

    def imported_stamp(self, digest: str) -> Path:
        """Exists when the archive with this SHA-256 was imported into this store."""
        return self.path / "imported" / digest

    def forget_imports(self) -> None:
        """Remove the stamps: runs are about to be removed, and importing again must bring them back."""
        shutil.rmtree(self.path / "imported", ignore_errors=True)

    def create(self) -> None:
        """Make the folder, if it is not there, readable by its owner only.

        Raises
        ------
        FigproofError
            It cannot be made or written.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.config_file.touch()
        except OSError as error:
            raise FigproofError(
                f"the embedded store's folder cannot be written: {error.strerror}",
                where=str(self.path),
                hint="make it writable, or set FIGPROOF_STORE to a MongoDB server",
            ) from error

    def read_info(self) -> ServerInfo | None:
        """The running server as ``server.json`` names it; None if the file is absent or damaged."""
        try:
            stored = json.loads(self.info_file.read_bytes())
            return ServerInfo(int(stored["pid"]), int(stored["port"]), str(stored["host"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write_info(self, pid: int, port: int) -> ServerInfo:
        """Say who serves this folder, from now on."""
        info = ServerInfo(pid, port, socket.gethostname())
        write_atomic(self.info_file, json.dumps(info.__dict__, sort_keys=True).encode() + b"\n")
        return info

    def read_password(self) -> str | None:
        """The password of the server's user; None before the first start."""
        try:
            return self.password_file.read_text(encoding="ascii").strip() or None
        except (OSError, ValueError):
            return None

    def write_password(self, password: str) -> None:
        """Keep the password, readable by the owner only at every moment."""
        fresh = self.path / ".password.new"
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(password)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(self.password_file)

    def log_tail(self) -> str:
        """The last lines of the log, to show with an error."""
        try:
            lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return "(no log)"
        return "\n".join(f"    {line[:300]}" for line in lines[-LOG_TAIL_LINES:]) or "(the log is empty)"

    def try_lock(self, path: Path, *, shared: bool = False) -> int | None:
        """Take a lock now, or give None; closing the returned descriptor releases it."""
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise FigproofError(
                f"cannot be locked: {error.strerror}",
                where=str(path),
                hint="make the folder writable, or set FIGPROOF_STORE to a MongoDB server",
            ) from error
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return handle

    @contextmanager
    def locked(self, path: Path, timeout_s: float, *, shared: bool = False) -> Iterator[None]:
        """Hold a lock for a block.

        Raises
        ------
        FigproofError
            Another process kept it for ``timeout_s`` seconds.
        """
        deadline = time.monotonic() + timeout_s
        while (handle := self.try_lock(path, shared=shared)) is None:
            if time.monotonic() > deadline:
                raise FigproofError(
                    f"another process has kept it for {timeout_s:g} s",
                    where=str(path),
                    hint="see `figproof store status`, then run the same command again",
                )
            time.sleep(_POLL_S)
        try:
            yield
        finally:
            os.close(handle)
