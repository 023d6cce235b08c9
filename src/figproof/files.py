"""Reading of at most so much; writing that leaves the old file or the new one whole, never a part."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from figproof.errors import FigproofError

_LEFTOVER_AGE_S = 3600.0


def read_bounded(path: Path, max_bytes: int, where: str) -> bytes:
    """The bytes of a file that may be anything; ``where`` names it in an error.

    Raises
    ------
    FigproofError
        The file cannot be read or holds more than ``max_bytes``.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as error:
        raise FigproofError(f"cannot be read: {error.strerror or error}", where=where) from error
    if len(content) > max_bytes:
        raise FigproofError(f"is larger than {max_bytes} bytes", where=where)
    return content


def write_atomic(path: Path, content: bytes) -> None:
    """Write aside in the same folder, flush to disk, then rename over the target.

    Raises
    ------
    FigproofError
        The folder cannot be written or the disk is full; the previous file is untouched.
    """
    write_together({path: content})


def write_proved(path: Path, content: bytes) -> None:
    """As :func:`write_atomic`, for a file whose digest is compared at every reading.

    It is not flushed to the disk: what a power cut damages is found and fetched again, and thousands
    of small files would wait for the disk one by one.

    Raises
    ------
    FigproofError
        As for :func:`write_atomic`.
    """
    _write({path: content}, durable=False)


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write several files; none takes its place before all of them are on the disk.

    Raises
    ------
    FigproofError
        As for :func:`write_atomic`; all previous files are untouched.
    """
    _write(contents, durable=True)


def _write(contents: Mapping[Path, bytes], *, durable: bool) -> None:
    staged: list[tuple[Path, Path]] = []
    target = None
    try:
        for target, content in contents.items():
            staged.append((_stage(target, content, durable), target))
        for temporary, target in staged:
            temporary.replace(target)
    except OSError as error:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)
        raise FigproofError(
            f"cannot write: {error.strerror or error}",
            where=str(target),
            hint="free space or make the folder writable, then run the same command again; "
            "the previous files are untouched",
        ) from error


def _stage(path: Path, content: bytes, durable: bool) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        # mkstemp makes 0600; what the umask allows is what other tools of the user would have made.
        Path(name).chmod(0o666 & ~_umask())
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Give a new empty folder that takes ``target``'s place when the block ends well.

    Raises
    ------
    FigproofError
        The new folder cannot be written or moved; the previous folder is untouched.
    """
    fresh: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        fresh.chmod(0o777 & ~_umask())
        yield fresh
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
            target.rename(old / "old")
            try:
                fresh.rename(target)
            except OSError:
                (old / "old").rename(target)
                raise
            finally:
                shutil.rmtree(old, ignore_errors=True)
        else:
            fresh.rename(target)
    except OSError as error:
        raise FigproofError(
            f"cannot write: {error.strerror or error}",
            where=str(target),
            hint="free space or make the folder writable, then run the same command again",
        ) from error
    finally:
        if fresh is not None and fresh.exists():
            shutil.rmtree(fresh, ignore_errors=True)


def sweep_leftovers(folder: Path, now_s: float) -> None:
    """Remove what killed processes left aside: hidden files and folders that are an hour old."""
    for path in sorted(folder.glob(".*")):
        if now_s - path.lstat().st_mtime < _LEFTOVER_AGE_S:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
