"""An SVG as a tree of plain elements, read without entities, and the styles that apply to each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from figproof.lint.page import Unreadable

MOST_ELEMENTS = 150_000
_DEEPEST = 200
# A sheet is short; of a rule for each of very many elements nothing is read.
_MOST_SHEET, _MOST_DECLARATIONS, _MOST_MATCHES = 200_000, 10_000, 4_000_000
_LONGEST_FONT = 300

_COMMENT_TAG = "#comment"
_INHERITED = frozenset(
    [
        *("color", "fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray"),
        *("font-size", "font-family", "font-weight", "font-style", "text-anchor", "visibility"),
        *("dominant-baseline", "paint-order", "clip-rule", "fill-rule"),
    ]
)
_OWN = frozenset(
    [
        *("opacity", "display", "clip-path", "vector-effect", "baseline-shift", "mix-blend-mode", "filter"),
        *("mask", "transform", "alignment-baseline", "stop-color"),
    ]
)


@dataclass
class Element:
    """One element.

    Attributes
    ----------
    tag : str
        Without namespace; ``#comment`` for a comment, whose text is ``text``.
    attributes : dict of str to str
        Without namespaces.
    text, tail : str
        Before its first child; after its end.
    before : Element or None
        The one before it with the same parent, comments among them.
    """

    tag: str
    attributes: dict[str, str]
    parent: Element | None
    children: list[Element] = field(default_factory=list)
    text: str = ""
    tail: str = ""
    before: Element | None = None

    def get(self, name: str, usual: str = "") -> str:
        """An attribute."""
        return self.attributes.get(name, usual)

    def walk(self) -> Iterator[Element]:
        """Itself and all below, in the order of the file."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


def read_tree(content: bytes) -> Element:
    """Parse a file; entities are refused, and nothing outside is fetched.

    Raises
    ------
    Unreadable
        Damaged, too large or deep, or with entities of its own.
    """
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.CommentHandler = builder.comment
    parser.EntityDeclHandler = builder.entity
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise Unreadable(f"is damaged: {error}") from error
    except (ValueError, LookupError) as error:
        raise Unreadable(f"is in an encoding that is not read: {error}") from error
    if builder.root is None:
        raise Unreadable("is empty")
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        plain = {key.rpartition("}")[2]: value for key, value in attributes.items()}
        element = self._add(name.rpartition("}")[2], plain)
        self._open.append(element)
        if len(self._open) > _DEEPEST:
            raise Unreadable(f"is nested deeper than {_DEEPEST} elements")

    def end(self, name: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        if self._open:
            element = self._open[-1]
            if element.children:
                element.children[-1].tail += text
            else:
                element.text += text

    def comment(self, text: str) -> None:
        if self._open:
            self._add(_COMMENT_TAG, {}).text = text.strip()

    def entity(self, name: str, *_: object) -> None:
        raise Unreadable(f"declares the entity {name[:40]!r}; entities are not read")

    def _add(self, tag: str, attributes: dict[str, str]) -> Element:
        self._count += 1
        if self._count > MOST_ELEMENTS:
            raise Unreadable(f"has more than {MOST_ELEMENTS} elements")
        parent = self._open[-1] if self._open else None
        element = Element(tag, attributes, parent)
        if parent is None:
            self.root = element
        else:
            element.before = parent.children[-1] if parent.children else None
            parent.children.append(element)
        return element


@dataclass(frozen=True)
class _Rule:
    selectors: tuple[str, ...]
    declarations: dict[str, str]
    weight: tuple[int, int, int]


class Styles:
    """CSS of the file: type, class and id selectors and descendants of these."""

    def __init__(self, root: Element) -> None:
        elements = list(root.walk())
        text = "".join(_all_text(element) for element in elements if element.tag == "style")
        found = list(_rules(text[:_MOST_SHEET]))
        if len(found) * len(elements) > _MOST_MATCHES:
            raise Unreadable(f"has {len(found)} style rules for {len(elements)} elements")
        self._rules = sorted(found, key=lambda rule: rule.weight)

    def own(self, element: Element) -> dict[str, str]:
        """What is said of the element itself: attributes, then CSS, then its ``style``."""
        said = {
            key: value.strip()
            for key, value in element.attributes.items()
            if key in _INHERITED or key in _OWN
        }
        for rule in self._rules:
            if _fits(element, rule.selectors):
                said.update(rule.declarations)
        said.update(declarations(element.get("style")))
        return said

    def resolve(self, element: Element, inherited: dict[str, str]) -> dict[str, str]:
        """Properties of the element, those that it inherits among them."""
        below = {key: value for key, value in inherited.items() if key in _INHERITED}
        return {
            **below,
            **{key: value for key, value in self.own(element).items() if value != "inherit"},
        }


def declarations(text: str) -> dict[str, str]:
    """``fill: red; stroke: none`` as a mapping; ``!important`` is read as if it were not there."""
    pairs = (part.partition(":") for part in text[:_MOST_DECLARATIONS].split(";"))
    found = {
        key.strip().lower(): value.replace("!important", "").strip() for key, colon, value in pairs if colon
    }
    if "font" in found:
        # The shorthand: [style] [weight] size[/line] family.
        match = re.search(r"([\d.]+(?:px|pt|em|%|mm|in))(?:/\S+)?\s+(.+)$", found["font"][:_LONGEST_FONT])
        if match:
            found.setdefault("font-size", match[1])
            found.setdefault("font-family", match[2])
    return found


def _rules(text: str) -> Iterator[_Rule]:
    # Piece by piece: a pattern over all of it takes the square of a hostile sheet's length.
    first, *rest = text.split("/*")
    plain = first + "".join(part.partition("*/")[2] for part in rest)
    for piece in plain.split("}"):
        before, _, body = piece.rpartition("{")
        heads = re.split(r"[{@]", before)[-1]
        for head in heads.split(","):
            selectors = tuple(head.replace(">", " ").split())
            if selectors and not any(sign in head for sign in ":[+~"):
                weight = (head.count("#"), head.count("."), sum(part[0].isalpha() for part in selectors))
                yield _Rule(selectors, declarations(body), weight)


def _all_text(element: Element) -> str:
    return element.text + "".join(child.tail for child in element.children)


def _fits(element: Element, selectors: tuple[str, ...]) -> bool:
    if not _fits_one(element, selectors[-1]):
        return False
    above, left = element.parent, list(selectors[:-1])
    while left and above is not None:
        if _fits_one(above, left[-1]):
            left.pop()
        above = above.parent
    return not left


def _fits_one(element: Element, selector: str) -> bool:
    tag, *parts = re.split(r"(?=[.#])", selector)
    classes = element.get("class").split()
    if tag not in ("", "*", element.tag):
        return False
    return all(
        part[1:] in classes if part[0] == "." else part[1:] == element.get("id") for part in parts if part
    )
