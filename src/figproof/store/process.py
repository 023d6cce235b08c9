"""The process of one embedded server: start it, see whether it runs, end it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from figproof.errors import FigproofError
from figproof.store.folder import ServerInfo, StoreFolder
from figproof.store.server import answers, is_server_process, server_pid

_READY_S = 20.0
_STOP_S = 12.0
_NOTICED_S = 1.0
_PORT_TRIES = 3


def log(line: str) -> None:
    """One line with the time, into the log that the supervisor and its server share."""
    print(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} supervisor: {line}", flush=True)


class Server:
    """One server process: a child of this supervisor, or taken over from one that was killed."""

    def __init__(self, folder: StoreFolder, info: ServerInfo, child: subprocess.Popen[bytes] | None) -> None:
        self.folder = folder
        self.info = info
        self.child = child

    def alive(self) -> bool:
        """Whether it runs; of an orphan that died, only a zombie without a command line may be left."""
        if self.child is not None:
            return self.child.poll() is None
        return is_server_process(self.folder, self.info)

    def stop(self) -> None:
        """End it cleanly; by force if that takes longer than its own limits."""
        self._signal(signal.SIGTERM)
        started = again = time.monotonic()
        while self.alive() and time.monotonic() < started + _STOP_S:
            # A stopping server waits 2 s for its accept(), unless a connection comes. One that still
            # accepts after that did not notice the signal (seen when it came just as it fell asleep).
            if answers(self.info.port) and time.monotonic() > again + _NOTICED_S:
                again = time.monotonic()
                self._signal(signal.SIGTERM)
            time.sleep(0.05)
        if self.alive():
            log(f"server {self.info.pid} did not stop in {_STOP_S:g} s, killing it")
            self.kill()

    def kill(self) -> None:
        """End it by force; its journal brings it back to the last acknowledged write."""
        self._signal(signal.SIGKILL)
        while self.alive():
            time.sleep(0.01)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.info.pid, number)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _spawn(folder: StoreFolder, port: int, *, auth: bool) -> subprocess.Popen[bytes]:
    program = Path(sys.executable).parent / "secantusd-py"
    if not program.is_file():
        raise FigproofError(
            "the embedded server is not installed",
            where=str(program),
            hint="pip install secantusdb, or name a server in FIGPROOF_STORE",
        )
    command = [str(program), "--config", str(folder.config_file), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--storage-path", str(folder.data), "--standalone", "--log-level", "WARNING"]
    # Without a sync, writes that were acknowledged are lost when the server is killed (measured: all of
    # the last 100); with it a write costs 4 ms instead of 1 ms.
    command += ["--sync-on-commit", "--cache-size", "256M", *(["--auth"] if auth else [])]
    # Its own group: a signal for the supervisor's group must not end the server under it.
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, cwd="/")


def _await_ready(child: subprocess.Popen[bytes], port: int, password: str | None) -> bool:
    """Whether the child answers on the port; False if it ended first or took too long."""
    deadline = time.monotonic() + _READY_S
    while child.poll() is None and time.monotonic() < deadline:
        if answers(port) and server_pid(port, password) == child.pid:
            return True
        time.sleep(0.02)
    child.kill()
    child.wait()
    return False


def start_server(folder: StoreFolder, port: int | None, password: str | None) -> Server:
    """Start the server and wait until it answers.

    Parameters
    ----------
    port : int or None
        None for a free port; tried again, because another process may take it meanwhile.
    password : str or None
        None starts a server that asks for none, to make its user.

    Raises
    ------
    FigproofError
        It ended or did not answer, each time.
    """
    for _ in range(_PORT_TRIES):
        chosen = _free_port() if port is None else port
        child = _spawn(folder, chosen, auth=password is not None)
        # Named before it answers: were this process killed now, the next supervisor would find it.
        info = folder.write_info(child.pid, chosen)
        if _await_ready(child, chosen, password):
            return Server(folder, info, child)
        log(f"the server did not answer on port {chosen} (exit code {child.returncode})")
    folder.info_file.unlink(missing_ok=True)
    raise FigproofError("the embedded server does not start", where=str(folder.path))
