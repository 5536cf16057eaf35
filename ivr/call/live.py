"""The calls that run in this process, and the last ones that ended here."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from ivr.call.memory import CallMemory

if TYPE_CHECKING:
    from ivr.call.session import CallSession

ENDED_KEPT = 1000


class LiveCalls:
    """Finds sessions by CallSid, and what is left of those that ended."""

    def __init__(self) -> None:
        self._sessions: dict[str, CallSession] = {}
        self._ended: OrderedDict[str, CallMemory] = OrderedDict()

    def __len__(self) -> int:
        """How many calls run."""
        return len(self._sessions)

    def add(self, session: "CallSession") -> None:
        """A call began, or began anew on a second stream."""
        self._sessions[session.call_sid] = session

    def remove(self, session: "CallSession") -> None:
        """A call ended; what it knew is remembered for a while."""
        if self._sessions.get(session.call_sid) is session:
            del self._sessions[session.call_sid]
        self._ended[session.call_sid] = session.memory
        self._ended.move_to_end(session.call_sid)
        while len(self._ended) > ENDED_KEPT:
            self._ended.popitem(last=False)

    def session(self, call_sid: str) -> "CallSession | None":
        """The running session of a call, if it runs here."""
        return self._sessions.get(call_sid)

    def memory(self, call_sid: str) -> CallMemory | None:
        """What is known of a call that runs or ended here."""
        session = self._sessions.get(call_sid)
        return session.memory if session is not None else self._ended.get(call_sid)
