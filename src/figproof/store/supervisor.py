"""Watch over one embedded server: start it, restart it after a crash, stop it when nobody uses it.

Run as ``python -I -m figproof.store.supervisor FOLDER`` by :mod:`figproof.store.server`. It detaches
itself into its own session, so that Ctrl-C in a terminal does not reach it, and its first process
returns when the server answers (0) or cannot (1, reason on stderr).
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

from pymongo.errors import OperationFailure, PyMongoError

from figproof.errors import FigproofError
from figproof.store.address import EMBEDDED_USER
from figproof.store.folder import ServerInfo, StoreFolder
from figproof.store.process import Server, log, start_server
from figproof.store.server import (
    find_server,
    is_server_process,
    probe_client,
)

IDLE_VARIABLE = "FIGPROOF_STORE_IDLE_S"
DEFAULT_IDLE_S = 600.0
_TICK_S = 0.5
_OTHER_S = 20.0
_RESTARTS = 3
_DUPLICATE_USER = 51003
_PROBE_CONNECTIONS = 2
_LOG_BYTES = 1_000_000


def _ensure_password(folder: StoreFolder) -> str:
    """Make the server's only user at the first start, with the server still open but on no known port."""
    known = folder.read_password()
    if known is not None:
        return known
    password = secrets.token_urlsafe(24)
    server = start_server(folder, None, None)
    try:
        with probe_client(server.info.port, None) as client:
            try:
                client.admin.command("createUser", EMBEDDED_USER, pwd=password, roles=["root"])
            except OperationFailure as error:
                if error.code != _DUPLICATE_USER:
                    raise
                client.admin.command("updateUser", EMBEDDED_USER, pwd=password)
    finally:
        server.kill()
    folder.write_password(password)
    return password


def _take_or_start(folder: StoreFolder) -> Server:
    orphan = find_server(folder)
    if orphan is not None:
        log(f"takes over server {orphan.pid} on port {orphan.port}")
        return Server(folder, orphan, None)
    info = folder.read_info()
    if info is not None and is_server_process(folder, info):
        log(f"ends server {info.pid}, which does not answer")
        Server(folder, info, None).kill()
    server = start_server(folder, None, _ensure_password(folder))
    log(f"server {server.info.pid} listens on port {server.info.port}")
    return server


def _has_other_connections(folder: StoreFolder, port: int) -> bool:
    """Whether a program that does not hold the clients' lock is connected."""
    try:
        with probe_client(port, folder.read_password()) as client:
            connections = client.admin.command("serverStatus")["connections"]
            return int(connections["current"]) > _PROBE_CONNECTIONS
    except (PyMongoError, KeyError, TypeError, ValueError):
        return False


class Watch:
    """The loop: one look at server, clients and folder each tick."""

    def __init__(self, folder: StoreFolder, server: Server, idle_s: float) -> None:
        self.folder = folder
        self.server = server
        self.idle_s = idle_s
        self.last_use = time.monotonic()
        self.restarts = 0
        self.told_to_stop = False
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, number: int, frame: object) -> None:
        self.told_to_stop = True

    def run(self) -> None:
        """Watch until the server shall not run any more; leaves no server and no ``server.json`` of it."""
        lock: int | None = None
        try:
            while True:
                time.sleep(_TICK_S)
                if self.told_to_stop or not self._is_mine(self.folder.read_info()):
                    log("asked to stop")
                    break
                lock = self.folder.try_lock(self.folder.clients_lock)
                if self._done(lock is not None):
                    break
                if lock is not None:
                    os.close(lock)
                    lock = None
        finally:
            # Still under the lock: no client can look for a server that is about to go.
            self._end()
            if lock is not None:
                os.close(lock)

    def _is_mine(self, info: ServerInfo | None) -> bool:
        return info == self.server.info

    def _done(self, alone: bool) -> bool:
        if not alone:
            self.last_use = time.monotonic()
        if not self.server.alive():
            log(f"server {self.server.info.pid} ended by itself")
            return alone or not self._restart()
        if time.monotonic() - self.last_use < self.idle_s:
            return False
        if _has_other_connections(self.folder, self.server.info.port):
            self.last_use = time.monotonic()
            return False
        log(f"not used for {self.idle_s:g} s")
        return True

    def _restart(self) -> bool:
        self.restarts += 1
        if self.restarts > _RESTARTS:
            log(f"gives up after {_RESTARTS} restarts")
            return False
        try:
            self.server = start_server(self.folder, self.server.info.port, self.folder.read_password())
        except FigproofError as error:
            log(str(error))
            return False
        log(f"server {self.server.info.pid} listens again on port {self.server.info.port}")
        return True

    def _end(self) -> None:
        mine = self._is_mine(self.folder.read_info())
        self.server.stop()
        if mine:
            self.folder.info_file.unlink(missing_ok=True)
        log("stopped")


def _idle_seconds() -> float:
    given = os.environ.get(IDLE_VARIABLE)
    if given is None:
        return DEFAULT_IDLE_S
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise FigproofError(f"{given!r} is not a number of seconds above 0", where=IDLE_VARIABLE)
    return seconds


def _supervise(folder: StoreFolder, ready: int) -> None:
    """The life of the detached process; writes ``ok`` or the reason to ``ready`` once."""
    os.setsid()
    # Appended to, because a server that is taken over writes there too.
    too_long = folder.log_file.exists() and folder.log_file.stat().st_size > _LOG_BYTES
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if too_long else 0)
    handle = os.open(folder.log_file, flags, 0o600)
    for descriptor in (1, 2):
        os.dup2(handle, descriptor)
    os.close(handle)
    try:
        idle_s = _idle_seconds()
        lock = _await_other(folder)
        watch = None if lock is None else Watch(folder, _take_or_start(folder), idle_s)
    except (FigproofError, PyMongoError, OSError) as error:
        reason = str(error) if isinstance(error, FigproofError) else type(error).__name__
        log(reason)
        os.write(ready, reason.splitlines()[0].encode())
        return
    os.write(ready, b"ok")
    os.close(ready)
    if watch is not None:
        watch.run()


def _await_other(folder: StoreFolder) -> int | None:
    """The supervisor's lock; None if another supervisor holds it and its server answers."""
    deadline = time.monotonic() + _OTHER_S
    while (lock := folder.try_lock(folder.supervisor_lock)) is None:
        # Tried twice: a client that looks whether anybody watches holds the lock for a moment.
        if find_server(folder) is not None:
            return folder.try_lock(folder.supervisor_lock)
        if time.monotonic() > deadline:
            info = folder.read_info()
            at = f" on {info.host}" if info and info.host != socket.gethostname() else ""
            raise FigproofError(f"another supervisor{at} holds the store and its server does not answer")
        time.sleep(0.05)
    return lock


def main(folder: StoreFolder) -> int:
    """Leave a detached supervisor behind; 0 when the folder's server answers."""
    read_end, write_end = os.pipe()
    if os.fork() == 0:
        os.close(read_end)
        try:
            _supervise(folder, write_end)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as stream:
        said = stream.read().decode("utf-8", "replace")
    if said != "ok":
        print(said or "the supervisor ended at once", file=sys.stderr)
    return int(said != "ok")


if __name__ == "__main__":
    sys.exit(main(StoreFolder(Path(sys.argv[1]))))
