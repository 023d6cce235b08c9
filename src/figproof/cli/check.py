"""``figproof check``: every file of the project and the packages, all problems at once."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from figproof.errors import FigproofError, raise_together
from figproof.project import Project


def add_parser(subparsers: Any) -> None:
    """Add ``check``."""
    parser = subparsers.add_parser("check", help="read every YAML, sheet and pin, and name all that is wrong")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.drawing import look_of, page_size_in
    from figproof.look import load_look, venue_names
    from figproof.numberspecs import load_numbers
    from figproof.packages import check_lock
    from figproof.palette import load_palette, palette_names
    from figproof.pins import load_pin
    from figproof.specs import (
        figure_ids,
        load_config,
        load_figure,
        load_params,
        load_selection,
        pin_names,
        selection_names,
    )

    project = Project(root)
    errors: list[FigproofError] = []

    def attempt(read: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return read(*arguments)
        except FigproofError as error:
            errors.append(error)
            return None

    config = attempt(load_config, project)
    selections = attempt(selection_names, project) or ()
    pins, figures = pin_names(project), attempt(figure_ids, project) or ()
    for name in selections:
        attempt(load_selection, project, name)
    for name in pins:
        attempt(load_pin, project, name)
    attempt(load_numbers, project)
    styles: set[str] = set()
    for figure in figures:
        spec = attempt(load_figure, project, figure)
        if spec is not None:
            attempt(load_params, project, figure, spec)
        look = attempt(look_of, project, spec, config) if spec is not None and config is not None else None
        if look is not None:
            attempt(page_size_in, figure, spec, look.venue)
            styles.update(look.sources)
    attempt(check_lock, project, styles)
    if config is not None:
        # Also those that no figure uses: the next one may.
        for name in palette_names(root):
            attempt(load_palette, root, name)
        given = config.palettes
        for name in venue_names(root):
            attempt(load_look, root, name, given.qualitative, given.sequential, {})
    raise_together(_distinct(errors))
    print(f"{len(figures)} figures, {len(selections)} selections, {len(pins)} pins: no problem")
    return 0


def _distinct(errors: list[FigproofError]) -> list[FigproofError]:
    return list({str(error): error for error in errors}.values())
