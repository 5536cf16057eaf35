"""Progress: live lines on a terminal, plain lines elsewhere."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TextIO

_HEARTBEAT_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A step that runs now."""

    name: str
    elapsed_s: float
    doing: str
    """The last line of its log."""


class Display(Protocol):
    """Where progress is shown."""

    def note(self, text: str) -> None:
        """Shows a line that stays."""

    def show(self, running: Sequence[Running]) -> None:
        """Shows what runs now; called several times a second, and with nothing at the end."""


class PlainDisplay:
    """For logs: a line for each event, and a sign of life about every 15 s."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._beats = 0

    def note(self, text: str) -> None:
        print(f"setup: {text}", file=self._out, flush=True)

    def show(self, running: Sequence[Running]) -> None:
        beats = int(max((step.elapsed_s for step in running), default=0) // _HEARTBEAT_S)
        if beats > self._beats:
            self.note("still at " + ", ".join(f"{s.name} ({s.elapsed_s:.0f} s)" for s in running))
        self._beats = beats


class LiveDisplay:
    """For a terminal: one line for each running step, drawn over and over."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._drawn = 0

    def note(self, text: str) -> None:
        self._wipe()
        print(f"setup: {text}", file=self._out, flush=True)

    def show(self, running: Sequence[Running]) -> None:
        self._wipe()
        # One column stays free: a line that reaches the edge would wrap and could not be wiped.
        width = shutil.get_terminal_size().columns - 1
        for step in running:
            doing = "".join(c if c.isprintable() else " " for c in step.doing).strip()
            line = f"  {step.name:<14}{step.elapsed_s:4.0f} s  {doing}"
            print(line[:width], file=self._out)
        self._drawn = len(running)
        self._out.flush()

    def _wipe(self) -> None:
        # Up to the first drawn line, then erase to the end of the screen.
        if self._drawn:
            self._out.write(f"\x1b[{self._drawn}F\x1b[J")
        self._drawn = 0


def display_for(out: TextIO, terminal: str) -> Display:
    """The display that suits the output; `terminal` is the value of TERM."""
    if out.isatty() and terminal not in ("", "dumb"):
        return LiveDisplay(out)
    return PlainDisplay(out)
