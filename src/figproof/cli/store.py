"""``figproof store start|stop|status``: the embedded store, by hand; other commands start it themselves."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

NOT_RUNNING = 3


def add_parser(subparsers: Any) -> None:
    """Add ``store``."""
    parser = subparsers.add_parser("store", help="start, stop and see the embedded store")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("start", help="start it, if it does not run").set_defaults(run=start)
    actions.add_parser("stop", help="stop it, also when it is in use").set_defaults(run=stop)
    actions.add_parser("status", help="say where it is; exit 3 if it does not run").set_defaults(run=status)


def _embedded_folder(root: Path) -> Any:
    """The embedded store's folder; None (and a line that says so) if the store is a team's server."""
    from figproof.store.address import VARIABLE, store_setting
    from figproof.store.folder import StoreFolder

    setting = store_setting(root, os.environ)
    if isinstance(setting, StoreFolder):
        return setting
    print(f"{VARIABLE} names {setting}; figproof starts and stops only the embedded store")
    return None


def start(arguments: argparse.Namespace, root: Path) -> int:
    """Start the embedded store; 0 when it answers."""
    from figproof.store import open_store

    if _embedded_folder(root) is None:
        return 1
    with open_store(root) as store:
        print(f"running at {store.address}")
    return 0


def stop(arguments: argparse.Namespace, root: Path) -> int:
    """Stop the embedded store; 0 also when it did not run."""
    from figproof.store.server import stop_server

    folder = _embedded_folder(root)
    if folder is None:
        return 1
    print("stopped" if stop_server(folder) else "was not running")
    return 0


def status(arguments: argparse.Namespace, root: Path) -> int:
    """Print address, process, data folder and number of runs; 0 running, 3 not running."""
    from figproof.store import open_store
    from figproof.store.address import store_setting
    from figproof.store.folder import StoreFolder
    from figproof.store.server import find_server

    setting = store_setting(root, os.environ)
    info = find_server(setting) if isinstance(setting, StoreFolder) else None
    if isinstance(setting, StoreFolder) and info is None:
        print(f"not running\ndata folder: {setting.data}")
        return NOT_RUNNING
    with open_store(root) as store:
        print(f"running at {store.address}")
        if isinstance(setting, StoreFolder) and info is not None:
            print(f"process: {info.pid}\ndata folder: {setting.data}")
        print(f"runs: {store.runs.count_documents({})}")
    return 0
