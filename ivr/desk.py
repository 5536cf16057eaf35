"""Answers Twilio's questions about a call: begin, go on after the stream, wait, end."""

import asyncio

import structlog

from handoff.rules import Escalation, Reason
from ivr.call import prompts
from ivr.call.handover import HandOver
from ivr.call.live import LiveCalls
from ivr.call.record import CallRecord
from ivr.call.store import CallStore, CallStoreUnavailable
from telephony.ports import (
    CallStatus,
    Converse,
    End,
    IncomingCall,
    NextStep,
    SpokenEnd,
    ToQueue,
)

log = structlog.get_logger(__name__)

SESSION_END_S = 3.0
"""How long the next step may wait for the session to put its affairs in order."""

MAX_STREAMS = 3
"""A call whose stream drops this often goes to a person instead of being resumed again."""

FROM_PARAMETER = "from"


class IvrDesk:
    """Decides for telephony; every decision follows from the call's record."""

    def __init__(
        self,
        *,
        live: LiveCalls,
        store: CallStore,
        handover: HandOver,
        queue: str,
        max_calls: int,
    ) -> None:
        self._live = live
        self._store = store
        self._handover = handover
        self._queue = queue
        self._max_calls = max_calls

    async def incoming(self, call: IncomingCall) -> NextStep:
        """A call rings: the assistant takes it unless this process is full."""
        if len(self._live) >= self._max_calls:
            log.warning("call_refused_full", call_sid=call.call_sid, active=len(self._live))
            return SpokenEnd(text=prompts.TOO_BUSY)
        return Converse(parameters={FROM_PARAMETER: call.from_number})

    async def stream_ended(self, call_sid: str) -> NextStep:
        """The stream is over: to the queue, to an end, or on with a call that was cut off."""
        session = self._live.session(call_sid)
        if session is not None:
            try:
                async with asyncio.timeout(SESSION_END_S):
                    await session.ended.wait()
            except TimeoutError:
                log.warning("session_slow_to_end", call_sid=call_sid)
        record = await self._record(call_sid)
        if record is None:
            return ToQueue(queue=self._queue, text=prompts.NO_STREAM)
        match record.outcome:
            case "transferred":
                return ToQueue(queue=self._queue, text=record.unsaid or "")
            case "completed" | "no_input" | "caller_hung_up" | "nobody_there":
                return SpokenEnd(text=record.unsaid) if record.unsaid else End()
            case "failed" | None:
                return await self._recover(record)

    async def queue_left(self, call_sid: str, result: str) -> NextStep:
        """The caller waits no longer: spoken with, gone, or turned away by the queue."""
        await self._leave_queue(call_sid)
        await self._store.announce("queue_left", call_sid, result=result)
        if result in {"bridged", "hangup", "leave", "redirected", "redirected-from-bridged"}:
            return End()
        return SpokenEnd(text=prompts.TOO_BUSY)

    async def status(self, status: CallStatus) -> None:
        """A status callback; twice or out of order it changes nothing."""
        is_news = await self._store.note_status(status.call_sid, status.status, status.sequence)
        if is_news and status.status in {"completed", "failed", "busy", "no-answer", "canceled"}:
            await self._leave_queue(status.call_sid)
            await self._store.announce("call_ended", status.call_sid, status=status.status)

    async def _recover(self, record: CallRecord) -> NextStep:
        memory = self._live.memory(record.call_sid)
        if memory is not None and record.outcome is None and memory.streams < MAX_STREAMS:
            log.warning("stream_resumed", call_sid=record.call_sid, streams=memory.streams)
            return Converse(parameters={FROM_PARAMETER: record.caller_phone})
        escalation = Escalation(reason=Reason.CALL_DROPPED, evidence="the stream was lost")
        text, outcome = await self._handover.prepare(record, escalation)
        record.outcome, record.state, record.unsaid = outcome, "ended", f"{prompts.CUT_OFF} {text}"
        try:
            await self._store.save(record, range(0))
        except CallStoreUnavailable:
            log.warning("call_not_stored", call_sid=record.call_sid)
        if outcome == "transferred":
            return ToQueue(queue=self._queue, text=record.unsaid)
        return SpokenEnd(text=record.unsaid)

    async def _record(self, call_sid: str) -> CallRecord | None:
        memory = self._live.memory(call_sid)
        if memory is not None:
            return memory.record
        try:
            return await self._store.load(call_sid)
        except CallStoreUnavailable:
            return None

    async def _leave_queue(self, call_sid: str) -> None:
        record = await self._record(call_sid)
        if record is not None and record.handoff_id is not None:
            await self._handover.withdraw(record.handoff_id)
