"""Writes down what happens in a call, turn by turn."""

from collections.abc import Callable
from dataclasses import replace

from dialog.types import Reply, Turn, Who
from dialog.verification import VerificationState, VerificationStatus
from ivr.call.record import CallRecord, CustomerNote
from ivr.call.store import RecordKeeper


class Logbook:
    """Keeps one call's record current and has it stored."""

    def __init__(
        self,
        record: CallRecord,
        keeper: RecordKeeper,
        clock: Callable[[], float],
        began_s: float,
    ) -> None:
        """`began_s`: what the clock showed when the call began."""
        self.record = record
        self._keeper = keeper
        self._clock = clock
        self._began_s = began_s

    def caller_said(self, text: str) -> None:
        """A turn of the caller, in words that may be shown."""
        self._add(Who.CALLER, text, heard_ms=None)

    def line_says(self, text: str) -> None:
        """A turn of the assistant begins; nothing of it has been heard yet."""
        self._add(Who.ASSISTANT, " ".join(text.split()), heard_ms=0)

    def line_was_heard(self, heard_ms: int) -> None:
        """How much of the newest assistant turn was played."""
        self._change(self.newest(Who.ASSISTANT), heard_ms=heard_ms)

    def understood(self, reply: Reply) -> None:
        """What the engine made of the newest turn, if the caller spoke it."""
        at = len(self.record.turns) - 1
        if at >= 0 and self.record.turns[at].who is Who.CALLER:
            self._change(at, intent=reply.intent, confidence=reply.confidence)

    def verification(self, state: VerificationState) -> None:
        """Where verification stands."""
        self.record.failed_tries = state.tries
        if state.account_number is not None:
            self.record.values["account_number"] = state.account_number
        if state.status is VerificationStatus.VERIFIED:
            self.record.customer = CustomerNote(
                id=state.customer_id, verified=True, method=state.method
            )

    def newest(self, who: Who) -> int:
        """Index of the newest turn of this speaker; -1 when there is none."""
        turns = self.record.turns
        return next((i for i in range(len(turns) - 1, -1, -1) if turns[i].who is who), -1)

    def _add(self, who: Who, text: str, *, heard_ms: int | None) -> None:
        at_ms = round((self._clock() - self._began_s) * 1000)
        self.record.turns.append(Turn(who=who, text=text, at_ms=at_ms, heard_ms=heard_ms))
        self._keeper.changed()

    def _change(self, at: int, **fields: object) -> None:
        self.record.turns[at] = replace(self.record.turns[at], **fields)  # type: ignore[arg-type] # fields of Turn
        self._keeper.changed()
