"""The child process of a replay: run stored sources, and leave what they record as plain files.

Run by path, ``python -I child.py job.json``; in an environment with the recorded packages it needs
nothing but Sacred. It knows no store: what an experiment reads of other runs lies in a folder.

``out/`` then holds, for metric 3, ``metric-3.steps`` and ``.times`` (int64; times in ms since 1970) and
``.values`` (float64), for artifact 0 ``artifact-0``, and, last, ``run.json``.
"""

from __future__ import annotations

import array
import ctypes
import importlib.util
import json
import resource
import shutil
import signal
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

# What Sacred keeps of the output, in the run that the parent writes.
_MOST_OUTPUT = 200_000
_DIE_WITH_PARENT = 1


class Keeper:
    """Sacred's observer (the same events as ``sacred.observers.RunObserver``), into a folder."""

    priority = 0

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._metrics: dict[str, tuple[array.array[int], array.array[float], array.array[int]]] = {}
        self._artifacts: list[dict[str, Any]] = []
        self._about: dict[str, Any] = {}

    def started_event(self, ex_info: dict[str, Any], host_info: dict[str, Any], **event: Any) -> str:
        self._about = {"dependencies": ex_info.get("dependencies"), "host": host_info}
        return "replay"

    def log_metrics(self, metrics_by_name: dict[str, Any], info: Any) -> None:
        for name, series in metrics_by_name.items():
            new = (array.array("q"), array.array("d"), array.array("q"))
            steps, values, times = self._metrics.setdefault(name, new)
            for step, value, time in zip(
                series["steps"], series["values"], series["timestamps"], strict=True
            ):
                if isinstance(value, (bool, str)) or int(step) != step:
                    raise TypeError(f"metric {name!r} has the value {value!r} at step {step!r}")
                steps.append(int(step))
                values.append(float(value))
                times.append(_milliseconds(time))

    def artifact_event(
        self, name: str, filename: str, metadata: Any = None, content_type: str | None = None
    ) -> None:
        shutil.copyfile(filename, self._folder / f"artifact-{len(self._artifacts)}")
        self._artifacts.append({"name": str(name), "content_type": content_type})

    def finish(self, run: Any) -> None:
        """Write what the run recorded; ``run.json`` last, so that where it lies all is there."""
        for number, series in enumerate(self._metrics.values()):
            parts: dict[str, array.array[Any]] = dict(zip(("steps", "values", "times"), series, strict=True))
            for part, values in parts.items():
                (self._folder / f"metric-{number}.{part}").write_bytes(values.tobytes())
        document = {
            **self._about,
            "metrics": list(self._metrics),
            "artifacts": self._artifacts,
            "config": run.config,
            "result": run.result,
            "info": {key: value for key, value in run.info.items() if key != "metrics"},
            "captured_out": run.captured_out[-_MOST_OUTPUT:],
            "start_ms": _milliseconds(run.start_time),
            "stop_ms": _milliseconds(run.stop_time),
        }
        aside = self._folder / "run.json.part"
        aside.write_text(json.dumps(document, default=_plain), encoding="utf-8", errors="surrogatepass")
        aside.replace(self._folder / "run.json")

    def __getattr__(self, name: str) -> Any:
        if name == "join" or name.endswith("_event"):
            return lambda *given, **event: None
        raise AttributeError(name)


def _milliseconds(time: datetime) -> int:
    """Sacred's times are naive UTC."""
    return round(time.replace(tzinfo=UTC).timestamp() * 1000)


def _plain(value: Any) -> Any:
    """What JSON does not know: numpy's numbers and arrays as Python's, all else as the name of its type."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return {"no plain data": type(value).__name__}


def _experiment(module: ModuleType, name: str) -> Any:
    import sacred

    found = [value for value in vars(module).values() if isinstance(value, sacred.Experiment)]
    # Two names for one experiment are one.
    distinct = list({id(ex): ex for ex in found}.values())
    # Sacred's --name calls a run by another name than its experiment.
    chosen = distinct if len(distinct) == 1 else [ex for ex in distinct if ex.path == name]
    if len(chosen) != 1:
        sys.exit(f"{module.__file__}: holds {len(chosen)} Sacred experiments called {name!r}, not one")
    return chosen[0]


def _load(main: Path) -> ModuleType:
    """Import the main file as a module, so that it does not start itself."""
    spec = importlib.util.spec_from_file_location(main.stem, main)
    if spec is None or spec.loader is None:
        sys.exit(f"{main}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[main.stem] = module
    spec.loader.exec_module(module)
    return module


def _bound(most_bytes: int) -> None:
    """Die with the parent; no file larger than the store would take, no core dump.

    Memory is not bounded: what drives a GPU reserves more address space than the machine has memory.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    _limit(resource.RLIMIT_FSIZE, most_bytes)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(which: int, most: int) -> None:
    hard = resource.getrlimit(which)[1]
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(which, (most, most))


def main(job_file: str) -> None:
    """Do one job.

    Parameters
    ----------
    job_file : str
        JSON: ``main`` (path of the source to run), ``path`` (folders to import from), ``name`` (of the
        experiment), ``command``, ``named_configs``, ``config``, ``runs`` (folder of the runs that it
        reads, or null), ``out``, ``most_bytes`` (of one file).
    """
    job = json.loads(Path(job_file).read_bytes())
    _bound(job["most_bytes"])
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
    import sacred

    sys.path[:0] = job["path"]
    # As figproof.record has it.
    sacred.SETTINGS.CAPTURE_MODE = "sys"
    if job["runs"] is not None:
        from figproof.record.source import read_runs_from

        read_runs_from(Path(job["runs"]))
    ex = _experiment(_load(Path(job["main"])), job["name"])
    keeper = Keeper(Path(job["out"]))
    # The experiment's own observers would write to a store of theirs.
    ex.observers[:] = [keeper]
    known = {name for name, _ in ex.gather_named_configs()}
    named = [name for name in job["named_configs"] if name in known]
    run = ex.run(job["command"], job["config"], named, info={}, meta_info={}, options={})
    if run._heartbeat is not None:
        run._heartbeat.join()
    if run._failed_observers:
        sys.exit("what the run recorded could not be kept")
    keeper.finish(run)


if __name__ == "__main__":
    main(sys.argv[1])
