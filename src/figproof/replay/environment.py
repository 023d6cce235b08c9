"""The packages of a recorded run against those here; an environment with exactly the recorded ones."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from figproof.canonical import digest_json
from figproof.errors import FigproofError, printable
from figproof.files import replacing_folder
from figproof.project import Project
from figproof.record.library import digest_here
from figproof.replay.plan import Plan
from figproof.store.address import without_credentials

_INSTALL_LIMIT_S = 1800.0
_TAIL_LINES = 8
# What pip may need to reach an index, its settings in the home folder included; nothing else of the user's.
_OF_PIP = (
    "HOME",
    "PIP_",
    "XDG_CONFIG_HOME",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_",
)


@dataclass(frozen=True)
class Package:
    """One version of the record, and the one here; ``""`` where there is none."""

    name: str
    recorded: str
    here: str

    @property
    def same(self) -> bool:
        return self.recorded == self.here


def compare_packages(plan: Plan, *, built: bool = False) -> tuple[Package, ...]:
    """Python, the recorded packages, and figproof's modules by the first digits of their digests.

    Only modules of figproof that differ are listed.

    Parameters
    ----------
    built : bool
        Whether the packages come from :func:`build_environment`, which has the recorded ones.
    """
    rows = [Package("python", plan.python, platform.python_version())] if plan.python else []
    rows += [
        Package(name, recorded, recorded if built else _installed(name))
        for name, recorded in plan.dependencies
    ]
    for module, digest in plan.library or ():
        here = digest_here(module) or ""
        if here != digest:
            rows.append(Package(module, digest[:12], here[:12]))
    return tuple(rows)


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def refuse_differences(packages: Iterable[Package], where: str) -> None:
    """What ``--strict`` asks for.

    Raises
    ------
    FigproofError
        Names every package whose version differs, or was not recorded.
    """
    differ = [package for package in packages if not package.same]
    if differ:
        listed = "; ".join(
            f"{p.name} {p.recorded or '(not recorded)'} is {p.here or 'absent'} here" for p in differ
        )
        raise FigproofError(
            f"other versions than recorded, and --strict was asked: {listed}",
            where=where,
            hint="--env builds an environment with the recorded packages; or replay without --strict",
        )


def build_environment(project: Project, plan: Plan, say: Callable[[str], None]) -> Path:
    """A virtual environment with exactly the recorded versions, from the index that pip is set to.

    What the record does not name (figproof itself, and what the recorded packages do not need) is
    taken from this environment. It is kept in the project's cache and used again.

    Returns
    -------
    Path
        Its Python.

    Raises
    ------
    FigproofError
        A version was not recorded, is not to be had, or does not go with the others.
    """
    unknown = [name for name, recorded in plan.dependencies if not recorded]
    if unknown or not plan.dependencies:
        raise FigproofError(
            f"the record has no version of {', '.join(unknown) or 'any package'}",
            where=f"{plan.where}: --env",
            hint="replay without --env: in this environment",
        )
    wanted = [f"{name}=={recorded}" for name, recorded in plan.dependencies]
    key = digest_json({"packages": wanted, "python": sys.version, "beside": _beside()})
    folder = project.cache / "replay" / key[:32]
    if not folder.is_dir():
        say(f"building an environment with {', '.join(wanted)}")
        # Scripts of an environment name its folder, so what is moved into place is a finished mark.
        with replacing_folder(folder) as fresh:
            _make(fresh, wanted, f"{plan.where}: --env")
    return folder / "bin" / "python"


def _make(folder: Path, wanted: Sequence[str], where: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name.startswith(_OF_PIP)}
    environment |= {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
    here = [sys.executable, "-I", "-m"]
    _call([*here, "venv", "--without-pip", str(folder)], environment, where)
    # Only wheels: an sdist would run code of the index while it is installed.
    install = ["install", "--quiet", "--no-input", "--only-binary", ":all:", "--", *wanted]
    _call([*here, "pip", "--python", str(folder / "bin" / "python"), *install], environment, where)
    paths = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    (Path(paths) / "figproof-replay.pth").write_text("\n".join(_beside()) + "\n", encoding="utf-8")


def _beside() -> list[str]:
    """Folders that packages are taken from which the record does not name."""
    here = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    return sorted({*here, str(Path(__file__).parent.parent.parent)})


def _call(command: Sequence[str], environment: dict[str, str], where: str) -> None:
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_INSTALL_LIMIT_S,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").splitlines()[-_TAIL_LINES:]
        text = "\n".join(f"    {printable(without_credentials(line[:200]))}" for line in said)
        raise FigproofError(
            f"the environment cannot be built:\n{text}",
            where=where,
            hint="replay without --env: in this environment, with a warning",
        )
