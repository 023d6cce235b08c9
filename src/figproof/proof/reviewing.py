"""One HTML page of what a change does to the figures of a paper: for a pull request."""

from __future__ import annotations

import base64
import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from figproof.canonical import digest_bytes
from figproof.encode import png
from figproof.lint.page import Pixels
from figproof.pages import page_of
from figproof.proof import poppler
from figproof.proof.difference import RASTERS, FigureDifference, Files, compare_figure, pixels_of
from figproof.proof.numbers import Change
from figproof.proof.rasters import compare_pixels, overlay
from figproof.proof.reasons import changed_inputs
from figproof.proof.sides import Side

MOST_NUMBERS = 200
MOST_LINES = 400
_SPECS = "config/figures/"
_PINS = "config/pins/"
_GROUPS = (
    ("config/figures/", "Specs"),
    ("config/selections/", "Selections"),
    ("config/", "Configuration and conditions"),
    ("styles/", "Sheets, palettes and fonts"),
    ("figures/", "Kinds"),
    ("requirements.lock", "Packages"),
)


def review_page(old: Side, new: Side, stale: Mapping[str, Sequence[str]]) -> tuple[bytes, int]:
    """The page, and how many figures changed.

    Parameters
    ----------
    old, new : Side
    stale : mapping of str to sequence of str
        Figure -> why what is built of it is not what its files say now.

    Returns
    -------
    (bytes, int)
        The page in UTF-8, a function of the arguments alone: no clock, no folder.
    """
    ids = sorted(
        {
            name.removeprefix(_SPECS).removesuffix(".yaml")
            for side in (old, new)
            for name in side.inputs
            if name.startswith(_SPECS)
        }
    )
    figures = [_figure(figure, old, new, stale.get(figure, ())) for figure in ids]
    changed = [figure for figure in figures if figure["state"] != "same"]
    page = page_of(
        "proof/review.html.j2",
        old=old.name,
        new=new.name,
        figures=changed,
        same=[figure["id"] for figure in figures if figure["state"] == "same"],
        pins=list(_pins(old, new)),
        groups=[*_latex(old, new), *_groups(old, new)],
        away=len(old.away),
    )
    return page, len(changed)


def _figure(figure: str, old: Side, new: Side, stale: Sequence[str]) -> dict[str, Any]:
    files = [_of(figure, side) for side in (old, new)]
    away = [name for name in old.away if _belongs(name, figure)]
    before, after = ({n: c for n, c in side.items() if n not in away} for side in files)
    difference = compare_figure(figure, before, after)
    is_new, is_gone = (f"{_SPECS}{figure}.yaml" not in side.inputs for side in (old, new))
    return {
        "id": figure,
        "state": _state(is_new, is_gone, bool(difference.files or away)),
        "kind": "new" if is_new else "gone" if is_gone else difference.kind,
        "away": away,
        "stale": list(stale),
        "unapproved": [] if is_gone else _unapproved(files[1], new),
        "reasons": [f"{reason.kind}: {reason.text}" for reason in _reasons(figure, *files)],
        "files": [{"file": file.file, "lines": file.lines} for file in difference.files],
        "pictures": _pictures(figure, *files, has_old=not is_new, has_new=not is_gone),
        **_numbers(difference),
    }


def _state(is_new: bool, is_gone: bool, differs: bool) -> str:
    if is_new or is_gone:
        return "new" if is_new else "gone"
    return "changed" if differs else "same"


def _belongs(name: str, figure: str) -> bool:
    return name.startswith((f"figures/{figure}.", f"derived/{figure}/"))


def _of(figure: str, side: Side) -> Files:
    return {name: content for name, content in side.built.items() if _belongs(name, figure)}


def _unapproved(files: Files, side: Side) -> list[str]:
    return [
        name for name, content in sorted(files.items()) if side.approved.get(name) != digest_bytes(content)
    ]


def _reasons(figure: str, old: Files, new: Files) -> Iterable[Any]:
    """Which inputs changed, by the provenance of both sides."""
    name = f"figures/{figure}.provenance.json"
    try:
        before, after = (json.loads(side[name]) for side in (old, new))
        return changed_inputs(before, after)
    except (KeyError, ValueError, TypeError, AttributeError):
        return ()


def _numbers(difference: FigureDifference) -> dict[str, Any]:
    shown = difference.numbers[:MOST_NUMBERS]
    return {
        "numbers": [{"change": change, "relative": _relative(change)} for change in shown],
        "more_numbers": len(difference.numbers) - len(shown),
    }


def _relative(change: Change) -> str:
    try:
        before, after = float(change.old), float(change.new)
        return f"{(after - before) / abs(before):+.2%}"
    except (ValueError, ZeroDivisionError):
        return ""


