"""``figproof verify`` and ``figproof approve``: built files against the lock or a rebuild."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figproof.errors import FigproofError
from figproof.project import Project

if TYPE_CHECKING:
    from figproof.approvals import Comparison
    from figproof.proof.verifying import Rebuild

_MOST_NUMBERS = 10
_CODES = """\
Without an argument every built file is compared with figures.lock. With figures or --all they are built
again in a clean folder, from the snapshots alone, and each difference to what is there is named:
metadata, text rendering, colours, pixels (old, new and overlay in results/differences) or numbers.

exit codes:
  0  every byte is the same
  1  bytes differ, or the command failed
"""


def add_parser(subparsers: Any) -> None:
    """Add ``verify`` and ``approve``."""
    verify = subparsers.add_parser(
        "verify",
        help="compare every built file with figures.lock, or rebuild and compare",
        description=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verify.add_argument("figures", nargs="*", help="figures to rebuild")
    verify.add_argument("--all", action="store_true", help="rebuild every figure")
    verify.add_argument(
        "--frozen",
        action="store_true",
        help="for CI: fail also on files that are not approved or left over, and write nothing",
    )
    verify.set_defaults(run=_verify)
    approve = subparsers.add_parser("approve", help="accept built figures, after looking, into figures.lock")
    approve.add_argument("figures", nargs="*", help="figure ids; all if none is given")
    approve.set_defaults(run=_approve)


def _verify(arguments: argparse.Namespace, root: Path) -> int:
    if arguments.all and arguments.figures:
        raise FigproofError("give either figures, or --all", where="figproof verify")
    project = Project(root)
    differs = 0
    if arguments.all or arguments.figures:
        differs = _rebuild(project, arguments)
        if not arguments.frozen:
            return differs
    return max(differs, _compare(project, frozen=arguments.frozen))


def _compare(project: Project, *, frozen: bool) -> int:
    from figproof.approvals import compare

    result = compare(project)
    for word, names in (
        ("differs", result.different),
        ("is missing", result.missing),
        ("is new", result.unapproved),
        ("belongs to no figure or format in config, delete it", result.left_over),
    ):
        for name in names:
            print(f"{word}: results/{name}")
    print(f"{len(result.same)} of {result.total} approved files are the same bytes")
    return _verdict(result, frozen=frozen)


def _verdict(result: Comparison, *, frozen: bool) -> int:
    if result.unapproved:
        print(f"{len(result.unapproved)} new files are not approved; look, then: figproof approve")
    if result.different or result.missing:
        print("look at what differs; to accept it: figproof approve [FIGURE...]")
        return 1
    return int(frozen and bool(result.unapproved or result.left_over))


def _rebuild(project: Project, arguments: argparse.Namespace) -> int:
    from figproof.proof.classes import COLOURS, PIXELS
    from figproof.proof.poppler import AWAY, is_installed
    from figproof.proof.verifying import chosen_figures, verify_by_rebuilding, write_pictures

    figures = chosen_figures(project, arguments.figures)
    print(f"building {len(figures)} figure{'' if len(figures) == 1 else 's'} in a clean folder", flush=True)
    rebuild = verify_by_rebuilding(project, figures, whole=arguments.all)
    pictures = {} if arguments.frozen else write_pictures(project, rebuild)
    print_rebuild(rebuild)
    for path in pictures.values():
        print(f"old, new and where they differ: {project.relative(path)}")
    if any(f.picture is None and f.kind in (COLOURS, PIXELS) for f in rebuild.figures) and not is_installed():
        print(f"not every difference has a picture: {AWAY}")
    return 0 if rebuild.same else 1


def print_rebuild(rebuild: Rebuild) -> None:
    """What a rebuild gave, figure by figure, and how many figures are the same."""
    from figproof.errors import printable

    for line in _lines(rebuild):
        print(printable(line))
    count = sum(not figure.files for figure in rebuild.figures)
    print(f"{count} of {len(rebuild.figures)} figures are the same bytes when they are built again")


def _lines(rebuild: Rebuild) -> Iterable[str]:
    width = max(len(figure.figure) for figure in rebuild.figures)
    for figure in rebuild.figures:
        yield f"{figure.figure:{width}}  {figure.kind} ({figure.same} files are the same bytes)"
        for file in figure.files:
            yield from (f"  {file.file}: {line}" for line in file.lines)
        for change in figure.numbers[:_MOST_NUMBERS]:
            yield f"  {change.text()}"
        if more := len(figure.numbers) - _MOST_NUMBERS:
            yield from [f"  ... and {more} more numbers"] if more > 0 else []
    for page in rebuild.pages:
        yield from (f"results/{page.file}: {line}" for line in page.lines)


def _approve(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.approvals import approve

    changed = approve(Project(root), arguments.figures)
    print(f"figures.lock: {changed} digests changed")
    return 0
