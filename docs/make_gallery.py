"""Write docs/gallery.md and its small pictures from what is built: python docs/make_gallery.py."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from figproof.kinds import load_kind
from figproof.project import Project
from figproof.specs import load_figures

ROOT = Path(__file__).resolve().parents[1]
WIDTH_PX = 900
COLOURS = 128
HEAD = """# Gallery

Every figure of the demo with the YAML that made it, by kind. `make figures` builds them; these pictures
are small copies (`python docs/make_gallery.py`), the real ones are PDF, SVG and PNG in `results/figures`.
"""


def page(project: Project) -> str:
    """The gallery's text: pure function of the figures' YAML and the kinds' docstrings."""
    by_kind: dict[str, list[str]] = {}
    for figure, spec in load_figures(project).items():
        kind = "composite" if spec.layout else spec.parts()[0][1].kind
        by_kind.setdefault(kind, []).append(figure)
    parts = [HEAD]
    for kind in sorted(by_kind):
        doc = (
            "Several kinds as lettered panels." if kind == "composite" else load_kind(project.kinds, kind).doc
        )
        parts.append(f"## {kind}\n{doc.strip()}\n")
        for figure in by_kind[kind]:
            yaml = (project.figure_specs / f"{figure}.yaml").read_text().strip()
            parts.append(f"### {figure}\n![{figure}](gallery/{figure}.png)\n\n```yaml\n{yaml}\n```\n")
    return "\n".join(parts)


def main() -> None:
    """Write the page, one picture a figure, and remove pictures of figures that are gone."""
    project = Project(ROOT)
    folder = ROOT / "docs" / "gallery"
    folder.mkdir(exist_ok=True)
    figures = set(load_figures(project))
    for figure in sorted(figures):
        with Image.open(project.figure_file(figure, "png")) as picture:
            small = picture.convert("RGB")
            small.thumbnail((WIDTH_PX, WIDTH_PX * 2), Image.Resampling.LANCZOS)
            small.quantize(COLOURS, dither=Image.Dither.NONE).save(folder / f"{figure}.png", optimize=True)
    for path in folder.glob("*.png"):
        if path.stem not in figures:
            path.unlink()
    (ROOT / "docs" / "gallery.md").write_text(page(project))
    print(f"docs/gallery.md: {len(figures)} figures")


if __name__ == "__main__":
    main()