def _pictures(figure: str, old: Files, new: Files, *, has_old: bool, has_new: bool) -> dict[str, Any]:
    """Data addresses of the old, the new and the overlaid picture; "" for one that is not at hand."""
    sides = [_pixels(figure, files) for files in (old, new)]
    text, marked = "", ""
    if sides[0] is not None and sides[1] is not None:
        difference = compare_pixels(sides[0], sides[1])
        text = difference.text()
        marked = _address("png", png(overlay(sides[0], sides[1]))) if difference.box else ""
    before, after = (
        _address("png", png(pixels)) if pixels is not None else _vector(figure, files)
        for pixels, files in zip(sides, (old, new), strict=True)
    )
    missing = "" if before or not has_old else "its old picture is not at hand: give --old FOLDER or BUNDLE"
    is_pdf = f"figures/{figure}.pdf" in new and not poppler.is_installed()
    why = poppler.AWAY if is_pdf else "is it built?"
    unbuilt = "" if after or not has_new else f"it has no picture that a page can show: {why}"
    return {
        "old": before,
        "new": after,
        "overlay": marked,
        "text": text,
        "notes": list(filter(None, (missing, unbuilt))),
    }


def _pixels(figure: str, files: Files) -> Pixels | None:
    """Of a raster; of a PDF only where a page has nothing else to show, for poppler's versions differ."""
    names = [f"figures/{figure}{suffix}" for suffix in RASTERS]
    if f"figures/{figure}.svg" not in files:
        names.append(f"figures/{figure}.pdf")
    shown = (pixels_of(name, files[name]) for name in names if name in files)
    return next((pixels for pixels in shown if pixels is not None), None)


def _vector(figure: str, files: Files) -> str:
    content = files.get(f"figures/{figure}.svg")
    # As an image an SVG runs no script and fetches nothing.
    return _address("svg+xml", content) if content is not None else ""


def _address(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _pins(old: Side, new: Side) -> Iterable[dict[str, Any]]:
    for name in _changed(old, new):
        if not name.startswith(_PINS):
            continue
        before, after = (_runs(side.inputs.get(name)) for side in (old, new))
        yield {
            "name": name.removeprefix(_PINS).removesuffix(".json"),
            "added": [run for key, run in after.items() if key not in before],
            "removed": [run for key, run in before.items() if key not in after],
            "changed": [
                {**after[key], "was": before[key]["digest"]}
                for key in after
                if key in before and before[key] != after[key]
            ],
        }


def _runs(content: bytes | None) -> dict[str, dict[str, str]]:
    try:
        runs = json.loads(content)["runs"] if content is not None else []
        named = [{key: str(run[key]) for key in ("id", "condition", "seed", "digest")} for run in runs]
    except (ValueError, KeyError, TypeError):
        return {}
    return {run["id"]: run for run in named}


def _changed(old: Side, new: Side) -> list[str]:
    names = sorted({*old.inputs, *new.inputs})
    return [name for name in names if old.inputs.get(name) != new.inputs.get(name)]


def _latex(old: Side, new: Side) -> Iterable[dict[str, Any]]:
    """Numbers and macros of the paper's text that changed."""
    files = [
        _file_lines(f"results/{name}", old.built.get(name), new.built.get(name))
        for name in ("numbers.tex", "figures.tex")
        if name not in old.away and old.built.get(name) != new.built.get(name)
    ]
    if files:
        yield {"title": "LaTeX: numbers and macros", "files": files}


def _groups(old: Side, new: Side) -> Iterable[dict[str, Any]]:
    """The changed files of each kind of input, with their difference as text."""
    changed = [name for name in _changed(old, new) if not name.startswith(_PINS) and name != "figures.lock"]
    for prefix, title in _GROUPS:
        names = [name for name in changed if name.startswith(prefix)]
        changed = [name for name in changed if name not in names]
        if names:
            files = [_file_lines(name, old.inputs.get(name), new.inputs.get(name)) for name in names]
            yield {"title": title, "files": files}


def _file_lines(name: str, old: bytes | None, new: bytes | None) -> dict[str, Any]:
    try:
        before, after = ((side or b"").decode("utf-8").splitlines() for side in (old, new))
    except UnicodeDecodeError:
        return {"name": name, "lines": [], "more": 0, "note": "not text"}
    lines = list(difflib.unified_diff(before, after, lineterm="", n=3))[2:]
    note = "new" if old is None else "deleted" if new is None else ""
    return {"name": name, "lines": lines[:MOST_LINES], "more": max(0, len(lines) - MOST_LINES), "note": note}
