"""``figproof style``: see, measure and begin what figures look like."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figproof.errors import FigproofError, printable
from figproof.project import Project

if TYPE_CHECKING:
    from figproof.look import Look, Venue
    from figproof.venue import Setting

LIKE = {"venue": "icml2025", "palette": "petroff6"}
"""What a new file starts from, unless something else is named."""


def add_parser(subparsers: Any) -> None:
    """Add ``style`` with its words."""
    parser = subparsers.add_parser("style", help="see and measure venues, sheets and palettes")
    words = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    listed = words.add_parser("list", help="the venues and palettes that are found, and where")
    listed.set_defaults(run=_list, anywhere=True)
    show = words.add_parser("show", help="what a venue asks for, and which sheet set which value")
    show.set_defaults(run=_show, anywhere=True)
    preview = words.add_parser("preview", help="every kind's example in a style, for readers of all kinds")
    preview.add_argument(
        "--out", type=Path, metavar="FILE", help="a .html or .pdf; preview-<venue>.html if left out"
    )
    preview.add_argument("--kind", action="append", metavar="KIND", help="only this one; may be given again")
    preview.set_defaults(run=_preview, anywhere=True)
    for word in (show, preview):
        word.add_argument("venue", nargs="?", help="the project's if left out")
        word.add_argument("--palette", help="colours of things; the project's if left out")
        word.add_argument(
            "--sequential", metavar="PALETTE", help="colours of values; the project's if left out"
        )
        word.add_argument("--sheet", help="a team's own sheet on top; the project's if left out")
    new = words.add_parser("new", help="begin a venue or palette of one's own in styles/")
    new.add_argument("noun", choices=sorted(LIKE))
    new.add_argument("name")
    default = ", ".join(f"{noun} {name}" for noun, name in LIKE.items())
    new.add_argument("--like", metavar="NAME", help=f"whose values it starts with; {default} if left out")
    new.set_defaults(run=_new, anywhere=True)
    line = "measure palettes for every reader: distances, grey, lightness"
    measure = words.add_parser("measure", help=line)
    measure.add_argument(
        "palettes",
        nargs="+",
        metavar="PALETTE",
        help="a palette of the project, its YAML, or a colormap or colour list of Matplotlib",
    )
    measure.set_defaults(run=_measure, anywhere=True)


def _list(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.header import load_header
    from figproof.palette import palette_names, read_palette
    from figproof.places import Styles

    root = Project.around(root).root
    styles = Styles.of(root)
    rows: list[tuple[str, ...]] = []
    for name in styles.names("venues/*.mplstyle"):
        file = styles.get(f"venues/{name}.mplstyle")
        header = load_header(file.path, file.name)
        widths = header.widths_in.model_dump(exclude_none=True)
        rows.append((name, header.status, _inches(widths), _folder(file.name), header.source))
    print("venues")
    _print_aligned(rows)
    rows = []
    for name in palette_names(root):
        palette, file = read_palette(root, name), styles.get(f"palettes/{name}.yaml")
        size = f"{len(palette.colours or ())} colours" if palette.role == "qualitative" else "colormap"
        rows.append((name, palette.role, size, _folder(file.name), palette.source))
    print("palettes")
    _print_aligned(rows)
    return 0


def _show(arguments: argparse.Namespace, root: Path) -> int:
    look = _asked(arguments, root)
    venue = look.venue
    print(f"{venue.title} ({venue.name}), {venue.status}, read {venue.read}: {venue.source}")
    _print_aligned(_facts(venue))
    print(f"settings of {', '.join(look.composed.sheets)}; a later one wins")
    _print_aligned(_settings(look))
    overridden = sum(len(given) - 1 for given in look.composed.settings.values())
    print(f"{overridden} values of an earlier sheet are overridden")
    return 0


def _facts(venue: Venue) -> Iterable[tuple[str, str, str]]:
    for field, value in vars(venue).items():
        if field in ("name", "title", "source", "year", "status", "read", "values"):
            continue
        said = venue.values.get("panel_letter" if field.startswith("panel_letter") else field)
        yield field, _fact(value), f"{said.status}: {said.source}" if said else ""


def _fact(value: Any) -> str:
    if isinstance(value, dict):
        return _inches(value)
    if isinstance(value, tuple):
        return ", ".join(value) or "any"
    return "no limit" if value is None else str(value)


def _settings(look: Look) -> Iterable[tuple[str, str, str, str]]:
    for key, given in look.composed.settings.items():
        *under, last = given
        over = ", ".join(f"{_value(one.value)} ({_place(one)})" for one in reversed(under))
        yield key, _value(last.value), _place(last), f"over {over}" if over else ""


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value.value if isinstance(value, Enum) else value)


def _place(setting: Setting) -> str:
    return setting.sheet if setting.line is None else f"{setting.sheet}:{setting.line}"


def _preview(arguments: argparse.Namespace, root: Path) -> int:
    project = Project.around(root)
    if arguments.out is not None and arguments.out.suffix not in (".html", ".pdf"):
        raise FigproofError(f"{arguments.out.name!r} is no .html or .pdf", where="--out")
    from figproof.worker import become_worker

    become_worker(project.cache)
    from figproof.files import write_atomic
    from figproof.kinds import kind_names
    from figproof.previewing import page_html, page_pdf, samples

    look = _asked(arguments, root)
    out = arguments.out or Path(f"preview-{look.venue.name}.html")
    rows = samples(project, look, arguments.kind or kind_names(project.kinds))
    write = page_html if out.suffix == ".html" else page_pdf
    write_atomic(root / out, write(look, rows))
    for row in rows:
        if row.problem:
            print(f"{row.name} refuses this style: {row.problem}")
    print(f"{out}: {len(rows)} rows")
    return 0


def _new(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.beginning import new_palette, new_venue

    project = Project.around(root)
    begin = new_venue if arguments.noun == "venue" else new_palette
    like = arguments.like or LIKE[arguments.noun]
    file = begin(project.root, arguments.name, like)
    print(f"{project.relative(file)}: the values of {like}; change them, and fill in the source")
    return 0


def _measure(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.measuring import measured

    for given in arguments.palettes:
        print(given)
        for line in measured(Project.around(root).root, given):
            print(f"  {line}")
    return 0


def _asked(arguments: argparse.Namespace, root: Path) -> Look:
    from figproof.scripting import look_for

    project = Project.around(root)
    return look_for(project, arguments.venue, arguments.palette, arguments.sequential, arguments.sheet)


def _folder(name: str) -> str:
    """The folder of styles that a file's name starts with."""
    return name.rsplit("/", 2)[0]


def _inches(widths: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g} in" for name, value in widths.items())


def _print_aligned(rows: Iterable[Sequence[str]]) -> None:
    """Rows in columns; what a terminal would obey is shown instead."""
    shown = [[printable(cell) for cell in row] for row in rows]
    wide = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        print("  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, wide, strict=True)).rstrip())
