"""Read an EPS: Ghostscript turns it into a PDF, in a folder of its own, with its files locked away.

EPS is a program. No library of Python runs PostScript (Pillow calls Ghostscript too, and gives pixels);
Ghostscript's ``-dSAFER`` allows it no file but its own, and it gets little time and memory.
"""

from __future__ import annotations

import re
import resource
import shutil
import signal
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from figproof.lint.page import Font, Page, Unreadable
from figproof.lint.pdf import read_pdf

_STARTS = (b"%!PS", b"\xc5\xd0\xd3\xc6")
_PROGRAM = "gs"
_TOO_LONG = "is EPS that Ghostscript did not finish in {} s"
_SECONDS, _MEMORY, _MOST_BYTES = 8, 1_500_000_000, 200_000_000
_OPTIONS = (
    *("-dSAFER", "-dBATCH", "-dNOPAUSE", "-P-", "-dEPSCrop"),
    *("-sDEVICE=pdfwrite", "-dAutoRotatePages=/None"),
    # Pixels are looked at: as they are, without JPEG's noise.
    *("-dAutoFilterColorImages=false", "-dColorImageFilter=/FlateEncode", "-dDownsampleColorImages=false"),
    *("-dAutoFilterGrayImages=false", "-dGrayImageFilter=/FlateEncode", "-dDownsampleGrayImages=false"),
    *("-dDownsampleMonoImages=false", "-sOutputFile=page.pdf"),
)
_LOADED = re.compile(rb"^Loading \S+ font from", re.M)


def is_eps(content: bytes) -> bool:
    """Whether a file is EPS, also with the preview that DOS programs put before it."""
    return content.startswith(_STARTS)


def read_eps(content: bytes) -> Page:
    """Read the page.

    Raises
    ------
    Unreadable
        There is no Ghostscript, or it cannot run the file within its limits.
    """
    program = shutil.which(_PROGRAM)
    if program is None:
        raise Unreadable("is EPS, and there is no Ghostscript to read it: install it (gs), or lint it as PDF")
    pdf, said = _converted(program, content)
    page = read_pdf(pdf)
    page.fonts = [
        replace(font, embedded=False) if _is_lent(font, content, said) else font for font in page.fonts
    ]
    page.notes.append("is EPS, read through Ghostscript")
    return page


def _converted(program: str, content: bytes) -> tuple[bytes, bytes]:
    """The page as PDF, and what Ghostscript said."""
    with tempfile.TemporaryDirectory(prefix="figproof-eps-") as folder:
        (Path(folder) / "page.eps").write_bytes(content)
        try:
            done = subprocess.run(
                [program, *_OPTIONS, "page.eps"],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # Not the user's: GS_OPTIONS could switch anything on.
                env={"TMPDIR": folder, "LC_ALL": "C"},
                timeout=_SECONDS,
                check=False,
                preexec_fn=_limited,
            )
        except subprocess.TimeoutExpired:
            raise Unreadable(_TOO_LONG.format(_SECONDS)) from None
        except OSError as error:
            raise Unreadable(f"is EPS, and Ghostscript does not run: {error.strerror or error}") from error
        if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            # The limit of processor time may end it before the clock does.
            raise Unreadable(_TOO_LONG.format(_SECONDS))
        pdf = Path(folder) / "page.pdf"
        if done.returncode or not pdf.is_file() or not pdf.stat().st_size:
            raise Unreadable(f"is EPS that Ghostscript refuses: {_reason(done.stdout)}")
        return pdf.read_bytes(), done.stdout


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_BYTES, _MOST_BYTES))


def _reason(said: bytes) -> str:
    lines = [line for line in said.decode("latin-1").splitlines() if "rror" in line]
    text = lines[0] if lines else "no page came out"
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:200]


def _is_lent(font: Font, content: bytes, said: bytes) -> bool:
    """Whether Ghostscript lent its own copy of a font that the file names and does not hold."""
    if font.kind == "Type3" or not _LOADED.search(said):
        return False
    name = re.escape(font.name.encode("latin-1", "replace"))
    held = rb"(?:/FontName\s*/|%%Begin(?:Font|Resource: font):?\s*)" + name + rb"\b"
    return not re.search(held, content)
