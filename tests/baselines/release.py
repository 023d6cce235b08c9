"""Release changed styles: ``python tests/baselines/release.py "what changed"``.

For every sheet, palette and font whose bytes are not those of its last line in ``styles/CHANGELOG.md``
a line with the next version is added; lines of earlier versions stay as they are.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from figproof.canonical import digest_file
from figproof.files import write_atomic

STYLES = Path(__file__).resolve().parents[2] / "styles"
CHANGELOG = STYLES / "CHANGELOG.md"
ROW = re.compile(r"^\| ([\w./-]+) \| (\d+) \| ([0-9a-f]{64}) \| (.*) \|$", re.MULTILINE)


def released() -> dict[str, list[tuple[int, str]]]:
    """File below ``styles`` -> version and digest of each of its lines, as they stand in the log."""
    rows: dict[str, list[tuple[int, str]]] = {}
    for name, version, digest, _ in ROW.findall(CHANGELOG.read_text()):
        rows.setdefault(name, []).append((int(version), digest))
    return rows


def present() -> dict[str, str]:
    """File below ``styles`` -> digest, of every file that decides how a figure looks."""
    files = sorted(path for path in STYLES.rglob("*") if path.suffix in (".mplstyle", ".yaml", ".ttf"))
    return {path.relative_to(STYLES).as_posix(): digest_file(path) for path in files}


def unreleased() -> dict[str, str]:
    """File -> digest, of those that are not what their last line says."""
    rows = released()
    return {
        name: digest for name, digest in present().items() if name not in rows or rows[name][-1][1] != digest
    }


def main(words: list[str]) -> str:
    """Add the lines; says which."""
    what = " ".join(" ".join(words).replace("|", "/").split())
    if not what:
        return 'say what changed: python tests/baselines/release.py "what changed"'
    rows = released()
    new = [(name, len(rows.get(name, [])) + 1, digest) for name, digest in unreleased().items()]
    lines = [f"| {name} | {version} | {digest} | {what} |\n" for name, version, digest in new]
    write_atomic(CHANGELOG, (CHANGELOG.read_text() + "".join(lines)).encode())
    return "".join(f"{name}: version {version}\n" for name, version, _ in new) or "nothing changed"


if __name__ == "__main__":
    print(main(sys.argv[1:]).rstrip())
