"""A process of the stack: started, watched, started again when it dies, ended with the stack."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

RESTART_AFTER_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses before a process is started again, the longer the more often it died in a row."""

HEALTHY_S = 60.0
"""A process that lived so long did not die "in a row" with an earlier death."""


class ChildFailed(Exception):
    """A process did not come up; the text says which, and where its log is."""


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Whether the port can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104  # asks about every interface
        except OSError:
            return False
        return True


@dataclass(slots=True, kw_only=True)
class Child:
    """One process.

    Attributes:
        name: what people call it.
        argv: its command.
        log_path: where its output goes.
        ready: tells whether it does its work yet.
        ready_s: how long that may take.
        stop_s: how long it may take to end after SIGTERM before it is killed.
        env: added to this process's environment.
        clock: seconds, monotonic.
    """

    name: str
    argv: Sequence[str]
    log_path: Path
    ready: Callable[[], Awaitable[bool]]
    ready_s: float = 60.0
    stop_s: float = 10.0
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    clock: Callable[[], float] = time.monotonic
    _process: asyncio.subprocess.Process | None = None
    _watch: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start it, wait until it is ready, and from then on start it again whenever it dies.

        Raises:
            ChildFailed: it ended, or was not ready in time.
        """
        try:
            await self._spawn()
        except OSError as error:
            raise ChildFailed(f"{self.name} cannot be started: {error}") from error
        try:
            async with asyncio.timeout(self.ready_s):
                while not await self.ready():
                    if self.pid is None:
                        raise ChildFailed(
                            f"{self.name} ended at once: see {self.log_path}{self._last_words()}"
                        )
                    await asyncio.sleep(0.2)
        except TimeoutError as error:
            await self.stop()
            raise ChildFailed(
                f"{self.name} was not ready after {self.ready_s:.0f} s: see {self.log_path}"
            ) from error
        self._watch = asyncio.create_task(self._keep_running(), name=f"watch {self.name}")

    async def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL if that does not help."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        if self._process is None or self._process.returncode is not None:
            return
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self.stop_s):
                await self._process.wait()
        except TimeoutError:
            log.warning("child_killed", child=self.name)
            self._signal(signal.SIGKILL)
            await self._process.wait()

    def hurry(self) -> None:
        """Tell it once more to end: what it is still waiting for is not worth the time."""
        if self.pid is not None:
            self._signal(signal.SIGTERM)

    def _last_words(self) -> str:
        lines = self.log_path.read_text(errors="replace").splitlines()
        return f"; it ends with: {lines[-1].strip()}" if lines else ""

    async def _spawn(self) -> None:
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ivr.run.tethered", *self.argv),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self.env},
                cwd=self.cwd,
                # Ctrl-C in the terminal is for the stack, which ends its parts in order.
                start_new_session=True,
            )

    async def _keep_running(self) -> None:
        deaths = 0
        while self._process is not None:
            born = self.clock()
            code = await self._process.wait()
            deaths = 0 if self.clock() - born > HEALTHY_S else deaths
            spawned = False
            while not spawned:
                pause_s = RESTART_AFTER_S[min(deaths, len(RESTART_AFTER_S) - 1)]
                log.error("child_died", child=self.name, code=code, restart_in_s=pause_s)
                deaths += 1
                await asyncio.sleep(pause_s)
                spawned = await self._spawned()

    async def _spawned(self) -> bool:
        try:
            await self._spawn()
        except OSError as error:  # no memory, no room for its log: that can pass
            log.error("child_not_started", child=self.name, error=error.strerror)
            return False
        return True

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
