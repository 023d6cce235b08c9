"""The command ``figproof``: thin; each word is a module that is imported only when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path

from figproof import __version__
from figproof.errors import FigproofError
from figproof.project import Project

WORDS = {
    "init": ("init", "make a repository for the figures of one paper"),
    "check": ("check", "read every YAML, sheet and pin, and name all that is wrong"),
    "style": ("style", "see and measure venues, sheets and palettes"),
    "conditions": ("conditions", "list the looks of conditions, and give new ones theirs"),
    "kinds": ("kinds", "list the kinds of figures, or the params of one"),
    "pin": ("pin", "ask the store which runs a figure shows, and freeze the answer"),
    "snapshot": ("build", "copy a pin's runs out of the store (a step of the DAG)"),
    "derive": ("build", "compute the numbers of a figure (a step of the DAG)"),
    "draw": ("build", "draw a figure from its numbers, and lint it (a step of the DAG)"),
    "write": ("build", "write a figure that is also text as LaTeX and Markdown (a step of the DAG)"),
    "latex": ("build", "write figures and numbers as LaTeX macros (a step of the DAG)"),
    "index": ("build", "write results/index.html (a step of the DAG)"),
    "status": ("status", "say which figures are current or stale, and why"),
    "verify": ("approved", "compare every built file with figures.lock, or rebuild it and compare"),
    "approve": ("approved", "accept built figures, after looking, into figures.lock"),
    "review": ("review", "write one HTML page of what a change does to the figures"),
    "bundle": ("bundle", "write the figures and all that they are made from as one archive, or verify one"),
    "lint": ("lint", "measure figure files, of any program, against a venue"),
    "paper": ("paper", "compare a paper's LaTeX with the figures that are built"),
    "trace": ("trace", "say what made a figure file"),
    "record": ("record", "run an experiment, or a plan of them, into the store"),
    "runs": ("runs", "audit, export and import recorded runs"),
    "store": ("store", "start, stop and see the embedded store"),
}
"""Command word -> module in this package and help line."""


def _parser(word: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="figproof", description="Camera-ready figures from recorded ML runs, with proof."
    )
    parser.add_argument("--version", action="version", version=f"figproof {__version__}")
    subparsers = parser.add_subparsers(dest="word", metavar="COMMAND", required=True)
    if word in WORDS:
        importlib.import_module(f"figproof.cli.{WORDS[word][0]}").add_parser(subparsers)
    for other, (_, line) in WORDS.items():
        if other not in subparsers.choices:
            subparsers.add_parser(other, help=line)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 is success, 1 an error that was explained, 130 an interruption."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser(arguments[0] if arguments else None)
    parsed = parser.parse_args(arguments)
    try:
        here = Path.cwd()
        root = here if getattr(parsed, "anywhere", False) else Project.find(here).root
        code = int(parsed.run(parsed, root))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of a pipe left, as `head` does; what is still to be written at the end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except FigproofError as error:
        print(f"figproof: {error}", file=sys.stderr)
        return 1
    except MemoryError:
        print("figproof: needs more memory than the machine has; give it fewer points", file=sys.stderr)
        return 1
    except KeyboardInterrupt as stopped:
        print(f"figproof: interrupted{': ' if str(stopped) else ''}{stopped}", file=sys.stderr)
        return 130
