"""Pictures of PDFs, for people who look at a difference; drawn by poppler's pdftoppm, if it is installed."""

from __future__ import annotations

import io
import os
import shutil
import subprocess

from pypdf import PdfReader

from figproof.lint.page import Pixels, Unreadable
from figproof.lint.pdf import refusing
from figproof.lint.raster import read_raster

PROGRAM = "pdftoppm"
AWAY = f"{PROGRAM} (poppler-utils), which draws PDFs, is not installed"

_DPI = 150
_LARGEST_PT = 30 * 72.0
_TIMEOUT_S = 30.0


def is_installed() -> bool:
    """Whether PDFs can be drawn here."""
    return shutil.which(PROGRAM) is not None


def drawn(pdf: bytes) -> Pixels | None:
    """The first page of a PDF at 150 dpi; None if it cannot be drawn, or is larger than a figure.

    What it looks like depends on poppler's version: it shows a difference, and proves none.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        return None
    try:
        with refusing():
            box = PdfReader(io.BytesIO(pdf)).pages[0].mediabox
            size = max(float(box.width), float(box.height))
        if not 0 < size <= _LARGEST_PT:
            return None
        done = subprocess.run(
            [program, "-png", "-singlefile", "-r", str(_DPI), "-"],
            input=pdf,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", os.defpath)},
            timeout=_TIMEOUT_S,
            check=True,
        )
        return read_raster(done.stdout).pixels
    except (Unreadable, OSError, subprocess.SubprocessError):
        return None
