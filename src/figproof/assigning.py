"""Write the looks that the registry of conditions lacks into it, and move none that it has.

Why they are written: with ten colours and more names, a look that is computed from a name alone gives two
conditions one colour, and a rule that avoids this depends on which other conditions there are. So it would
change when one goes. What stands in the file does not.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import product

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from figproof.apart import instead_of_many
from figproof.conditions import DASHES, MARKERS, Condition, Entry, load_conditions, place_of, read_entries
from figproof.errors import FigproofError
from figproof.files import write_atomic
from figproof.palette import load_palette
from figproof.pins import load_pin
from figproof.project import Project
from figproof.shown import shown_conditions
from figproof.specs import load_config, load_figures, pin_names

_WIDEST = 4096
_LONGEST_LABEL = 60


def assign(project: Project) -> dict[str, Condition]:
    """Complete the registry: entries without their whole look, and conditions that a figure shows.

    A new condition gets the colour that fewest of the conditions in its pins have, then fewest of all, then
    the first of the palette; marker and dash likewise. A condition that only a figure named gets its name as
    label.

    Returns
    -------
    dict of str to Condition
        What was written, by name.

    Raises
    ------
    FigproofError
        A wrong registry, or more conditions in one pin than the palette has colours; nothing is written.
    """
    path = project.conditions_file
    entries = read_entries(path)
    shown = set().union(*(shown_conditions(project, spec) for spec in load_figures(project).values()))
    for name in sorted(shown - set(entries)):
        entries[name] = Entry(label=name[:_LONGEST_LABEL])
    slots = len(load_palette(project.root, load_config(project).palettes.qualitative).colours or ())
    together = _together(project, entries)
    known = {name: Condition(**e.model_dump()) for name, e in entries.items() if not e.missing()}
    added: dict[str, Condition] = {}
    for name, entry in entries.items():
        if entry.missing():
            added[name] = known[name] = _complete(project, name, entry, known, together[name], slots)
    if added:
        content = _with(path.read_text(encoding="utf-8") if path.exists() else "", added)
        write_atomic(path, content.encode("utf-8"))
        load_conditions(path)
    return added


def _together(project: Project, names: Iterable[str]) -> dict[str, set[str]]:
    """Each condition's neighbours: those that a pin holds beside it."""
    found: dict[str, set[str]] = {name: set() for name in names}
    for pin in pin_names(project):
        held = {run.condition for run in load_pin(project, pin).runs} & set(found)
        for name in held:
            found[name] |= held - {name}
    return found


def _complete(
    project: Project,
    name: str,
    entry: Entry,
    known: Mapping[str, Condition],
    neighbours: set[str],
    slots: int,
) -> Condition:
    """The entry with the rarest look that no other has; what it gives itself is kept."""
    near = [condition for other, condition in known.items() if other in neighbours]
    beside = Counter(condition.slot for condition in near)
    if entry.slot is None and all(beside[slot] for slot in range(slots)):
        raise FigproofError(
            f"is in a pin with {len(near)} others, and they have all {slots} colours of the palette",
            where=f"{place_of(project.conditions_file)}: {name}",
            hint=f"{instead_of_many(project.root, len(near) + 1)}; or give it a slot yourself",
        )
    taken = {condition.look() for condition in known.values()}
    every = list(known.values())
    choices = product(
        [entry.slot] if entry.slot is not None else _rarest(range(slots), near, every, "slot"),
        [entry.dash] if entry.dash is not None else _rarest(DASHES, near, every, "dash"),
        [entry.marker] if entry.marker is not None else _rarest(MARKERS, near, every, "marker"),
    )
    for slot, dash, marker in choices:
        given = {"slot": slot, "marker": marker, "dash": dash}
        condition = Condition(**entry.model_dump() | given)
        if condition.look() not in taken:
            return condition
    raise FigproofError(
        "every look with the parts it gives belongs to another condition",
        where=f"{place_of(project.conditions_file)}: {name}",
        hint="leave out its slot, marker or dash",
    )


def _rarest(
    values: Iterable[int | str], near: list[Condition], every: list[Condition], part: str
) -> list[int | str]:
    """The values, those first that fewest of the neighbours have, then fewest of all; stable."""
    by_near = Counter(repr(getattr(condition, part)) for condition in near)
    by_all = Counter(repr(getattr(condition, part)) for condition in every)
    return sorted(values, key=lambda value: (by_near[repr(value)], by_all[repr(value)]))


def _with(text: str, added: Mapping[str, Condition]) -> str:
    """The file's text with the new looks; comments, order and all other entries stay."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDEST
    content = yaml.load(text)
    if content is None:
        content = CommentedMap()
    for name, condition in added.items():
        if name not in content:
            content[name] = CommentedMap(label=condition.label)
            content[name].fa.set_flow_style()
        for part in ("slot", "marker", "dash"):
            content[name].setdefault(part, getattr(condition, part))
    out = io.StringIO()
    yaml.dump(content, out)
    return out.getvalue()
