"""The environment in which numbers are computed and figures drawn: the same on every processor.

Derived numbers depend on the processor in four places: numpy's SIMD dispatch, OpenBLAS kernels,
numba's code generation and glibc's ``exp``/``log``/``pow`` variants. Each is set, before the first
import, to what every x86-64-v2 processor has; threads are set to one, because reductions over
threads are summed in the order the threads end.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path

_MARK = "FIGPROOF_WORKER"

FIXED = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F,-AVX512VL,-AVX512DQ,-AVX512BW",
    "LC_ALL": "C.UTF-8",
    "MKL_NUM_THREADS": "1",
    # "generic" alone keeps the host's features; the empty list drops them.
    "NUMBA_CPU_FEATURES": "",
    "NUMBA_CPU_NAME": "generic",
    "NUMBA_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENBLAS_NUM_THREADS": "1",
    "TZ": "UTC",
}
"""What each variable is set to, by name; what for: ``docs/determinism.md``."""

_LEAST_ADDRESS_SPACE = 8 * 1024**3

_PASSED_ON = ("FIGPROOF_STORE", "HOME", "PATH", "TMPDIR", "SYSTEMROOT")


def worker_environment(cache: Path, outer: Mapping[str, str] | None = None) -> dict[str, str]:
    """The whole environment of a worker: fixed values, and nothing of the user's but the paths.

    Parameters
    ----------
    cache : Path
        Folder for the caches of Matplotlib (fonts) and numba.
    outer : mapping, optional
        The environment to take PATH, HOME and the store's address from; ``os.environ`` if None.
    """
    outer = os.environ if outer is None else outer
    passed = {name: outer[name] for name in _PASSED_ON if name in outer}
    caches = {"MPLCONFIGDIR": str(cache / "matplotlib"), "NUMBA_CACHE_DIR": str(cache / "numba")}
    return {**passed, **FIXED, **caches, _MARK: "1"}


def _bound_memory() -> None:
    """Let a request beyond the machine's memory fail, instead of the machine: run contents are hostile."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    # Address space that is only reserved counts too; numba and BLAS reserve a few GiB.
    limit = max(memory, _LEAST_ADDRESS_SPACE)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard == resource.RLIM_INFINITY or hard > limit:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def become_worker(cache: Path) -> None:
    """Replace this process by ``python -I`` in the worker environment, once; same arguments.

    ``-I`` keeps PYTHONPATH, a hostile ``sitecustomize`` there and the current folder out of imports.
    """
    if os.environ.get(_MARK) == "1" and sys.flags.isolated:
        _bound_memory()
        return
    arguments = [sys.executable, "-I", "-m", "figproof", *sys.argv[1:]]
    environment = worker_environment(cache)
    # Numbers and pictures are made from files: a worker has no business with the store.
    environment.pop("FIGPROOF_STORE", None)
    os.execve(sys.executable, arguments, environment)
