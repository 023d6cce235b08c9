"""The two sides of a review: what a project was made of and what was built, then and now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from figproof.approvals import parse_approved
from figproof.canonical import digest_bytes
from figproof.errors import FigproofError
from figproof.project import Project
from figproof.proof.bundling import read_bundle
from figproof.proof.git import ask_git, commit_of
from figproof.proof.inputs import own_files
from figproof.proof.kept import kept
from figproof.proof.rebuilding import built_files

_OWN = ("config", "figures", "styles", "requirements.lock", "figures.lock")
_RESULTS = "results/"
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Side:
    """One side.

    Attributes
    ----------
    name : str
        For people.
    inputs : mapping of str to bytes
        Specs, pins, selections, conditions, kinds, sheets and locks, by path.
    built : mapping of str to bytes
        Figures and numbers, by path below ``results``.
    approved : mapping of str to str
        Path below ``results`` -> SHA-256, as this side's ``figures.lock`` says.
    away : tuple of str
        Built files that were approved, and whose bytes are not at hand.
    """

    name: str
    inputs: Mapping[str, bytes]
    built: Mapping[str, bytes]
    approved: Mapping[str, str] = field(default_factory=dict)
    away: tuple[str, ...] = ()


def work_tree(project: Project) -> Side:
    """What lies in the project now."""
    inputs = {name: path.read_bytes() for name, path in own_files(project).items()}
    return Side("this work tree", inputs, built_files(project), _approved(inputs, "figures.lock"))


def side_at(project: Project, revision: str) -> Side:
    """What a commit says, with the built files that its ``figures.lock`` approves.

    Results are not in git. They are taken by their digests: from the copies that ``figproof approve``
    keeps on this machine, or from ``results`` where they have not changed.

    Raises
    ------
    FigproofError
        No such commit, no repository, or a lock that is damaged.
    """
    commit = commit_of(project.root, revision)
    listed = ask_git(project.root, "ls-tree", "-r", "-z", "--name-only", commit, "--", *_OWN)
    names = [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]
    inputs = {name: ask_git(project.root, "show", f"{commit}:./{name}") for name in sorted(names)}
    approved = _approved(inputs, f"{revision}: figures.lock")
    there = {digest_bytes(content): content for content in built_files(project).values()}
    found = {name: there.get(digest) or kept(project, digest) for name, digest in sorted(approved.items())}
    built = {name: content for name, content in found.items() if content is not None}
    away = tuple(name for name, content in found.items() if content is None)
    return Side(f"{revision} ({commit[:12]})", inputs, built, approved, away)


def side_from(path: Path) -> Side:
    """What a bundle, or the folder of another checkout with its ``results``, holds.

    Raises
    ------
    FigproofError
        Neither of them.
    """
    if path.is_dir():
        project = Project(path)
        if not project.config_file.is_file():
            raise FigproofError("is no project: it has no config/config.yaml", where=str(path))
        side = work_tree(project)
        return Side(f"folder {path.name}", side.inputs, side.built, side.approved)
    members = read_bundle(path).members
    inputs = {name: content for name, content in members.items() if name.partition("/")[0] in _OWN}
    built = {
        name.removeprefix(_RESULTS): content
        for name, content in members.items()
        if name.startswith(_RESULTS) and not name.startswith("results/snapshots/")
    }
    return Side(f"bundle {path.name}", inputs, built, _approved(inputs, f"{path}: figures.lock"))


def _approved(inputs: Mapping[str, bytes], where: str) -> dict[str, str]:
    content = inputs.get("figures.lock")
    if content is None:
        return {}
    try:
        approved = parse_approved(content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FigproofError(f"is damaged ({error})", where=where, hint="restore it from git") from error
    # A digest becomes a path where copies are kept.
    return {name: digest for name, digest in approved.items() if _DIGEST.fullmatch(digest)}
