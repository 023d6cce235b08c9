"""A replay as a run of its own, with the run that it repeats as its parent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from figproof.content import run_content
from figproof.errors import FigproofError
from figproof.record.replayed import ReplayRecord, write_replay
from figproof.replay.comparing import Comparison
from figproof.replay.outcome import Outcome
from figproof.replay.plan import Plan
from figproof.store.reader import read_artifact, read_run

if TYPE_CHECKING:
    from figproof.store import Store


def store_replay(store: Store, plan: Plan, outcome: Outcome, comparison: Comparison) -> tuple[int, str]:
    """Write the replay, then read it back as any run is read.

    ``info.figproof.replay`` names the parent by id, experiment and digest, and says how the comparison
    ended; ``meta.comment`` says it to people. Selections leave such runs out.

    Returns
    -------
    tuple of (int, str)
        Id and digest of the replay; a replay that is the same bit for bit has the parent's digest.

    Raises
    ------
    FigproofError
        The store does not hold what was written.
    """
    parent = {"id": plan.run.id, "experiment": plan.run.experiment, "digest": plan.content.digest}
    about = outcome.info.get("figproof")
    replay = {**parent, "verdict": comparison.verdict, "tolerance": comparison.tolerance}
    info = {**outcome.info, "figproof": {**(about if isinstance(about, dict) else {}), "replay": replay}}
    run_id = write_replay(
        store,
        ReplayRecord(
            experiment={
                "name": plan.run.experiment,
                "mainfile": plan.main,
                "dependencies": list(outcome.dependencies),
                "sources": [(source.name, source.file_id) for source in plan.sources],
            },
            command=plan.command,
            comment=f"replay of run {plan.run.id}: {comparison.verdict}",
            config=outcome.config,
            result=outcome.result,
            info=info,
            host=outcome.host,
            metrics={
                name: (series.steps.tolist(), series.values.tolist(), series.times.tolist())
                for name, series in outcome.metrics.items()
            },
            artifacts=outcome.artifacts,
            captured_out=outcome.captured_out,
            start=outcome.start,
            stop=outcome.stop,
        ),
    )
    try:
        content = run_content(read_run(store, run_id), lambda a: read_artifact(store, a))
    except FigproofError as error:
        raise FigproofError(f"the replay is stored as run {run_id} and is not whole: {error}") from error
    return run_id, content.digest
