"""A store that cannot be opened: a clear error in 5 seconds with host and database, without password."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pymongo
import pytest
from pymongo.errors import AutoReconnect

from figproof.errors import FigproofError
from figproof.store import Store, open_store
from figproof.store.connect import DEFAULT_TIMEOUT_S

pytestmark = pytest.mark.store
SECRET = "s3cr3t"


@contextmanager
def listener(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A TCP server on a free port that does one thing to every connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                kept.append(connection)
                # The driver may have hung up already.
                with suppress(OSError):
                    answer(connection)

        kept: list[socket.socket] = []
        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()


def refusal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str, timeout_s: float = 2.0) -> str:
    """The error of opening an address; checks time, password and that the driver's text is cut off."""
    monkeypatch.setenv("FIGPROOF_STORE", value)
    started = time.monotonic()
    with pytest.raises(FigproofError) as caught, open_store(tmp_path, timeout_s=timeout_s):
        pass
    assert time.monotonic() - started < timeout_s + 0.5
    assert SECRET not in str(caught.value)
    assert "alice" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    assert not (tmp_path / ".figproof").exists()
    return str(caught.value)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    port = free_port()

    assert DEFAULT_TIMEOUT_S <= 4.0, "a command needs a second to start, and has five"
    address = f"mongodb://alice:{SECRET}@127.0.0.1:{port}/lab"
    said = refusal(monkeypatch, tmp_path, address, timeout_s=DEFAULT_TIMEOUT_S)

    assert said.startswith(f"mongodb://127.0.0.1:{port}/lab: the store does not answer: nothing listens on")
    assert "FIGPROOF_STORE" in said


def test_an_unknown_host_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = refusal(monkeypatch, tmp_path, f"mongodb://alice:{SECRET}@no-such-host.invalid/lab")

    assert said.startswith("mongodb://no-such-host.invalid:27017/lab: the store does not answer")
    assert "the host name 'no-such-host.invalid' is unknown" in said


def test_a_web_server_is_not_a_mongodb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def web(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with listener(web) as port:
        said = refusal(monkeypatch, tmp_path, f"mongodb://alice:{SECRET}@127.0.0.1:{port}/lab")

    assert f"what listens on 127.0.0.1:{port} is not a MongoDB" in said


def test_a_server_that_never_speaks_is_not_a_mongodb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with listener(lambda connection: None) as port:
        said = refusal(monkeypatch, tmp_path, f"mongodb://alice:{SECRET}@127.0.0.1:{port}/lab")

    assert f"what listens on 127.0.0.1:{port} is not a MongoDB" in said


def test_a_wrong_password_is_said_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, store: Store
) -> None:
    address = store.address.hosts[0]

    said = refusal(monkeypatch, tmp_path, f"mongodb://alice:{SECRET}@{address}/lab?authSource=admin")

    assert said.startswith(f"mongodb://{address}/lab: the store refuses the user name or the password")


def test_no_password_where_one_is_needed_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, store: Store
) -> None:
    said = refusal(monkeypatch, tmp_path, f"mongodb://{store.address.hosts[0]}/lab")

    assert "the store does not allow this to the user" in said


def test_options_that_the_driver_refuses_are_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = refusal(monkeypatch, tmp_path, f"mongodb://alice:{SECRET}@h/lab?minPoolSize=9&maxPoolSize=3")

    assert said.startswith("FIGPROOF_STORE: mongodb://h:27017/lab: has options that the driver refuses")


def test_a_team_server_is_opened_by_its_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, store_root: Path, store: Store
) -> None:
    password = (store_root / ".figproof" / "store" / "password").read_text()
    host = store.address.hosts[0]
    monkeypatch.setenv("FIGPROOF_STORE", f"mongodb://figproof:{password}@{host}/lab?authSource=admin")

    with open_store(tmp_path) as opened:
        assert opened.database.name == "lab"
        assert str(opened.address) == f"mongodb://{host}/lab"
        indexes = sorted(opened.metrics.index_information())
        assert indexes == ["_id_", "name_1_run_id_1", "run_id_1_name_1"]
        opened.client.drop_database("lab")


def test_a_user_who_may_only_read_opens_the_store(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, store: Store
) -> None:
    store.client["lab"]["runs"].insert_one({"_id": 1})
    store.client["admin"].command("createUser", "guest", pwd=SECRET, roles=[{"role": "read", "db": "lab"}])
    host = store.address.hosts[0]
    monkeypatch.setenv("FIGPROOF_STORE", f"mongodb://guest:{SECRET}@{host}/lab?authSource=admin")

    with open_store(tmp_path) as opened:
        assert opened.runs.count_documents({}) == 1
    with (
        pytest.raises(FigproofError, match="does not allow this to the user"),
        open_store(tmp_path) as opened,
    ):
        opened.runs.insert_one({"_id": 2})
    store.client.drop_database("lab")
    store.client["admin"].command("dropUser", "guest")


def test_a_store_that_goes_away_inside_the_block_is_a_clear_error(store_root: Path) -> None:
    with (
        pytest.raises(FigproofError, match=r"the store went away \(AutoReconnect\)") as caught,
        open_store(store_root),
    ):
        raise AutoReconnect(f"mongodb://alice:{SECRET}@h")

    assert SECRET not in str(caught.value)


def test_an_error_of_the_caller_passes_through(store_root: Path) -> None:
    with pytest.raises(ZeroDivisionError), open_store(store_root):
        raise ZeroDivisionError


def test_the_address_shows_no_password_of_the_embedded_store(store_root: Path, store: Store) -> None:
    password = (store_root / ".figproof" / "store" / "password").read_text()

    assert len(password) >= 30
    assert password not in f"{store.address} {store.address!r} {store!r}"


def test_a_stranger_on_the_machine_cannot_read_the_embedded_store(store: Store) -> None:
    store.runs.insert_one({"_id": 1})

    with (
        pymongo.MongoClient(f"mongodb://{store.address.hosts[0]}") as stranger,
        pytest.raises(pymongo.errors.OperationFailure, match="requires authentication"),
    ):
        stranger[store.database.name]["runs"].find_one()
