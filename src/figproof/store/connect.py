"""Open the store: the same code for a team's MongoDB and for the embedded server."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gridfs
import pymongo
from bson.errors import BSONError
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
)

from figproof.errors import FigproofError
from figproof.store.address import VARIABLE, Address, store_setting
from figproof.store.folder import StoreFolder
from figproof.store.server import using_server

Document = dict[str, Any]

# A command itself needs most of a second to start: its error comes within five.
DEFAULT_TIMEOUT_S = 4.0
# A server that stops answering in the middle must not hang a build for ever.
_OPERATION_TIMEOUT_S = 60.0
_UNAUTHORISED = 13
_AUTHENTICATION_FAILED = 18
# Atlas reports both under this code.
_ATLAS_ERROR = 8000
_INDEX_EXISTS = (85, 86)
"""The same keys under another name or with other options: reading is as quick."""


@dataclass(frozen=True)
class Store:
    """An open store.

    Attributes
    ----------
    database : pymongo.database.Database
    address : Address
        ``str(address)`` names host and database and never user or password.
    """

    database: Database[Document]
    address: Address

    @property
    def client(self) -> pymongo.MongoClient[Document]:
        return self.database.client

    @property
    def runs(self) -> Collection[Document]:
        return self.database["runs"]

    @property
    def metrics(self) -> Collection[Document]:
        return self.database["metrics"]

    @property
    def fs(self) -> gridfs.GridFS:
        return gridfs.GridFS(self.database)


@contextmanager
def open_store(root: Path, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Iterator[Store]:
    """Open the store that ``FIGPROOF_STORE`` names, or the project's embedded one (started if needed).

    Parameters
    ----------
    root : Path
        The project's folder.
    timeout_s : float
        Seconds after which a server that does not answer is an error.

    Raises
    ------
    FigproofError
        The server is away, unknown, not a MongoDB, or refuses the password; or it went away inside
        the block. Names host and database, never user or password.
    """
    setting = store_setting(root, os.environ)
    with ExitStack() as stack:
        if isinstance(setting, StoreFolder):
            setting = stack.enter_context(using_server(setting))
        client = stack.enter_context(_client(setting, timeout_s))
        database = client.get_database(setting.database)
        _prove_it_answers(database, setting, timeout_s)
        try:
            _create_indexes(database)
            yield Store(database, setting)
        except (PyMongoError, BSONError) as error:
            # The driver's messages may repeat the address with its password: say only what kind it is.
            raise _translated(error, setting) from None


@contextmanager
def _client(address: Address, timeout_s: float) -> Iterator[pymongo.MongoClient[Document]]:
    # One second is kept for finding out why nobody answered.
    milliseconds = int(max(timeout_s - 1.0, timeout_s / 2) * 1000)
    try:
        client: pymongo.MongoClient[Document] = pymongo.MongoClient(
            address.uri,
            **{
                "tz_aware": False,
                "appname": "figproof",
                **address.options,
                "serverSelectionTimeoutMS": milliseconds,
                "connectTimeoutMS": milliseconds,
                "socketTimeoutMS": int(_OPERATION_TIMEOUT_S * 1000),
            },
        )
    except Exception as error:
        raise FigproofError(
            f"has options that the driver refuses ({type(error).__name__})", where=f"{VARIABLE}: {address}"
        ) from None
    with client:
        yield client


def _prove_it_answers(database: Database[Document], address: Address, timeout_s: float) -> None:
    """One authenticated question, answered in time."""
    started = time.monotonic()
    try:
        with pymongo.timeout(max(timeout_s - 1.0, timeout_s / 2)):
            database.command("ping")
            # By an id that nobody has: asked for any run, SecantusDB decodes all of them (10,000: 0.5 s).
            database["runs"].find_one({"_id": {"$eq": ""}}, {"_id": 1})
    except (ConnectionFailure, ConfigurationError) as error:
        if isinstance(error, ConfigurationError):
            raise _translated(error, address) from None
        reason = _why_unreachable(address, max(0.5, timeout_s - (time.monotonic() - started)))
        raise FigproofError(
            f"the store does not answer: {reason}",
            where=str(address),
            hint=f"start the server, or correct {VARIABLE}; unset it to use the embedded store",
        ) from None
    except (PyMongoError, BSONError) as error:
        raise _translated(error, address) from None


def _why_unreachable(address: Address, timeout_s: float) -> str:
    """What a plain connection to the first host says; the driver tells it only in texts."""
    host, _, port = address.hosts[0].rpartition(":")
    answer = [f"{address.hosts[0]} did not answer in time"]

    def look() -> None:
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=timeout_s).close()
        except socket.gaierror:
            answer[0] = f"the host name {host!r} is unknown"
        except ConnectionRefusedError:
            answer[0] = f"nothing listens on {address.hosts[0]}"
        except (OSError, ValueError):
            pass
        else:
            answer[0] = f"what listens on {address.hosts[0]} is not a MongoDB, or it wants TLS (?tls=true)"

    # Resolving a name has no time limit of its own.
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(timeout_s)
    return answer[0]


def _translated(error: Exception, address: Address) -> FigproofError:
    code = error.code if isinstance(error, OperationFailure) else None
    kind = type(error).__name__ + (f", code {code}" if code is not None else "")
    hint: str | None = "see the server's log, then run the same command again"
    if code in (_AUTHENTICATION_FAILED, _ATLAS_ERROR):
        problem = "the store refuses the user name or the password"
        hint = f"correct {VARIABLE}; add ?authSource=admin if the user is defined in that database"
    elif code == _UNAUTHORISED:
        problem, hint = (
            "the store does not allow this to the user",
            "ask for the role readWrite on the database",
        )
    elif isinstance(error, ConnectionFailure):
        problem = f"the store went away ({kind})"
    elif isinstance(error, BSONError):
        problem, hint = f"the store holds or was given what is not BSON ({kind})", None
    else:
        problem = f"the store failed ({kind})"
    return FigproofError(problem, where=str(address), hint=hint)


def _create_indexes(database: Database[Document]) -> None:
    """What reading needs; a user or a server that may not write reads without, only slower."""
    # A run's metrics; and one metric of all runs.
    for keys in (("run_id", "name"), ("name", "run_id")):
        with suppress(NotPrimaryError):
            try:
                database["metrics"].create_index([(key, 1) for key in keys])
            except OperationFailure as error:
                if error.code not in (_UNAUTHORISED, _ATLAS_ERROR, *_INDEX_EXISTS):
                    raise
