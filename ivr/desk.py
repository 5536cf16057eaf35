"""Answers Twilio's questions about a call: begin, go on after the stream, wait, end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from handoff.rules import Escalation, Reason
from ivr.call import prompts
from ivr.call.handover import HandOver
from ivr.call.live import LiveCalls
from ivr.call.record import CallRecord, Outcome
from ivr.call.store import CallStore, CallStoreUnavailable
from ivr.call.summary_builder import handoff_id_of
from ivr.metrics import CallMetrics
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

SESSION_END_S = 2.0
"""How long the next step may wait for the session to put its affairs in order. Telephony gives a
decision 5 s in all (`decision_timeout_s`)."""

MAX_STREAMS = 3
"""A call whose stream drops this often goes to a person instead of being resumed again."""

FROM_PARAMETER = "from"

_FINAL = frozenset({"completed", "failed", "busy", "no-answer", "canceled"})
"""Statuses after which there is no call any more (twilio.com/docs/voice/api/call-resource)."""


class IvrDesk:
    """Decides for telephony; every decision follows from the call's record."""

    def __init__(  # noqa: PLR0913  # each is a part of its own, and all are named
        self,
        *,
        live: LiveCalls,
        store: CallStore,
        handover: HandOver,
        metrics: CallMetrics,
        queue: str,
        max_calls: int,
        accepts_calls: Callable[[], bool] = lambda: True,
    ) -> None:
        """Take calls as long as `accepts_calls` says so: it is False while the server stops."""
        self._live = live
        self._store = store
        self._handover = handover
        self._metrics = metrics
        self._queue = queue
        self._max_calls = max_calls
        self._accepts_calls = accepts_calls
        self._preparing: dict[str, asyncio.Future[NextStep]] = {}

    async def incoming(self, call: IncomingCall) -> NextStep:
        """A call rings: the assistant takes it unless this process is full or stops."""
        if not self._accepts_calls():
            log.info("call_refused_stopping", call_sid=call.call_sid)
            return SpokenEnd(text=prompts.TOO_BUSY)
        if len(self._live) >= self._max_calls:
            log.warning("call_refused_full", call_sid=call.call_sid, active=len(self._live))
            return SpokenEnd(text=prompts.TOO_BUSY)
        return Converse(parameters={FROM_PARAMETER: call.from_number})

    async def stream_ended(self, call_sid: str, from_number: str = "") -> NextStep:
        """The stream is over: to the queue, to an end, or on with a call that was cut off."""
        await self._session_over(call_sid)
        try:
            record = await self._record(call_sid)
        except CallStoreUnavailable:
            # A summary made now, of nothing, would replace the one that may be there.
            log.warning("call_unknown_without_store", call_sid=call_sid)
            return ToQueue(queue=self._queue, text=prompts.NO_STREAM)
        if record is None:
            return await self._once(call_sid, lambda: self._take_in(call_sid, from_number))
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
        """A status callback; twice or out of order it changes nothing.

        What a final status leads to is done before it is noted, and each time it comes: an attempt
        that was broken off is made good by the next one.
        """
        is_final = status.status in _FINAL
        if is_final:
            await self._call_over(status.call_sid)
        is_news = await self._store.note_status(status.call_sid, status.status, status.sequence)
        if is_news and is_final:
            await self._store.announce("call_ended", status.call_sid, status=status.status)

    async def close(self) -> None:
        """Let what is being prepared come to its end."""
        await asyncio.gather(*self._preparing.values(), return_exceptions=True)

    # ------------------------------------------------------------ to a person

    async def _recover(self, record: CallRecord) -> NextStep:
        memory = self._live.memory(record.call_sid)
        streams = memory.streams if memory is not None else MAX_STREAMS
        if streams < MAX_STREAMS and record.outcome is None and self._accepts_calls():
            log.warning("stream_resumed", call_sid=record.call_sid, streams=streams)
            return Converse(parameters={FROM_PARAMETER: record.caller_phone})
        return await self._once(
            record.call_sid,
            lambda: self._to_person(record, "the stream was lost", preface=f"{prompts.CUT_OFF} "),
        )

    async def _take_in(self, call_sid: str, from_number: str) -> NextStep:
        """A call of which nothing is known: its stream was refused, or never began.

        It gets a record and a summary all the same, so that people see that somebody waits.
        """
        record = CallRecord(
            call_sid=call_sid, caller_phone=from_number, started_at=self._now(), state="ended"
        )
        step = await self._to_person(record, "the stream never began")
        return replace(step, text=prompts.NO_STREAM) if isinstance(step, ToQueue) else step

    async def _to_person(
        self, record: CallRecord, evidence: str, *, preface: str = ""
    ) -> ToQueue | SpokenEnd:
        escalation = Escalation(reason=Reason.CALL_DROPPED, evidence=evidence)
        text, outcome = await self._handover.prepare(record, escalation)
        self._end(record, outcome)
        record.unsaid = f"{preface}{text}"
        await self._save(record)
        if outcome == "transferred":
            return ToQueue(queue=self._queue, text=record.unsaid)
        return SpokenEnd(text=record.unsaid)

    async def _once(self, call_sid: str, work: Callable[[], Awaitable[NextStep]]) -> NextStep:
        """Do it once for a call, and to the end: Twilio's patience may be over before it is done,
        and the caller is in the queue then without anybody knowing of it."""
        preparing = self._preparing.get(call_sid)
        if preparing is None:
            preparing = asyncio.ensure_future(work())
            self._preparing[call_sid] = preparing
            preparing.add_done_callback(lambda _: self._preparing.pop(call_sid))
        return await asyncio.shield(preparing)

    # ------------------------------------------------------------ the end of a call

    async def _call_over(self, call_sid: str) -> None:
        """The caller is gone: out of the queue, and the record is closed."""
        await self._session_over(call_sid)
        await self._leave_queue(call_sid)
        if self._live.session(call_sid) is not None:
            return  # it closes the record itself
        try:
            record = await self._record(call_sid)
            if record is not None and record.state == "active":
                # Another node may have it, which hears of the end at the same time.
                await asyncio.sleep(SESSION_END_S)
                record = await self._record(call_sid)
        except CallStoreUnavailable:
            log.warning("call_not_closed", call_sid=call_sid)
            return
        if record is not None and (record.outcome is None or record.state == "active"):
            self._end(record, record.outcome or "caller_hung_up")
            await self._save(record)

    async def _leave_queue(self, call_sid: str) -> None:
        preparing = self._preparing.get(call_sid)
        if preparing is not None:  # it would take a place in the queue after it was given up
            await asyncio.wait({preparing}, timeout=SESSION_END_S)
        try:
            record = await self._record(call_sid)
        except CallStoreUnavailable:
            record = None
        if record is None or record.handoff_id is not None:
            known = record and record.handoff_id
            await self._handover.withdraw(known or handoff_id_of(call_sid))

    async def _session_over(self, call_sid: str) -> None:
        """Wait until the session, if one runs here, has put its affairs in order."""
        session = self._live.session(call_sid)
        if session is None:
            return
        try:
            async with asyncio.timeout(SESSION_END_S):
                await session.ended.wait()
        except TimeoutError:
            log.warning("session_slow_to_end", call_sid=call_sid)

    # ------------------------------------------------------------ the record

    def _end(self, record: CallRecord, outcome: Outcome) -> None:
        """Close a record. An outcome it had already has been counted already, too."""
        if record.outcome is None:
            self._metrics.ended.labels(outcome=outcome).inc()
        record.outcome, record.state = outcome, "ended"
        record.ended_at = record.ended_at or self._now()

    async def _save(self, record: CallRecord) -> None:
        try:
            await self._store.save(record, range(len(record.turns)))
        except CallStoreUnavailable:
            log.warning("call_not_stored", call_sid=record.call_sid)

    async def _record(self, call_sid: str) -> CallRecord | None:
        """The record, or None for a call nobody knows.

        Raises:
            CallStoreUnavailable: nobody can tell.
        """
        memory = self._live.memory(call_sid)
        return await self._store.load(call_sid) if memory is None else memory.record

    def _now(self) -> str:
        return self._handover.now_utc().isoformat(timespec="milliseconds")
