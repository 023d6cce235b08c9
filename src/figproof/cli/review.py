"""``figproof review``: one HTML page of what a change does to the figures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from figproof.errors import FigproofError
from figproof.project import Project

_HOW = """\
The page holds, for each changed figure, the old and the new picture and both on each other, the numbers
that changed and the inputs that did; then changed pins, specs, sheets, kinds and packages. It is one file
without script, and the same bytes for the same two sides.

The new side is the work tree with its results. Results are not in git, so the old ones come from the
copies that `figproof approve` keeps in .figproof/approved, found by the digests in the figures.lock of
--base; elsewhere, as in CI, from a bundle or the folder of another checkout: --old.
"""


def add_parser(subparsers: Any) -> None:
    """Add ``review``."""
    parser = subparsers.add_parser(
        "review",
        help="write one HTML page of what a change does to the figures",
        description=_HOW,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    side = parser.add_mutually_exclusive_group()
    side.add_argument("--base", default="HEAD", metavar="REV", help="the old side: a commit (default: HEAD)")
    side.add_argument(
        "--old", type=Path, metavar="PATH", help="the old side: a bundle, or a project's folder"
    )
    parser.add_argument("--out", type=Path, help="the page (default: results/review.html)")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.files import write_atomic
    from figproof.proof.reviewing import review_page
    from figproof.proof.sides import side_at, side_from, work_tree
    from figproof.proof.status import project_status

    project = Project(root)
    if arguments.old is not None:
        old = side_from(arguments.old)
    else:
        try:
            old = side_at(project, arguments.base)
        except FigproofError as error:
            hint = "give --base with a commit of this repository, or --old with a bundle or folder"
            raise FigproofError(error.problem, where=error.where, hint=hint) from error
    status = project_status(project, [], None)
    stale = {one.figure: [f"{r.kind}: {r.text}" for r in one.reasons] for one in status.figures}
    page, changed = review_page(old, work_tree(project), stale)
    out = arguments.out or project.results / "review.html"
    write_atomic(out, page)
    print(f"{out}: {changed} figure{'' if changed == 1 else 's'} changed since {old.name}")
    if old.away:
        print(f"{len(old.away)} old files are not at hand; give --old BUNDLE or FOLDER to see them")
    return 0
