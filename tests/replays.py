"""A small recorded program that can be told to misbehave, for tests of replays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from figproof.store import Store

TINY = """
import os, subprocess, sys, time
from pathlib import Path
import numpy as np
from figproof import record
from figproof.record import Declared, Experiment, Recorder
import tiny_helper

ex = Experiment("tiny", save_git_info=False)

@ex.config
def config():
    seed = 3
    rate = 0.1
    widths = [4, 2]
    mode = "plain"
    source = None

METRICS = {
    "loss": Declared("nat", 4),
    "gap": Declared("", 4, may_be_nan=True),
    "system.time": Declared("s", 1),
}

@ex.main
def main(_run, seed, rate, widths, mode, source):
    recorder = Recorder(_run, METRICS, parents=[] if source is None else [(source, "tiny")])
    rng = np.random.default_rng(seed)
    print("pid", os.getpid(), "\\x1b[31m", flush=True)
    if mode == "detach":
        print("pid", subprocess.Popen(["sleep", "60"], start_new_session=True).pid, flush=True)
        daemon = "setsid sleep 60 >/dev/null 2>&1 & echo $!"
        print("pid", subprocess.check_output(["sh", "-c", daemon], text=True), flush=True)
    if mode == "sleep":
        time.sleep(60)
    for step in range(4):
        recorder.scalars(step, {"loss": tiny_helper.scaled(rng.random(), rate), "gap": float("nan")})
    recorder.scalars(0, {"system.time": time.perf_counter()})
    weights = rng.random(widths)
    if source is not None:
        weights = record.source_run(__file__, source, "weights").artifacts["weights"]["W"] * 2
    recorder.arrays("weights", W=weights)
    if mode == "spy":
        found = Path("/proc").glob("[0-9]*/cmdline")
        lines = [path.read_bytes().decode("utf-8", "replace") for path in found]
        return {"env": dict(os.environ), "argv": sys.argv, "folder": os.getcwd(), "lines": lines}
    if mode == "huge":
        return 2**70
    if mode == "package":
        try:
            import replaydep
            return replaydep.VERSION
        except ImportError:
            return "none"
    return float(weights.sum())

if __name__ == "__main__":
    record.main(ex)
"""
HELPER = "def scaled(value, rate):\n    return float(value) * rate\n"

Replay = Callable[..., int]


def set_in_run(store: Store, run_id: int, **values: Any) -> None:
    store.runs.update_one({"_id": run_id}, {"$set": {key.replace("__", "."): v for key, v in values.items()}})
