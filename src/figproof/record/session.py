"""Run an experiment so that its record is whole, or says that it is not."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from docopt import DocoptExit, docopt
from sacred import SETTINGS, Experiment
from sacred.arg_parser import get_config_updates
from sacred.dependencies import get_commit_if_possible
from sacred.run import Run
from sacred.utils import (
    ConfigAddedError,
    SacredError,
    format_sacred_error,
    iterate_flattened,
    print_filtered_stacktrace,
)

from figproof.errors import FigproofError, suggest
from figproof.project import Project
from figproof.record.observer import RunObserver
from figproof.record.proof import mark_failed, prove_stored

if TYPE_CHECKING:
    from figproof.store import Store

_INTERRUPTED = 128 + signal.SIGINT
_TERMINATED = 128 + signal.SIGTERM
_DRIVER = ("bson", "gridfs", "pymongo")
_HIGHEST_SEED = 2**32 - 1
"""What numpy's global generator, which Sacred seeds, takes."""


def has_git(file: str) -> bool:
    """Whether Sacred can read commit and state of the experiment's repository; it fails where it cannot.

    Outside a repository Sacred records none; without git, without a commit, or in a repository that
    git calls unsafe, it raises, so that information is left out there and standard error says so.
    """
    try:
        get_commit_if_possible(file, True)
    except Exception as error:
        print(f"{file}: the run is recorded without git information: {error}", file=sys.stderr)
        return False
    return True


def main(ex: Experiment, argv: Sequence[str] | None = None) -> None:
    """The entry point of an experiment's file: Sacred's command line, recorded into the project's store.

    Parameters
    ----------
    ex : sacred.Experiment
    argv : sequence of str, optional
        ``sys.argv`` if None. ``--id 7`` records under that id.

    Raises
    ------
    SystemExit
        0: every value that was recorded has been read back from the store. 1: the run failed, or the
        store does not hold it. 130, 143: interrupted by Ctrl-C or SIGTERM.
    """
    from figproof.store import open_store

    arguments = list(sys.argv if argv is None else argv)
    try:
        root = Project.find(Path(ex.base_dir)).root
        with open_store(root) as store:
            code = run_recorded(ex, store, arguments)
    except FigproofError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 1
    sys.exit(code)


def run_recorded(ex: Experiment, store: Store, argv: Sequence[str]) -> int:
    """Parse the command line, run, prove; the exit code."""
    short_usage, usage, internal_usage = ex.get_usage(argv[0])
    try:
        options = docopt(internal_usage, list(argv[1:]), default_help=False)
    except DocoptExit:
        hint = (
            f"write: figproof record {ex.path} with key=value ... (figproof record {ex.path} help: all else)"
        )
        print(f"error: cannot read {' '.join(argv[1:])!r}\n  Hint: {hint}", file=sys.stderr)
        return 1
    if options["help"] or options["--help"]:
        print(usage)
        return 0
    # Everything on standard output and error goes into the run; file descriptors would too with "fd",
    # which starts two processes for each run.
    SETTINGS.CAPTURE_MODE = "sys"
    try:
        run = _run(ex, store, options)
        if run.observers:
            _prove(store, run)
    except KeyboardInterrupt as stopped:
        print("interrupted; the run says so", file=sys.stderr)
        return _TERMINATED if isinstance(stopped, _Terminated) else _INTERRUPTED
    except FigproofError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except ConfigAddedError as error:
        print(f"error: {_unknown_key(error)}", file=sys.stderr)
        return 1
    except SacredError as error:
        print(format_sacred_error(error, short_usage), file=sys.stderr)
        return 1
    except Exception as error:
        if type(error).__module__.partition(".")[0] in _DRIVER:
            # open_store turns these into an error that shows no password.
            raise
        print_filtered_stacktrace()
        return 1
    return 0


def _run(ex: Experiment, store: Store, options: dict[str, Any]) -> Run:
    command = options["COMMAND"] or ex.default_command
    known = [name for name, _ in ex.gather_commands()]
    if command not in known:
        raise FigproofError(f"command {command!r} is unknown. {suggest(command, known)}", where=ex.path)
    run_id = _whole_id(options["--id"])
    if run_id is not None and store.runs.find_one({"_id": run_id}, {"_id": 1}):
        raise FigproofError(f"run {run_id} is in the store already", where=f"--id: {store.address}")
    options = {**options, "--id": run_id}
    updates, named = get_config_updates(options["UPDATE"])
    _check_updates(ex, updates, named)
    ex.observers.append(RunObserver(store))
    with _interruptible(ex):
        return ex.run(command, updates, named, info={}, meta_info={}, options=options)


def _check_updates(ex: Experiment, updates: dict[str, Any], named: Sequence[str]) -> None:
    """Refuse what Sacred meets with a traceback, before there is a run."""
    known = sorted(name for name, _ in ex.gather_named_configs())
    for name in named:
        if name not in known and not Path(name).is_file():
            problem = f"{name!r} is neither key=value nor a named config. {suggest(name, known)}"
            raise FigproofError(problem, where="with")
    seed = updates.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= _HIGHEST_SEED:
        raise FigproofError(
            f"is {seed!r}; allowed are whole numbers from 0 to {_HIGHEST_SEED}", where="config: seed"
        )


def _unknown_key(error: ConfigAddedError) -> FigproofError:
    """Sacred's refusal of a key that no config function sets, with the nearest that one does."""
    given = sorted(error.__conflicting_configs__)
    known = {key for key, _ in iterate_flattened(error.__config__)} - set(given)
    return FigproofError(f"key {given[0]!r} is unknown. {suggest(given[0], known)}", where="config")


def _whole_id(given: str | None) -> int | None:
    """Sacred would store the text: a string id breaks all later automatic ids."""
    if given is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,17}", given):
        raise FigproofError(f"{given!r} is no run id; allowed are whole numbers from 1", where="--id")
    return int(given)


class _Terminated(KeyboardInterrupt):
    """SIGTERM arrived; Sacred ends a run INTERRUPTED for a KeyboardInterrupt."""


@contextmanager
def _interruptible(ex: Experiment) -> Iterator[None]:
    """Turn SIGTERM, which Slurm sends at the time limit, into an interrupt as Ctrl-C is.

    Before the run's document is in the store there is nothing to mark: the signal is kept until then,
    because Sacred would insert a document without an id.
    """
    asked: list[int] = []
    started: list[bool] = []

    def stop() -> None:
        raise _Terminated if asked[0] == signal.SIGTERM else KeyboardInterrupt

    def on_signal(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        # Only the first one counts: the next must not cut short what marks the run.
        if started and len(asked) == 1:
            stop()

    def on_start() -> None:
        started.append(True)
        if asked:
            stop()

    ex.pre_run_hook(on_start)
    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            # Once asked, the process only has to close the store and say so.
            signal.signal(number, signal.SIG_IGN if asked else handler)


def _prove(store: Store, run: Run) -> None:
    """Compare the store with what was recorded; a run that is not whole is marked FAILED where possible."""
    # Sacred waits 2 s for the last heartbeat, which writes the metrics, and then goes on.
    if run._heartbeat is not None:
        run._heartbeat.join()
    where = f"run {run._id} ({run.experiment_info['name']})"
    try:
        prove_stored(store, run, where)
    except Exception as error:
        # FigproofError, or any fault of the driver while reading back.
        mark_failed(store, run._id, str(error) if isinstance(error, FigproofError) else type(error).__name__)
        raise
    print(f"{where}: recorded and read back from the store", file=sys.stderr)
