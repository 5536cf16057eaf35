"""Where the time of an answer goes."""

from collections.abc import Callable

from ivr.call.record import TurnLatency


class Stopwatch:
    """Times one answer: started at the end of the caller's turn, stopped at the first sound."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started_s: float | None = None
        self._lap_s = 0.0
        self._end_of_turn_ms = 0
        self._laps_ms: dict[str, int] = {}

    def start(self, *, end_of_turn_ms: int, at: float | None = None) -> None:
        """Begin at the end of a turn (now, unless `at` says when); its silence counts too."""
        self._started_s = self._lap_s = self._clock() if at is None else at
        self._end_of_turn_ms = end_of_turn_ms
        self._laps_ms = {}

    def lap(self, stage: str) -> None:
        """Note that a stage is done."""
        now = self._clock()
        self._laps_ms[stage] = round((now - self._lap_s) * 1000)
        self._lap_s = now

    def stop(self, *, turn: int) -> TurnLatency | None:
        """The latency, once; None when nothing was being timed."""
        if self._started_s is None:
            return None
        self.lap("synthesise")
        waited_ms = round((self._lap_s - self._started_s) * 1000)
        self._started_s = None
        return TurnLatency(
            turn=turn,
            end_of_turn=self._end_of_turn_ms,
            recognise=self._laps_ms.get("recognise", 0),
            dialogue=self._laps_ms.get("dialogue", 0),
            synthesise=self._laps_ms["synthesise"],
            total=self._end_of_turn_ms + waited_ms,
        )
