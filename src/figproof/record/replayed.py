"""Write a replay into the store as a run of its own, as Sacred's observer writes runs."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacred.utils import ObserverError

from figproof.canonical import digest_bytes
from figproof.errors import FigproofError
from figproof.record.observer import RunObserver
from figproof.record.proof import mark_failed
from figproof.record.recorder import CONTENT_TYPE

if TYPE_CHECKING:
    from figproof.store import Store


@dataclass(frozen=True)
class ReplayRecord:
    """What is written.

    Attributes
    ----------
    experiment : mapping
        ``name``, ``mainfile``, ``dependencies``, and ``sources`` as (name, file id in the store).
    command, comment : str
        ``comment`` is what Omniboard shows beside a run.
    config, result, info, host : Any
        Plain data.
    metrics : mapping of str to (steps, values, times)
        Lists; times in ms since 1970.
    artifacts : mapping of str to bytes
    captured_out : str
    start, stop : datetime
        Naive UTC.
    """

    experiment: Mapping[str, Any]
    command: str
    comment: str
    config: Any
    result: Any
    info: Mapping[str, Any]
    host: Mapping[str, Any]
    metrics: Mapping[str, tuple[Sequence[int], Sequence[float], Sequence[int]]]
    artifacts: Mapping[str, bytes]
    captured_out: str
    start: datetime
    stop: datetime


class _ReplayObserver(RunObserver):
    """The sources of a replay are those of the recorded run: their files are in the store."""

    def save_sources(self, ex_info: dict[str, Any]) -> list[list[Any]]:
        return [list(entry) for entry in ex_info["sources"]]


def write_replay(store: Store, record: ReplayRecord) -> int:
    """Write a replay under the next free id.

    Returns
    -------
    int
        The id.

    Raises
    ------
    FigproofError
        The store did not keep it: it cannot hold what the program recorded. What was written is marked
        FAILED.
    """
    observer = _ReplayObserver(store)
    run_id = observer.started_event(
        ex_info={**record.experiment, "base_dir": "replay", "repositories": []},
        command=record.command,
        host_info=dict(record.host),
        start_time=record.start,
        config=record.config,
        meta_info={"command": record.command, "options": {}, "comment": record.comment},
        _id=None,
    )
    try:
        _fill(observer, record)
    except (ObserverError, OverflowError) as error:
        mark_failed(store, run_id, "the replay could not be stored")
        raise FigproofError(
            f"the store cannot hold what the replay recorded ({type(error).__name__})",
            where=f"run {run_id} in {store.address}",
        ) from None
    if store.runs.find_one({"_id": run_id, "status": "COMPLETED"}, {"_id": 1}) is None:
        raise FigproofError(f"the replay was not kept as run {run_id}", where=str(store.address))
    return int(run_id)


def _fill(observer: RunObserver, record: ReplayRecord) -> None:
    """All that Sacred writes after the start."""
    info = dict(record.info)
    observer.log_metrics(metrics_by_name=_for_sacred(record), info=info)
    with tempfile.TemporaryDirectory(prefix="figproof-") as folder:
        for name, content in record.artifacts.items():
            # A name is not a path.
            path = Path(folder) / "artifact"
            path.write_bytes(content)
            metadata = {"sha256": digest_bytes(content)}
            observer.artifact_event(name, str(path), metadata=metadata, content_type=CONTENT_TYPE)
    observer.heartbeat_event(info, record.captured_out, record.stop, record.result)
    observer.completed_event(stop_time=record.stop, result=record.result)


def _for_sacred(record: ReplayRecord) -> dict[str, dict[str, list[Any]]]:
    return {
        name: {
            "steps": list(steps),
            "values": list(values),
            "timestamps": [datetime.fromtimestamp(time / 1000, UTC).replace(tzinfo=None) for time in times],
        }
        for name, (steps, values, times) in record.metrics.items()
    }
