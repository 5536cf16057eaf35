"""Clauses that were spoken before, as mu-law: in memory, and on disk those that never change."""

import contextlib
import hashlib
import os
import tempfile
import zlib
from collections import OrderedDict
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)

DEFAULT_LIMIT_BYTES = 64 << 20
"""About two hours of speech."""
_CHECK_BYTES = 4


class PromptCache:
    """Sounds by clause, for one voice.

    Only sounds that are put with `keep` go to disk: prompts that are the same for everybody. What
    was said to one caller (a balance, an account number) stays in memory.
    """

    def __init__(self, folder: Path | None, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        """Begin with an empty memory.

        Args:
            folder: where kept sounds lie, one folder for each voice; None keeps nothing.
            limit_bytes: bound of the memory; what was used longest ago goes first.
        """
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._sounds: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def get(self, clause: str) -> bytes | None:
        """The sound of a clause, from memory or else from disk."""
        if (sound := self._sounds.get(clause)) is not None:
            self._sounds.move_to_end(clause)
            return sound
        sound = self._load(clause)
        if sound is not None:
            self._remember(clause, sound)
        return sound

    def put(self, clause: str, sound: bytes, *, keep: bool = False) -> None:
        """Store a sound; a disk that is full or read-only costs only the copy on it."""
        self._remember(clause, sound)
        if keep:
            self._save(clause, sound)

    def is_kept(self, clause: str) -> bool:
        """Whether the disk has the clause."""
        return self._folder is not None and self._path(self._folder, clause).is_file()

    def _remember(self, clause: str, sound: bytes) -> None:
        self._bytes += len(sound) - len(self._sounds.pop(clause, b""))
        self._sounds[clause] = sound
        while self._bytes > self._limit_bytes:
            _, dropped = self._sounds.popitem(last=False)
            self._bytes -= len(dropped)

    def _path(self, folder: Path, clause: str) -> Path:
        return folder / f"{hashlib.sha256(clause.encode()).hexdigest()[:32]}.ulaw"

    def _load(self, clause: str) -> bytes | None:
        if self._folder is None:
            return None
        path = self._path(self._folder, clause)
        try:
            stored = path.read_bytes()
        except OSError:
            return None
        check, sound = stored[:_CHECK_BYTES], stored[_CHECK_BYTES:]
        if zlib.crc32(sound).to_bytes(_CHECK_BYTES) != check:
            _log.warning("a damaged prompt is made again", file=path.name)
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        return sound

    def _save(self, clause: str, sound: bytes) -> None:
        """Write beside the place and rename: a half-written file never has the name."""
        if self._folder is None:
            return
        scratch = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, scratch = tempfile.mkstemp(dir=self._folder, prefix=".new-")
            with os.fdopen(handle, "wb") as out:
                out.write(zlib.crc32(sound).to_bytes(_CHECK_BYTES) + sound)
            Path(scratch).replace(self._path(self._folder, clause))
        except OSError as error:
            _log.warning("a prompt could not be kept on disk", error=error.strerror)
            if scratch is not None:
                Path(scratch).unlink(missing_ok=True)
