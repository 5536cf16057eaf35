"""The commands of one step: logged, and ended together with all they started."""

import asyncio
import os
import re
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_GRACE_S = 10.0
_TAIL_BYTES = 16_384
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class StepFailed(Exception):
    """A step could not be done.

    Attributes:
        advice: one sentence on what to do next.
        step: the step's name; empty until the step is known.
    """

    def __init__(self, reason: str, *, advice: str, step: str = "") -> None:
        super().__init__(reason)
        self.advice = advice
        self.step = step


class Job:
    """Runs a step's commands, one after the other, with their output in the step's log."""

    def __init__(
        self, *, log: Path, folder: Path, environ: Mapping[str, str], advice: str, keep_open: int
    ) -> None:
        """Args:
        log: the file for the commands' output; it starts empty.
        folder: where commands run unless told otherwise.
        environ: the environment of the commands.
        advice: what to do when a command fails, in one sentence.
        keep_open: the lock's descriptor, which the commands inherit.
        """
        self.environ = dict(environ)
        self._log = log
        self._folder = folder
        self._advice = advice
        self._keep_open = keep_open
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")

    async def run(self, *command: str | Path, folder: Path | None = None) -> None:
        """Runs a command to its end.

        Raises:
            StepFailed: it ended with another code than 0.
        """
        code, _ = await self._run(command, folder or self._folder, capture=False)
        if code:
            name = Path(command[0]).name
            end = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
            raise StepFailed(f"{name} {end}", advice=self._advice)

    async def output(self, *command: str | Path) -> str | None:
        """What a command printed; None when it ended with another code than 0."""
        code, text = await self._run(command, self._folder, capture=True)
        return None if code else text

    def tail(self, lines: int) -> list[str]:
        """The last lines of the log that are not blank."""
        return tail(self._log, lines)

    async def _run(
        self, command: tuple[str | Path, ...], folder: Path, *, capture: bool
    ) -> tuple[int, str]:
        with self._log.open("ab") as log:
            log.write(f"$ {' '.join(map(str, command))}\n".encode())
            log.flush()
            # A session of its own: Ctrl-C reaches only the set-up, which then ends the whole group.
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env=self.environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if capture else log,
                stderr=log,
                start_new_session=True,
                pass_fds=(self._keep_open,),
            )
        try:
            printed, _ = await process.communicate()
        except asyncio.CancelledError:
            await _end(process)
            raise
        return process.returncode or 0, (printed or b"").decode(errors="replace").strip()


def tail(log: Path, lines: int) -> list[str]:
    """A log's last lines that are not blank, without colours; of a progress bar, its last state."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    kept = (line.rstrip().rpartition("\r")[2] for line in _COLOUR.sub("", text).split("\n"))
    return [line for line in kept if line.strip()][-lines:]


async def _end(process: asyncio.subprocess.Process) -> None:
    """Asks the process and all it started to end; those that have not after 10 s are killed."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _GRACE_S)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
