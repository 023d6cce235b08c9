"""A repository for one paper: what ``figproof init`` writes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import jinja2

from figproof import __version__
from figproof.errors import FigproofError, suggest
from figproof.files import write_atomic
from figproof.packages import needed_here
from figproof.places import builtin

EXAMPLE = (
    "figproof record --plan plan.yaml",
    "figproof pin",
    "snakemake",
    "figproof approve",
    "figproof verify",
)
"""What makes the example's figure."""

OWN = (
    "figproof pin training    # first write your experiment's name in config/selections/training.yaml",
    "snakemake",
    "figproof approve",
    "figproof verify",
)
"""What makes the figure of runs that are there already."""

_STAGED = ".figproof-init"
_LOCK = """\
# The packages that made this paper's figures, as figproof {version} found them installed. Every figure's
# provenance names this file by digest; `figproof check` compares it with what is installed.
"""


def write_paper(target: Path, venue: str, *, example: bool) -> tuple[str, ...]:
    """Write a paper's repository, whole or not at all.

    Parameters
    ----------
    target : Path
        A folder that does not exist, or holds nothing but what git keeps there.
    venue : str
        One of figproof's own.
    example : bool
        With a small experiment, instead of a selection that waits for the name of one.

    Returns
    -------
    tuple of str
        The commands that make the paper's first figure.

    Raises
    ------
    FigproofError
        An unknown venue, a folder that is not empty (names what is there), or one that cannot be written.
    """
    venues = sorted(path.stem for path in (builtin("styles") / "venues").glob("*.mplstyle"))
    if venue not in venues:
        raise FigproofError(f"venue {venue!r} is unknown. {suggest(venue, venues)}", where="--venue")
    commands = EXAMPLE if example else OWN
    title = target.resolve().name
    values = {
        "venue": venue,
        "version": __version__,
        "title": title if title.isprintable() else "A paper",
        "commands": commands,
    }
    contents = _template("base", values) | _template("example" if example else "own", values)
    pins = [f"{name}=={version}\n" for name, version in needed_here("figproof").items()]
    contents["requirements.lock"] = (_LOCK.format(version=__version__) + "".join(pins)).encode()
    try:
        _check_empty(target)
        _put(target, contents)
    except OSError as error:
        problem = f"cannot be written: {error.strerror or error}"
        raise FigproofError(problem, where=str(target), hint="choose another folder") from error
    return commands


def _template(name: str, values: Mapping[str, object]) -> dict[str, bytes]:
    """Path in the paper -> content; what ends in .j2 is filled in."""
    folder = builtin("paper") / name
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    contents = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        file = path.relative_to(folder).as_posix()
        if path.suffix == ".j2":
            contents[file.removesuffix(".j2")] = environment.get_template(file).render(values).encode()
        else:
            contents[file] = path.read_bytes()
    return contents


def _check_empty(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise FigproofError("is a file", where=str(target), hint="name a folder that is new or empty")
    there = sorted(path.name for path in target.glob("*") if path.name not in (".git", _STAGED))
    if there:
        more = f" and {len(there) - 5} more" if len(there) > 5 else ""
        raise FigproofError(
            f"is not empty: it holds {', '.join(map(repr, there[:5]))}{more}",
            where=str(target),
            hint="name a folder that is new or empty",
        )


def _put(target: Path, contents: Mapping[str, bytes]) -> None:
    """Write aside and move in; the folder itself stays, because a shell may stand in it."""
    existed = target.is_dir()
    staged = target / _STAGED
    moved: list[Path] = []
    try:
        shutil.rmtree(staged, ignore_errors=True)
        for file, content in contents.items():
            write_atomic(staged / file, content)
        (staged / ".ci" / "run").chmod(0o755)
        for path in sorted(staged.iterdir()):
            moved.append(path.rename(target / path.name))
        staged.rmdir()
    except BaseException:
        for path in (staged, *moved):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        if not existed and target.is_dir():
            target.rmdir()
        raise
