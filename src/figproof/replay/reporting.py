"""What a replay will do and what came out, in words, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from figproof.errors import printable
from figproof.replay.comparing import DIFFERS, MEASURED, SAME, WITHIN, Comparison, Part
from figproof.replay.environment import Package
from figproof.replay.plan import Plan

_LONGEST_CELL = 60


def introduction(plan: Plan, packages: Sequence[Package], *, built: bool) -> str:
    """What will be run, with what, and what the record does not say.

    Parameters
    ----------
    built : bool
        Whether an environment with the recorded packages is used.
    """
    count = len(plan.sources)
    lines = [
        f"{plan.where}, {plan.content.digest[:12]}, recorded in {plan.seconds:.0f} s",
        f"This runs code that the store holds, as you, on this machine: {count} "
        f"source{'s' if count > 1 else ''}, command {plan.command!r}",
    ]
    rows = [
        (
            source.name + (" (main)" if source.name == plan.main else ""),
            f"{len(source.content)} bytes",
            source.sha256[:12],
            "as recorded" if source.proved else "the store holds no digest of it",
        )
        for source in plan.sources
    ]
    lines += _aligned(rows)
    where = "in an environment of their own" if built else "in this environment"
    lines.append(f"packages that the main file imports (Sacred records no others), {where}:")
    lines += _aligned([(p.name, p.recorded or "?", _here(p)) for p in packages]) or ["  none recorded"]
    lines += [f"Recorded at commit {commit}." for commit in plan.commits]
    lines += [f"The record does not hold {said}." for said in plan.lacks]
    return _printable(lines)


def reasons(plan: Plan, packages: Iterable[Package]) -> list[str]:
    """Why a replay may differ, of what is known: other versions, other code, none recorded."""
    found = [
        f"{p.name} was {p.recorded or '?'}, here it is {p.here or 'absent'}" for p in packages if not p.same
    ]
    if plan.uses_figproof and plan.library is None:
        found.append("it was not recorded which code of figproof it ran with; that may have changed since")
    if plan.fixed is None:
        found.append("it was not recorded whether it ran with fixed threads and instruction sets")
    return [f"possible reason: {reason}" for reason in found]


def _here(package: Package) -> str:
    return "the same" if package.same else f"here {package.here or 'absent'}: OTHER THAN RECORDED"


def table(
    plan: Plan, packages: Iterable[Package], comparison: Comparison, run_id: int | None, digest: str | None
) -> str:
    """The comparison for people: one line a part, then the verdict and what may have made a difference."""
    rows = [
        (part.what, part.name, "" if part.points is None else _points(part.points), _verdict(part))
        for part in comparison.parts
    ]
    lines = _aligned(rows)
    if any(part.verdict == MEASURED for part in comparison.parts):
        lines.append(
            "measured: declared in a unit of time, memory or power, so it differs by nature; not counted"
        )
    lines.append(summary(plan, comparison))
    if comparison.verdict != SAME:
        lines += reasons(plan, packages)
    if run_id is not None:
        same = "the same digest" if digest == plan.content.digest else f"digest {str(digest)[:12]}"
        lines.append(f"stored as run {run_id}, parent run {plan.run.id}: {same}")
    return _printable(lines)


def summary(plan: Plan, comparison: Comparison) -> str:
    """One sentence."""
    run = f"run {plan.run.id}"
    aside = sum(part.verdict == MEASURED for part in comparison.parts)
    but = f", but for {aside} measured metric{'' if aside == 1 else 's'}" if aside else ""
    if comparison.verdict == SAME:
        return f"{run} replays bit for bit{but}"
    worst = max(
        (part.difference or 0.0 for part in comparison.parts if part.verdict != MEASURED), default=0.0
    )
    if comparison.verdict == WITHIN:
        return (
            f"{run} replays within the relative tolerance {comparison.tolerance:g} (largest {worst:.3g}){but}"
        )
    first = comparison.first
    if first is None:
        unlike = next(part for part in comparison.parts if part.verdict == DIFFERS)
        return f"{run} does NOT replay: {unlike.what} {unlike.name} differs".replace("  ", " ")
    return (
        f"{run} does NOT replay: it parts at step {first.step} of {first.name}, "
        f"recorded {first.recorded}, replayed {first.replayed}"
    )


def _points(count: int) -> str:
    return f"{count} point{'' if count == 1 else 's'}"


def _verdict(part: Part) -> str:
    size = "" if part.difference is None else f" (relative {part.difference:.3g})"
    if part.verdict == SAME:
        return SAME
    if part.verdict == WITHIN:
        return f"{WITHIN}{size}"
    at = "" if part.step is None else f" from step {part.step}"
    return f"{part.verdict}{at}: recorded {part.recorded}, replayed {part.replayed}{size}"


def as_json(
    plan: Plan, packages: Sequence[Package], comparison: Comparison, run_id: int | None, digest: str | None
) -> str:
    """All of it for programs; an infinite difference is null."""
    content = {
        "run": plan.run.id,
        "experiment": plan.run.experiment,
        "digest": plan.content.digest,
        "verdict": comparison.verdict,
        "tolerance": comparison.tolerance,
        "summary": summary(plan, comparison),
        "parts": [_json_part(part) for part in comparison.parts],
        "packages": [{**asdict(package), "same": package.same} for package in packages],
        "commits": list(plan.commits),
        "lacks": list(plan.lacks),
        "reasons": [] if comparison.verdict == SAME else reasons(plan, packages),
        "sources": [{"name": s.name, "sha256": s.sha256, "proved": s.proved} for s in plan.sources],
        "replay": None if run_id is None else {"run": run_id, "digest": digest},
    }
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False)


def _json_part(part: Part) -> dict[str, object]:
    finite = part.difference is not None and part.difference < float("inf")
    return {**asdict(part), "difference": part.difference if finite else None}


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns; the last one as long as it is."""
    if not rows:
        return []
    short = [[printable(cell[:_LONGEST_CELL]) for cell in row[:-1]] for row in rows]
    wide = [max(map(len, column)) for column in zip(*short, strict=True)]
    return [
        "  " + "  ".join([*(f"{cell:<{width}}" for cell, width in zip(cells, wide, strict=True)), row[-1]])
        for cells, row in zip(short, rows, strict=True)
    ]


def _printable(lines: Iterable[str]) -> str:
    return "\n".join(printable(line) for line in lines)
