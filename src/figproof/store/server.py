"""The embedded server, as its users see it: find it, start it, stop it.

The server is the separate program ``secantusd-py`` (GPL: it is run, never imported). It listens on
the loopback interface and asks for a password that only the folder's owner can read, so that nobody
else on a shared machine can read or change runs; the password also proves, by SCRAM, that what
listens on the port is this folder's server and not a stranger's.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import PyMongoError

from figproof.errors import FigproofError
from figproof.store.address import EMBEDDED_USER, Address, embedded_address
from figproof.store.folder import ServerInfo, StoreFolder

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 30.0
_PROBE_S = 2.0
_POLL_S = 0.05
_PASSED_ON = ("FIGPROOF_STORE_IDLE_S", "HOME", "LANG", "LC_ALL", "PATH", "TMPDIR")


def find_server(folder: StoreFolder) -> ServerInfo | None:
    """The running server of a folder, if what listens knows the folder's password and has the named pid."""
    info, password = folder.read_info(), folder.read_password()
    if info is None or password is None or not answers(info.port):
        return None
    return info if server_pid(info.port, password) == info.pid else None


def is_server_process(folder: StoreFolder, info: ServerInfo) -> bool:
    """Whether the named process serves this folder, by its command line; False where there is no /proc.

    Process ids are used again, so nothing is ended by its id alone.
    """
    if info.host != socket.gethostname():
        return False
    try:
        words = Path(f"/proc/{info.pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(folder.data) in words


def answers(port: int) -> bool:
    """Whether anything accepts a connection on a loopback port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_PROBE_S):
            return True
    except ConnectionRefusedError:
        return False
    except OSError:
        # Busy is not gone: a connection that times out is no proof that the server ended.
        return True


def probe_client(port: int, password: str | None) -> pymongo.MongoClient[dict[str, object]]:
    """A client for one question to the embedded server; None for a server without users yet."""
    login: dict[str, Any] = {}
    if password is not None:
        login = {"username": EMBEDDED_USER, "password": password, "authSource": "admin"}
    milliseconds = int(_PROBE_S * 1000)
    return pymongo.MongoClient(
        "127.0.0.1",
        port,
        serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=milliseconds,
        socketTimeoutMS=milliseconds,
        serverMonitoringMode="poll",
        **login,
    )


def server_pid(port: int, password: str | None) -> int | None:
    """The process id that the server on a port reports; None if it is no server of ours."""
    try:
        with probe_client(port, password) as client:
            pid = client.admin.command("serverStatus").get("pid")
    except PyMongoError:
        return None
    return pid if isinstance(pid, int) else None


@contextmanager
def using_server(folder: StoreFolder) -> Iterator[Address]:
    """The address of the folder's server, which runs at least as long as the block.

    Raises
    ------
    FigproofError
        The server does not start; the end of its log is shown.
    """
    folder.create()
    # First the shared lock, then the look: the supervisor stops only while it holds this lock alone.
    with folder.locked(folder.clients_lock, STOP_TIMEOUT_S, shared=True):
        info = ensure_server(folder)
        password = folder.read_password()
        if password is None:
            raise FigproofError("is missing", where=str(folder.password_file), hint="run the command again")
        yield embedded_address(info.port, password)


def ensure_server(folder: StoreFolder) -> ServerInfo:
    """Find the folder's server, or start one; exactly one, whoever else asks at the same time."""
    found = find_server(folder)
    if found and _is_watched(folder):
        return found
    with folder.locked(folder.start_lock, START_TIMEOUT_S):
        found = find_server(folder)
        # A supervisor that was killed left its server alone: nobody would stop it when it is idle.
        if found is None or not _is_watched(folder):
            _start_supervisor(folder)
            found = find_server(folder)
    if found is None:
        raise _failed(folder, "the embedded store ended just after it started")
    return found


def _is_watched(folder: StoreFolder) -> bool:
    """Whether a supervisor holds its lock; tried with a shared one, so that clients do not see each other."""
    handle = folder.try_lock(folder.supervisor_lock, shared=True)
    if handle is not None:
        os.close(handle)
    return handle is None


def _start_supervisor(folder: StoreFolder) -> None:
    """Run the supervisor, which leaves a detached copy of itself and returns when the server answers."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    command = [sys.executable, "-I", "-m", "figproof.store.supervisor", str(folder.path)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            cwd="/",
            timeout=START_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _failed(folder, f"the embedded store did not start in {START_TIMEOUT_S:g} s") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _failed(folder, said[-1] if said else "the embedded store did not start")


def _failed(folder: StoreFolder, problem: str) -> FigproofError:
    return FigproofError(
        f"{problem}. The end of its log:\n{folder.log_tail()}",
        where=str(folder.path),
        hint="`figproof store stop`, then again; or set FIGPROOF_STORE to a MongoDB server",
    )


def stop_server(folder: StoreFolder) -> bool:
    """Stop the folder's server, also under connected clients; False if none was running.

    Raises
    ------
    FigproofError
        It did not end in time.
    """
    if not folder.path.is_dir():
        return False
    with folder.locked(folder.start_lock, START_TIMEOUT_S):
        info = folder.read_info()
        if info is not None and (find_server(folder) or is_server_process(folder, info)):
            # A supervisor that was killed left its server alone: a new one takes it over, to stop it well.
            _start_supervisor(folder)
        else:
            info = None
        folder.info_file.unlink(missing_ok=True)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while (handle := folder.try_lock(folder.supervisor_lock)) is None:
            if time.monotonic() > deadline:
                raise _failed(folder, f"the embedded store did not stop in {STOP_TIMEOUT_S:g} s")
            time.sleep(_POLL_S)
        os.close(handle)
    return info is not None
