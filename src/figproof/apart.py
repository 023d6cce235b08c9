"""Whether the conditions that one panel shows in colour can be told apart by every reader."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb

from figproof.colour import DEFICIENCIES, grey_steps, limits, separations
from figproof.conditions import CONDITIONS_FILE
from figproof.errors import FigproofError, raise_together
from figproof.look import Look
from figproof.palette import longer_palettes


def check_apart(look: Look, root: Path) -> None:
    """Refuse conditions that a panel asked colours for and that look the same to some reader.

    Two conditions with one marker and one dash differ by colour alone. Where the venue allows that, their
    colours must be as far apart as Petroff asks of the colours of this panel, as a screen shows them and in
    grey; those that the figure leaves grey need not differ from one another.

    Parameters
    ----------
    look : Look
        That a panel was drawn with; it knows the colours that were asked for.
    root : Path
        The project, whose palettes may be advised.

    Raises
    ------
    FigproofError
        More conditions than the palette has colours, or all pairs that are too close.
    """
    names = look.ordered(look.asked)
    coloured = [name for name in names if look.highlights(name)]
    if len(coloured) > len(look.colours):
        raise FigproofError(
            f"{len(coloured)} conditions in one panel need {len(coloured)} colours, "
            f"palette {look.palette!r} has {len(look.colours)}",
            hint=instead_of_many(root, len(coloured)),
        )
    alike = [
        (one, other)
        for one, other in combinations(names, 2)
        if (look.marker(one), look.dash(one)) == (look.marker(other), look.dash(other))
        and (look.highlights(one) or look.highlights(other))
    ]
    if alike:
        raise_together(_too_close(look, names, alike))


def instead_of_many(root: Path, n: int) -> str:
    """What to do where a palette has too few colours for n conditions."""
    longer = longer_palettes(root, n)
    ways = [f"use a longer palette ({', '.join(longer)})"] if longer else []
    ways.append("show fewer in a panel and give the figure more panels (params.conditions)")
    ways.append("name one or a few in `highlight` of the figure's YAML, which leaves the others grey")
    return "; or ".join(ways)


def _too_close(look: Look, names: tuple[str, ...], alike: list[tuple[str, str]]) -> list[FigproofError]:
    rgb = np.array([to_rgb(look.colour(name)) for name in names])
    asked = limits(len({look.colour(name) for name in names}))
    seen = separations(rgb, clip=True)
    steps = grey_steps(rgb)
    errors = []
    for one, other in alike:
        pair = names.index(one), names.index(other)
        worst = min(DEFICIENCIES, key=lambda deficiency: seen[deficiency][pair])
        found = []
        if not look.venue.colour_alone:
            said = look.venue.said("colour_alone")
            found.append(f"no difference that {look.venue.name} accepts alone ({said.status}: {said.source})")
        if seen[worst][pair] < asked.distance:
            found.append(f"{seen[worst][pair]:.1f} apart for {worst} readers (at least {asked.distance:.0f})")
        if steps[pair] < asked.grey:
            found.append(f"{steps[pair]:.1f} apart in grey (at least {asked.grey:.1f})")
        if found:
            problem = f"{one!r} and {other!r} differ by colour alone, and their colours are "
            errors.append(
                FigproofError(
                    problem + " and ".join(found),
                    where=CONDITIONS_FILE,
                    hint="give one of them another marker or dash, or colours farther apart",
                )
            )
    return errors
