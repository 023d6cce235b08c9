"""``figproof bundle OUT`` and ``figproof bundle verify FILE``: a paper's figures as one archive."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figproof.errors import FigproofError
from figproof.project import Project

if TYPE_CHECKING:
    from figproof.proof.bundling import Bundle

_HOW = """\
  figproof bundle OUT.tar.gz          write what is approved, with all that it is made from
  figproof bundle verify FILE.tar.gz  build it again in a temporary folder and compare every byte;
                                      needs no project, no store and no network

exit codes:
  0  written; or every byte is the same
  1  bytes differ, or the command failed
"""


def add_parser(subparsers: Any) -> None:
    """Add ``bundle``."""
    parser = subparsers.add_parser(
        "bundle",
        help="write the figures and all that they are made from as one archive, or verify one",
        usage="figproof bundle [--date YYYY-MM-DD] OUT | figproof bundle verify [--yes] FILE",
        description=_HOW,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="+", metavar="OUT | verify FILE", help="what to write, or to verify")
    parser.add_argument("--date", help="date of publication; that of the commit checked out if left out")
    parser.add_argument("--yes", action="store_true", help="run the code that a bundle brings without asking")
    parser.set_defaults(run=_run, anywhere=True)


def _run(arguments: argparse.Namespace, root: Path) -> int:
    match arguments.words:
        case ["verify", file] if arguments.date is None:
            return _verify(Path(file), yes=arguments.yes)
        case [out] if out != "verify" and not arguments.yes:
            return _write(Project.find(root), Path(out), arguments.date)
    raise FigproofError("give OUT, or verify FILE; --date belongs to OUT, --yes to verify")


def _write(project: Project, out: Path, date: str | None) -> int:
    from figproof.proof.bundling import write_bundle
    from figproof.proof.git import commit_date

    if date is None:
        try:
            date = commit_date(project.root)
        except FigproofError as error:
            hint = "give --date YYYY-MM-DD: an archive of research data has a date of publication"
            raise FigproofError(error.problem, where=error.where, hint=hint) from error
    count = write_bundle(project, out, date)
    print(f"{out}: {count} files, {out.stat().st_size / 1e6:.2f} MB")
    return 0


def _verify(file: Path, *, yes: bool) -> int:
    from figproof.approvals import compare
    from figproof.cli.approved import print_rebuild
    from figproof.errors import printable
    from figproof.proof.bundling import read_bundle
    from figproof.proof.verifying import chosen_figures, verify_by_rebuilding

    bundle = read_bundle(file)
    print(printable(f"{file}: {len(bundle.members)} files, each as its manifest says"))
    for line in bundle.other_versions():
        print(printable(f"made with {line}: bytes may differ"))
    _ask(bundle, yes=yes)
    with tempfile.TemporaryDirectory(prefix="figproof-") as folder:
        project = bundle.lay(Path(folder).resolve() / "bundle")
        approved = compare(project)
        print(f"{len(approved.same)} of {approved.total} approved files are the same bytes in the bundle")
        figures = chosen_figures(project, [])
        noun = "figure" if len(figures) == 1 else "figures"
        print(f"building {len(figures)} {noun} in a clean folder, without store and network", flush=True)
        rebuild = verify_by_rebuilding(project, figures, whole=True)
    print_rebuild(rebuild)
    odd = (*approved.different, *approved.missing, *approved.unapproved, *approved.left_over)
    for name in odd:
        print(printable(f"not as the bundle's figures.lock approves: results/{name}"))
    return 0 if rebuild.same and not odd else 1


def _ask(bundle: Bundle, *, yes: bool) -> None:
    """Kinds are programs: those that are not figproof's own run with the rights of who verifies."""
    code = bundle.foreign_code()
    if not code or yes:
        return
    listed = f"the bundle brings code of its own, which verifying runs: {', '.join(code)}"
    if not sys.stdin.isatty():
        raise FigproofError(listed, hint="read it, then give --yes")
    if input(f"{listed}. Run it? [y/N] ").strip().lower() not in ("y", "yes"):
        raise FigproofError("not verified: its code was not to be run")
