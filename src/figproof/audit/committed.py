"""Runs that pins in git name: a branch or a tag that is not checked out may be a paper's."""

from __future__ import annotations

import json

from figproof.errors import FigproofError
from figproof.project import Project
from figproof.proof.git import ask_git, is_repository


def committed_pins(project: Project) -> dict[int, str]:
    """Run id -> a pin that names it, and where: of what is checked out, and of every branch and tag.

    Empty outside a git repository.

    Raises
    ------
    FigproofError
        git refuses, or a committed pin cannot be read, so that nobody knows which runs it names.
    """
    if not is_repository(project.root):
        return {}
    listed = ask_git(
        project.root, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags", "refs/remotes"
    )
    found: dict[int, str] = {}
    known: dict[str, list[int]] = {}
    for reference in ["HEAD", *listed.decode("utf-8", "surrogateescape").split()]:
        for blob, path in _pins_at(project, reference):
            where = f"{path} in {reference.removeprefix('refs/heads/').removeprefix('refs/')}"
            if blob not in known:
                known[blob] = _runs_of(ask_git(project.root, "cat-file", "blob", blob), where)
            for run_id in known[blob]:
                found.setdefault(run_id, where)
    return found


def _pins_at(project: Project, reference: str) -> list[tuple[str, str]]:
    """Blob and path of each pin; none for a repository without a commit, or a tag of something else."""
    folder = project.relative(project.pins)
    try:
        commit = ask_git(project.root, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}").strip()
    except FigproofError:
        return []
    listed = ask_git(project.root, "ls-tree", "-z", commit.decode(), "--", f"{folder}/")
    entries = [entry for entry in listed.decode("utf-8", "surrogateescape").split("\0") if entry]
    found = [(about.split()[2], path) for about, _, path in (entry.partition("\t") for entry in entries)]
    return [(blob, path) for blob, path in found if path.endswith(".json")]


def _runs_of(content: bytes, where: str) -> list[int]:
    try:
        return [int(run["id"]) for run in json.loads(content)["runs"]]
    except (ValueError, KeyError, TypeError) as error:
        problem = f"is no pin ({type(error).__name__}), so the runs that it names are not known"
        raise FigproofError(problem, where=where, hint="commit a pin that can be read") from error
