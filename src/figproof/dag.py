"""What the Snakefile asks: the figures, what each needs, and a small key file for every job.

A key file says by digest what a job depends on beyond its input files: the parsed YAML, sheets,
palettes, fonts, the looks of the conditions it shows, the kind, the library, the lock. It is rewritten
only when that changes. So a ``touch`` rebuilds nothing, an edit with an old mtime or in an imported
module rebuilds, and losing ``.snakemake`` hides no change. Reading a key file tells why a job ran.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from figproof.canonical import digest_file, digest_json, to_readable_json
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.files import sweep_leftovers, write_atomic
from figproof.formats import formats_of
from figproof.kinds import TEXTS
from figproof.numberspecs import NumberSpec, load_numbers
from figproof.pins import pin_path
from figproof.places import Styles
from figproof.project import Project
from figproof.provenance import library_digest, lock_digest, part_inputs, spec_digest
from figproof.schemas import Config, FigureSpec
from figproof.shown import look_digests, shown_conditions
from figproof.specs import load_config, load_figures, style_files, text_figures
from figproof.worker import FIXED

RULES = Path(__file__).parent / "workflow" / "rules.smk"
"""What a project's Snakefile imports as a module; alone in its folder, which Snakemake puts on sys.path."""


@dataclass(frozen=True)
class Graph:
    """The figures of a project and how they hang together.

    Attributes
    ----------
    figures : mapping of str to FigureSpec
        By id, sorted.
    formats : mapping of str to tuple of str
        By figure.
    tables : tuple of str
        The figures that are also written as text.
    numbers : tuple of str
        The pins of ``config/numbers.yaml``, sorted.
    build_lock : file
        Held while the process lives: two builds at once would race for ``.snakemake``.
    """

    figures: Mapping[str, FigureSpec]
    formats: Mapping[str, tuple[str, ...]]
    tables: tuple[str, ...]
    numbers: tuple[str, ...]
    build_lock: IO[bytes]

    @classmethod
    def load(cls, here: Path) -> Graph:
        """Read and check the project, take the build lock and bring the key files up to date.

        Parameters
        ----------
        here : Path
            The folder in which Snakemake runs; the paths of rules are below it, so it is the project's.
        """
        project = Project.find(here)
        if project.root != here.resolve():
            raise FigproofError(
                f"lies in the project {project.root}, and is not its folder",
                where=str(here),
                hint=f"cd {project.root}, then run the same command again",
            )
        lock = _hold_build_lock(project)
        for folder in ("figures", "derived"):
            sweep_leftovers(project.results / folder, time.time())
        config = load_config(project)
        figures = load_figures(project)
        if not figures:
            raise FigproofError(
                "no figure is defined", where="config/figures", hint="add config/figures/<id>.yaml"
            )
        formats = formats_of(project, config, figures)
        numbers = load_numbers(project)
        for path, key in _keys(project, config, figures, formats, numbers):
            content = to_readable_json(key)
            if not path.is_file() or path.read_bytes() != content:
                write_atomic(path, content)
        asked = tuple(sorted({number.pin for number in numbers.values()}))
        return cls(figures, formats, text_figures(project, figures), asked, lock)

    def manifests(self, figure: str) -> list[str]:
        """The snapshots that a figure is derived from."""
        return _manifests({panel.pin for _, panel in self.figures[figure].parts()})

    def number_manifests(self) -> list[str]:
        """The snapshots that the numbers of the text are taken from."""
        return _manifests(self.numbers)

    def figure_files(self, figure: str) -> list[str]:
        """What drawing a figure makes."""
        return _drawn(figure, self.formats[figure])

    def drawn_alike(self) -> list[tuple[list[str], str]]:
        """What a rule that draws and lints makes, as patterns, and a regular expression of its figures.

        A rule's outputs must have the same suffixes for all its figures, so there is one for each
        set of formats.
        """
        return [
            (
                [*_drawn("{figure}", formats), _linted("{figure}")],
                "|".join(f for f in self.figures if self.formats[f] == formats),
            )
            for formats in sorted(set(self.formats.values()))
        ]

    def text_files(self, figure: str) -> list[str]:
        """What a figure is written as in text; ``{figure}`` gives the pattern."""
        return [f"results/figures/{figure}.{suffix}" for suffix in TEXTS]

    def targets(self) -> list[str]:
        """Everything that a build keeps; what is missing of it is made again."""
        kept = {"results/index.html", "results/figures.tex", "results/numbers.tex", *self.number_manifests()}
        kept.update(["results/ended/index", "results/ended/latex"])
        kept.update(f"results/ended/snapshot/{pin}" for pin in self.numbers)
        for figure, spec in self.figures.items():
            kept.update(self.manifests(figure), self.figure_files(figure))
            kept.update([f"results/derived/{figure}/TABLES.json", _linted(figure)])
            kept.update(f"results/ended/{step}/{figure}" for step in ("derive", "draw"))
            kept.update(f"results/ended/snapshot/{panel.pin}" for _, panel in spec.parts())
        for figure in self.tables:
            kept.update([*self.text_files(figure), f"results/ended/write/{figure}"])
        return sorted(kept)


