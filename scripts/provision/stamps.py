"""What is remembered between two set-ups, and the lock that keeps them apart."""

import asyncio
import fcntl
import hashlib
import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

_LOCK_POLL_S = 0.2
_POLLS_TO_A_WORD = 75  # 15 s


def digest(*parts: str | Path) -> str:
    """A hash of texts and of files' contents; a folder counts with every file's name and content.

    Raises:
        OSError: a file is missing or cannot be read.
    """
    state = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            _add(state.update, b"text", part.encode())
            continue
        for path in _files(part):
            _add(state.update, b"file", path.relative_to(part.parent).as_posix().encode())
            _add(state.update, b"data", path.read_bytes())
    return state.hexdigest()


def _add(update: Callable[[bytes], None], kind: bytes, data: bytes) -> None:
    # With the length in front, no two lists of parts make the same bytes.
    update(b"%s %d " % (kind, len(data)))
    update(data)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for below in sorted(path.rglob("*")):
        if below.is_file() and "__pycache__" not in below.parts:
            yield below


class Stamps:
    """One small file for each finished step: the fingerprint of what it was made from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> str | None:
        """The fingerprint of the last time the step was finished; None when it is not."""
        try:
            return (self._folder / name).read_text().strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def write(self, name: str, fingerprint: str) -> None:
        """Remembers the step as finished; a crash leaves the old stamp or the new one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        half = self._folder / f".{name}.new"
        half.write_text(fingerprint + "\n")
        half.replace(self._folder / name)

    def forget(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)


@asynccontextmanager
async def only_one(path: Path, waiting: Callable[[str], None]) -> AsyncIterator[int]:
    """Holds the set-up's lock; while another holds it, says so every 15 s and waits.

    The kernel drops the lock when its last holder ends, so none is ever stale. The descriptor that
    is yielded is for the commands of the set-up to inherit: should the set-up be killed, the lock
    stays until its last command has ended too, and no two commands write the same folder.

    Args:
        path: the lock file; it holds the process id of the holder.
        waiting: called with the holder's process id at the start of a wait and every 15 s.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        polls = itertools.count()
        while not _try(descriptor):
            if next(polls) % _POLLS_TO_A_WORD == 0:
                waiting(path.read_text().strip() or "unknown")
            await asyncio.sleep(_LOCK_POLL_S)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
