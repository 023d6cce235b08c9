"""The embedded server's life: one server, whoever asks and whoever is killed, and none when idle."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from figproof.errors import FigproofError
from figproof.store import open_store
from figproof.store.folder import StoreFolder
from figproof.store.server import answers, find_server, is_server_process, stop_server

pytestmark = pytest.mark.store

# Says which server it found, then holds the store until its stdin is closed.
CLIENT = """
import sys
from pathlib import Path
from figproof.store import open_store
with open_store(Path(sys.argv[1])) as store:
    print(store.client.admin.command("serverStatus")["pid"], flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoreFolder]:
    """The folder of a store that did not start yet; whatever starts there is stopped."""
    monkeypatch.delenv("FIGPROOF_STORE", raising=False)
    monkeypatch.setenv("FIGPROOF_STORE_IDLE_S", "30")
    folder = StoreFolder(tmp_path / ".figproof" / "store")
    yield folder
    stop_server(folder)
    assert servers(folder) == []


def servers(folder: StoreFolder) -> list[int]:
    """Process ids of all servers of a folder, as the kernel lists them."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if entry.name.isdigit() and os.fsencode(folder.data) in words:
            found.append(int(entry.name))
    return sorted(found)


def supervisor_of(folder: StoreFolder) -> int:
    (pid,) = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _is_supervisor(entry, folder)
    ]
    return pid


def _is_supervisor(entry: Path, folder: StoreFolder) -> bool:
    try:
        words = (entry / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"figproof.store.supervisor" in words and os.fsencode(folder.path) in words


def start_client(folder: StoreFolder) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CLIENT, str(folder.path.parent.parent)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def served_by(client: subprocess.Popen[str]) -> int:
    assert client.stdout is not None
    return int(client.stdout.readline())


def leave(client: subprocess.Popen[str]) -> None:
    client.communicate(timeout=20)
    assert client.returncode == 0


def eventually(condition: Callable[[], bool], seconds: float = 12.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def root(folder: StoreFolder) -> Path:
    return folder.path.parent.parent


def test_ten_processes_at_once_start_one_server(folder: StoreFolder) -> None:
    clients = [start_client(folder) for _ in range(10)]

    assert len({served_by(client) for client in clients}) == 1
    assert len(servers(folder)) == 1
    for client in clients:
        leave(client)


def test_a_killed_client_harms_nobody_and_its_lock_is_gone(folder: StoreFolder) -> None:
    killed, other = start_client(folder), start_client(folder)
    pid = served_by(killed)
    assert served_by(other) == pid

    killed.kill()
    killed.communicate(timeout=10)

    assert servers(folder) == [pid]
    leave(other)
    handle = folder.try_lock(folder.clients_lock)
    assert handle is not None
    os.close(handle)


def test_a_killed_server_comes_back_on_its_port_with_its_data(folder: StoreFolder) -> None:
    with open_store(root(folder)) as store:
        store.runs.insert_many([{"_id": index} for index in range(100)])
        before = folder.read_info()
        assert before is not None
        os.kill(before.pid, signal.SIGKILL)

        assert eventually(lambda: find_server(folder) not in (None, before))
        # The very client that was open before goes on.
        assert store.runs.count_documents({}) == 100
        after = folder.read_info()

    assert after is not None
    assert after.port == before.port
    assert servers(folder) == [after.pid]


def test_a_server_that_was_killed_without_clients_is_started_by_the_next(folder: StoreFolder) -> None:
    with open_store(root(folder)) as store:
        store.runs.insert_one({"_id": 1})
        info = folder.read_info()
    assert info is not None

    os.kill(info.pid, signal.SIGKILL)

    with open_store(root(folder)) as store:
        assert store.runs.count_documents({}) == 1
        assert len(servers(folder)) == 1


def test_a_killed_supervisor_leaves_its_server_to_the_next_one(folder: StoreFolder) -> None:
    with open_store(root(folder)) as store:
        store.runs.insert_one({"_id": 1})
        before = find_server(folder)
        os.kill(supervisor_of(folder), signal.SIGKILL)
        store.runs.insert_one({"_id": 2})

        with open_store(root(folder)) as second:
            assert second.runs.count_documents({}) == 2
            assert find_server(folder) == before

    assert stop_server(folder)
    assert servers(folder) == []


def test_a_server_without_its_supervisor_is_watched_again_by_the_next_command_and_stops_when_idle(
    folder: StoreFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE_IDLE_S", "1")
    with open_store(root(folder)):
        before = find_server(folder)
        killed = supervisor_of(folder)
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: not _is_supervisor(Path(f"/proc/{killed}"), folder))

    with open_store(root(folder)):
        assert find_server(folder) == before
        assert supervisor_of(folder) != killed

    assert eventually(lambda: not servers(folder), 8)


def test_supervisor_and_server_killed_together_are_replaced(folder: StoreFolder) -> None:
    with open_store(root(folder)) as store:
        store.runs.insert_one({"_id": 1})
        info = folder.read_info()
    assert info is not None
    os.kill(supervisor_of(folder), signal.SIGKILL)
    os.kill(info.pid, signal.SIGKILL)

    with open_store(root(folder)) as store:
        assert store.runs.count_documents({}) == 1


def test_an_idle_server_stops_and_its_data_stays(
    folder: StoreFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE_IDLE_S", "1")
    with open_store(root(folder)) as store:
        store.runs.insert_one({"_id": 1})
        time.sleep(2.5)
        assert len(servers(folder)) == 1, "it stopped although a client was there"

    assert eventually(lambda: not servers(folder) and not folder.info_file.exists(), 8)
    with open_store(root(folder)) as store:
        assert store.runs.count_documents({}) == 1


def test_a_program_that_is_only_connected_keeps_the_server(
    folder: StoreFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pymongo

    monkeypatch.setenv("FIGPROOF_STORE_IDLE_S", "1")
    with open_store(root(folder)) as store:
        address = store.address
    with pymongo.MongoClient(address.uri, **address.options) as other:
        other.admin.command("ping")
        time.sleep(2.5)
        assert len(servers(folder)) == 1

    assert eventually(lambda: not servers(folder), 8)


def test_a_deleted_folder_takes_its_server_with_it(folder: StoreFolder) -> None:
    with open_store(root(folder)):
        (pid,) = servers(folder)

    shutil.rmtree(folder.path)

    assert eventually(lambda: not Path(f"/proc/{pid}").exists())


def test_a_stranger_on_the_port_is_not_taken_for_the_server(folder: StoreFolder, store_root: Path) -> None:
    other = StoreFolder(store_root / ".figproof" / "store").read_info()
    assert other is not None
    folder.create()
    folder.write_password("not-the-password-of-the-other-server")
    folder.write_info(other.pid, other.port)

    assert answers(other.port)
    assert find_server(folder) is None
    assert not is_server_process(folder, other)
    folder.password_file.unlink()
    with open_store(root(folder)):
        assert find_server(folder) != other
    assert find_server(StoreFolder(store_root / ".figproof" / "store")) == other


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "x", "port": 1, "host": ""}'])
def test_a_damaged_server_file_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    folder = StoreFolder(tmp_path)
    folder.info_file.write_bytes(content)

    assert folder.read_info() is None
    assert find_server(folder) is None


def test_a_lost_password_is_replaced_and_the_data_stays(folder: StoreFolder) -> None:
    with open_store(root(folder)) as store:
        store.runs.insert_one({"_id": 1})
    stop_server(folder)
    folder.password_file.unlink()

    with open_store(root(folder)) as store:
        assert store.runs.count_documents({}) == 1


def test_a_server_that_nobody_can_use_any_more_is_ended_and_replaced(folder: StoreFolder) -> None:
    with open_store(root(folder)) as store:
        store.runs.insert_one({"_id": 1})
        before = folder.read_info()
    os.kill(supervisor_of(folder), signal.SIGKILL)
    folder.password_file.unlink()

    with open_store(root(folder)) as store:
        assert store.runs.count_documents({}) == 1
        assert folder.read_info() != before
        assert len(servers(folder)) == 1


def test_files_with_secrets_are_the_owners_only(folder: StoreFolder) -> None:
    with open_store(root(folder)):
        password = folder.read_password()
        command = b" ".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in servers(folder))

    assert password is not None
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert folder.password_file.stat().st_mode & 0o777 == 0o600
    assert password.encode() not in command + folder.log_file.read_bytes() + folder.info_file.read_bytes()


def test_a_server_that_cannot_start_is_an_error_with_the_end_of_its_log(folder: StoreFolder) -> None:
    folder.create()
    folder.data.write_text("a file where the data folder should be")

    with (
        pytest.raises(FigproofError, match="the embedded server does not start") as caught,
        open_store(root(folder)),
    ):
        pass

    assert "The end of its log:" in str(caught.value)
    assert "Error" in str(caught.value).partition("The end of its log:")[2]


def test_a_wrong_idle_time_is_named(folder: StoreFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIGPROOF_STORE_IDLE_S", "soon")

    with (
        pytest.raises(FigproofError, match="FIGPROOF_STORE_IDLE_S: 'soon' is not a number"),
        open_store(root(folder)),
    ):
        pass


def test_the_address_of_the_server_is_in_its_file(folder: StoreFolder) -> None:
    with open_store(root(folder)) as store:
        stored = json.loads(folder.info_file.read_bytes())

    assert store.address.hosts == (f"127.0.0.1:{stored['port']}",)
    assert str(store.address) == f"mongodb://127.0.0.1:{stored['port']}/figproof"
