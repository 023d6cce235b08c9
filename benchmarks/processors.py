"""Do derived numbers depend on the processor? Derive on this one and on simulated others, compare bytes.

Runs one derive, numpy's and the C library's functions and a UMAP chain in figproof's worker
environment: here, here again with another hash seed and another thread count asked for, and under
``qemu-x86_64 -cpu <model>`` for every model given. Each run compiles UMAP anew in a cache of its own.
Prints one line a run and exits 1 if any differs from the first.

    .venv/bin/python benchmarks/processors.py                    # what is promised: all equal
    .venv/bin/python benchmarks/processors.py --bare              # without the worker: shows what differs
    .venv/bin/python benchmarks/processors.py --drop GLIBC_TUNABLES

Needs ``qemu-user`` (Debian: apt-get install qemu-user); a simulated run takes about four minutes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figproof.worker import FIXED, worker_environment

MODELS = ("Nehalem", "Haswell", "EPYC")
QEMU = "qemu-x86_64"
TIMEOUT_S = 1800
THREADS = ("MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
ROOT = Path(__file__).resolve().parent.parent

PROBE = """
import json, math, sys
import numpy as np
from pathlib import Path
from figproof.canonical import digest_bytes
from figproof.kinds import load_kind
from figproof.tables import table_digest, table_files

def digest(values):
    return digest_bytes(np.ascontiguousarray(values).tobytes())[:12]

found = {}
random = np.random.default_rng(0)
x = random.uniform(-20, 20, 20000)
for name in ("exp", "log", "sin", "tanh", "pow"):
    call = (lambda v: math.pow(abs(v), 0.3)) if name == "pow" else getattr(math, name)
    found["libm " + name] = digest([call(abs(v) if name == "log" else v) for v in x.tolist()])
for name in ("exp", "tanh", "sin"):
    for kind in ("f4", "f8"):
        found[f"numpy {name} {kind}"] = digest(getattr(np, name)(x.astype(kind)))
square = x[:10000].reshape(100, 100)
found["numpy matmul"] = digest(square @ square.T)
found["numpy svd"] = digest(np.linalg.svd(square)[0])
kind = load_kind(Path(sys.argv[1]), "embedding")
snapshot = kind.example().snapshot
for method in ("pca", "umap"):
    table = kind.derive(snapshot, kind.params(epochs=[2, 8], method=method))
    found["embedding " + method] = table_digest(table_files(table))[:12]
print(json.dumps(found))
"""


def main() -> int:
    """Run the probe everywhere and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("models", nargs="*", default=list(MODELS), help=f"qemu CPU models, default {MODELS}")
    parser.add_argument("--bare", action="store_true", help="the user's environment, not the worker's")
    parser.add_argument("--drop", choices=sorted(FIXED), help="the worker's environment without one variable")
    arguments = parser.parse_args()
    if shutil.which(QEMU) is None:
        print(f"{QEMU} is not installed (Debian: apt-get install qemu-user)", file=sys.stderr)
        return 2
    dropped = set(FIXED) if arguments.bare else {arguments.drop}
    runs: list[tuple[str, list[str], dict[str, str]]] = [
        ("here", [], {}),
        ("here, hash seed 7", [], {"PYTHONHASHSEED": "7"}),
        ("here, two threads", [], dict.fromkeys(THREADS, "2")),
        *((f"qemu {model}", [QEMU, "-cpu", model], {}) for model in arguments.models),
    ]
    expected: dict[str, str] = {}
    different = 0
    for name, prefix, extra in runs:
        found, seconds = _run(prefix, extra, dropped)
        expected = expected or found
        unequal = sorted(key for key in expected if found[key] != expected[key])
        different += bool(unequal)
        verdict = f"DIFFERENT: {', '.join(unequal)}" if unequal else f"equal, {len(found)} digests"
        print(f"{name:20s} {seconds:7.1f} s  {verdict}", flush=True)
    return 1 if different else 0


def _run(prefix: list[str], extra: dict[str, str], dropped: set[str]) -> tuple[dict[str, str], float]:
    with tempfile.TemporaryDirectory(prefix="figproof-processors-") as cache:
        environment = worker_environment(Path(cache))
        environment = {name: value for name, value in environment.items() if name not in dropped} | extra
        # -I would ignore PYTHONHASHSEED, which one run is there to change; -s and -P do the rest.
        isolation = ["-s", "-P"] if "PYTHONHASHSEED" in extra else ["-I"]
        command = [*prefix, sys.executable, *isolation, "-c", PROBE, str(ROOT / "figures")]
        start = time.monotonic()
        done = subprocess.run(
            command,
            env=environment,
            cwd=cache,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        seconds = time.monotonic() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:3])} failed:\n{done.stderr[-2000:]}")
    found: dict[str, str] = json.loads(done.stdout)
    return found, seconds


if __name__ == "__main__":
    raise SystemExit(main())
