"""The fonts that a figure may use: those that ship with Matplotlib and those in the folders of styles.

A user's font of the same family wins over one that was added with ``addfont``, because Matplotlib
takes the first of equal score. So the list is replaced, not extended, while a figure is drawn.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from matplotlib.mathtext import MathTextParser

from figproof.errors import FigproofError


def shipped_font_files(fonts: Iterable[Path]) -> tuple[Path, ...]:
    """Matplotlib's own TrueType files, sorted by name, then the given ones."""
    own = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return (*sorted(own.glob("*.ttf")), *fonts)


def families(fonts: Iterable[Path]) -> dict[str, tuple[Path, ...]]:
    """Family name -> its files, for Matplotlib's own fonts and the given files."""
    found: dict[str, list[Path]] = {}
    for entry in _entries(shipped_font_files(fonts)):
        found.setdefault(entry.name, []).append(Path(entry.fname))
    return {name: tuple(sorted(set(files))) for name, files in sorted(found.items())}


@functools.lru_cache(8)
def _entries(files: tuple[Path, ...]) -> tuple[Any, ...]:
    try:
        return tuple(font_manager.ttfFontProperty(FT2Font(str(path))) for path in files)
    except (OSError, RuntimeError) as error:
        raise FigproofError(f"a font cannot be read: {error}", where=str(files[-1].parent)) from error


@contextmanager
def only_shipped_fonts(fonts: Iterable[Path]) -> Iterator[None]:
    """Let Matplotlib see the shipped fonts alone; its list is put back afterwards."""
    manager = font_manager.fontManager
    before = manager.ttflist, manager.afmlist
    manager.ttflist, manager.afmlist = list(_entries(shipped_font_files(fonts))), []
    _forget()
    try:
        yield
    finally:
        manager.ttflist, manager.afmlist = before
        _forget()


def _forget() -> None:
    """Empty the caches that answer from an earlier font list or warn only the first time."""
    caches: Any = (font_manager.fontManager, font_manager, MathTextParser)
    caches[0]._findfont_cached.cache_clear()
    caches[1]._get_font.cache_clear()
    caches[2]._parse_cached.cache_clear()
