"""Text from runs inside LaTeX and Markdown: escaped, so that it stays text."""

from __future__ import annotations

import re

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    # In OT1, TeX's first encoding, these three are other characters.
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "−": r"$-$",
    "±": r"$\pm$",
}
_DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def escape_latex(text: str) -> str:
    """The text as LaTeX that prints it; control characters become spaces."""
    return "".join(
        _SPECIAL.get(letter, letter if letter.isprintable() else " ") for letter in " ".join(text.split())
    )


def escape_markdown(text: str) -> str:
    """The text as Markdown that prints it inside a table's cell."""
    plain = "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))
    return re.sub(r"([\\`*_{}\[\]<>|#~&])", r"\\\1", plain)


def macro_name(*parts: str) -> str:
    """A LaTeX macro's name of letters only: ``("fig_2", "adam")`` -> ``figTwoAdam``."""
    words = [word for part in parts for word in re.findall(r"[A-Za-z]+|[0-9]", part)]
    spelled = [_DIGITS[int(word)] if word.isdigit() else word[0].upper() + word[1:] for word in words]
    joined = "".join(spelled)
    return joined[:1].lower() + joined[1:]
