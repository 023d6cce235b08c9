"""What an experiment may use: the recorder, the entry point, data sets, earlier runs.

An experiment is one file::

    from figproof import record
    from figproof.record import Declared, Experiment, Recorder

    ex = Experiment("name_of_the_file", save_git_info=record.has_git(__file__))
    METRICS = {"train.loss": Declared("nat", points=10)}      # or a function of the config

    @ex.main
    def main(_run, seed):
        recorder = Recorder(_run, METRICS)
        ...
        recorder.scalars(epoch, {"train.loss": loss})

    if __name__ == "__main__":
        record.main(ex)
"""

import warnings

# Sacred 0.8.7 warns at each start about its own import; nobody who reads it can do anything.
warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)

from sacred import Experiment  # noqa: E402

from figproof.declare import Declared  # noqa: E402
from figproof.record.progress import Progress  # noqa: E402
from figproof.record.recorder import Recorder  # noqa: E402
from figproof.record.resumable import resumable  # noqa: E402
from figproof.record.session import has_git, main  # noqa: E402
from figproof.record.source import SourceRun, source_run  # noqa: E402

__all__ = [
    "Declared",
    "Experiment",
    "Progress",
    "Recorder",
    "SourceRun",
    "has_git",
    "main",
    "resumable",
    "source_run",
]
