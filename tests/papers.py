"""A paper of two figures from runs in a real store: small enough to be built in two seconds."""

from __future__ import annotations

import datetime
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from figproof.declare import Declared, to_info
from figproof.deriving import derive_figure
from figproof.drawing import draw_figure, write_texts
from figproof.files import write_atomic
from figproof.index import write_index
from figproof.lint.project import lint_figure
from figproof.lint.show import shown
from figproof.paper import write_paper
from figproof.pins import answer, write_pin
from figproof.project import Project
from figproof.proof.made import remember_drawn, remember_written
from figproof.snapshot import take_snapshot
from figproof.store import Store

START = datetime.datetime(2026, 1, 2, 3, 4, 5)
CURVES = "kind: loss_curves\npin: optimizers\nheight_in: 2.2\nparams:\n  metrics: [train.loss]\n"
TABLE = """\
kind: results_table
pin: optimizers
height_in: 1.0
params:
  columns:
    - {metric: train.loss, label: Loss, better: lower}
"""
SELECTION = "experiment: digits_softmax\ngroup_by: [config.optimizer]\nseeds: 2\n"
RUNS = ((1, "sgd", 1), (2, "sgd", 2), (3, "momentum", 1), (4, "momentum", 2))
LOSSES = (2.5, 2.0, 1.5)


def put_run(store: Store, run_id: int, optimizer: str, seed: int, losses: Any = LOSSES) -> None:
    """Record a run as Sacred would; its losses are shifted by its id."""
    values = [loss + run_id / 100 for loss in losses]
    document = {
        "_id": run_id,
        "experiment": {"name": "digits_softmax"},
        "status": "COMPLETED",
        "config": {"seed": seed, "optimizer": optimizer},
        "info": {"figproof": {"metrics": to_info({"train.loss": Declared("nat", len(values))})}},
        "result": values[-1],
        "start_time": START,
        "stop_time": START,
        "heartbeat": START,
        "artifacts": [],
    }
    times = [START] * len(values)
    metric = {"steps": list(range(len(values))), "values": values, "timestamps": times}
    store.metrics.insert_one({"run_id": run_id, "name": "train.loss", **metric})
    store.runs.insert_one(document)


def lay_paper(root: Path) -> Project:
    """A paper's repository with a figure of curves and a table; no run, no pin."""
    write_paper(root, "icml2025", example=True)
    project = Project(root)
    (project.figure_specs / "optimizers_loss.yaml").unlink()
    (project.figure_specs / "curves.yaml").write_text(CURVES)
    (project.figure_specs / "table.yaml").write_text(TABLE)
    (project.selections / "optimizers.yaml").write_text(SELECTION)
    return project


def pin_and_snapshot(project: Project, store: Store) -> None:
    """Freeze the selection's answer and copy its runs out of the store."""
    write_pin(project, "optimizers", answer(project, store, "optimizers"))
    take_snapshot(project, "optimizers", lambda: nullcontext(store), lambda line: None)


def build(project: Project, *figures: str) -> None:
    """The steps after the snapshot, in this process."""
    for figure in figures or ("curves", "table"):
        derive_figure(project, figure)
        draw_figure(project, figure)
        remember_drawn(project, figure)
        if figure == "table":
            write_texts(project, figure)
            remember_written(project, figure)
        report = shown(lint_figure(project, figure), "json")
        write_atomic(project.lint_file(figure), report.encode())
    write_index(project)