def _manifests(pins: Iterable[str]) -> list[str]:
    return [f"results/snapshots/{pin}/MANIFEST.json" for pin in sorted(pins)]


def _drawn(figure: str, formats: tuple[str, ...]) -> list[str]:
    return [f"results/figures/{figure}.{suffix}" for suffix in (*formats, "provenance.json")]


def _linted(figure: str) -> str:
    return f"results/lint/{figure}.json"


def _hold_build_lock(project: Project) -> IO[bytes]:
    path = project.build_lock
    path.parent.mkdir(parents=True, exist_ok=True)
    lock, steps = path.open("ab"), project.steps_lock.open("ab")
    try:
        # The kernel drops them with the process, however it ends; Snakemake's own lock stays after a kill.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A build that was killed may leave a step behind, which would still write its outputs.
        fcntl.flock(steps, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise FigproofError(
            "another build of this project, or a step of one, is running",
            where=project.relative(path),
            hint="wait for it to end",
        ) from None
    finally:
        steps.close()
    return lock


def _keys(
    project: Project,
    config: Config,
    figures: Mapping[str, FigureSpec],
    formats: Mapping[str, tuple[str, ...]],
    numbers: Mapping[str, NumberSpec],
) -> Iterator[tuple[Path, dict[str, Any]]]:
    library, lock = library_digest(), lock_digest(project)
    registry = load_conditions(project.conditions_file)
    own = Path(__file__).parent
    lint = digest_json({path.name: digest_file(path) for path in sorted((own / "lint").glob("*.py"))})
    pins = {panel.pin for spec in figures.values() for _, panel in spec.parts()}
    for pin in sorted(pins | {number.pin for number in numbers.values()}):
        yield project.key_file("snapshot", pin), {"pin": digest_file(pin_path(project, pin))}
    included = {}
    for figure, spec in figures.items():
        parts = [{"panel": letter, **part_inputs(project, panel)} for letter, panel in spec.parts()]
        derive = {"parts": parts, "library": library, "lock": lock, "worker": FIXED}
        yield project.key_file("derive", figure), derive
        draw = {
            **derive,
            "spec": spec_digest(spec),
            "formats": formats[figure],
            "styles": _styles(project, spec, config),
            "conditions": look_digests(registry, shown_conditions(project, spec)),
        }
        yield project.key_file("draw", figure), {**draw, "lint": lint}
        included[figure] = _included(project, spec, config, formats[figure])
    text = {name: digest_file(own / name) for name in ("latexfiles.py", "numbers.py")}
    asked = {name: number.model_dump() for name, number in numbers.items()}
    code = {"library": library} if numbers else {}
    yield project.key_file("latex", "latex"), {**text, **code, "figures": included, "numbers": asked}
    page = {name: digest_file(own / name) for name in ("index.py", "index.html.j2")}
    yield (
        project.key_file("index", "index"),
        {**page, "figures": {f: spec_digest(s) for f, s in figures.items()}},
    )


def _included(project: Project, spec: FigureSpec, config: Config, formats: tuple[str, ...]) -> dict[str, Any]:
    """What the macro of a figure depends on; not how the figure looks."""
    venue = Styles.of(project.root).get(f"venues/{spec.venue or config.venue}.mplstyle").path
    return {
        "width": spec.width,
        "caption": spec.caption,
        "formats": formats,
        "venue": digest_file(venue) if venue.is_file() else "missing",
        "pins": {panel.pin: digest_file(pin_path(project, panel.pin)) for _, panel in spec.parts()},
    }


def _styles(project: Project, spec: FigureSpec, config: Config) -> dict[str, str]:
    palettes = spec.palettes or config.palettes
    venue, sheet = spec.venue or config.venue, spec.sheet or config.sheet
    files = [
        *style_files(project.root, venue, palettes.model_dump().values(), sheet),
        *Styles.of(project.root).fonts(),
    ]
    # A missing file is named by `draw`, with what exists instead.
    return {file.name: digest_file(file.path) if file.path.is_file() else "missing" for file in files}
