"""The WebSocket that Twilio opens for a stream: admission, one conversation, an orderly end.

Whatever goes wrong here closes the socket, and then Twilio asks the `<Connect action>` what comes
next: that is where the caller is brought to a person.
"""

import asyncio

import structlog
from aiohttp import WSCloseCode, web

from telephony.events import ProtocolFault, StreamStarted
from telephony.line_directory import LineDirectory, NoRoom
from telephony.media_stream import MAX_MESSAGE_BYTES, MediaStreamProtocol
from telephony.ports import Conversation, StreamAdmission, Tally
from telephony.settings import StreamSettings
from telephony.twilio_line import FaultLog, TwilioLine, texts

TOKEN_PARAMETER = "token"  # noqa: S105 -- the name of the parameter, not a secret

_SOCKET_LIMIT_BYTES = 4 * MAX_MESSAGE_BYTES
"""A message over the protocol's own limit is a fault that the call survives; over this one the
socket is closed unread."""

_log = structlog.get_logger(__name__)


class _Refused(Exception):
    """The stream does not begin."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class MediaSocket:
    """Handles the WebSocket requests of one application."""

    def __init__(  # noqa: PLR0913 -- each is a part of its own, and all are named
        self,
        *,
        admission: StreamAdmission,
        directory: LineDirectory,
        conversation: Conversation,
        settings: StreamSettings,
        tally: Tally,
        account_sid: str = "",
    ) -> None:
        """Serve the streams of calls of `account_sid`; of any account when it is empty."""
        self._admission = admission
        self._directory = directory
        self._conversation = conversation
        self._settings = settings
        self._account_sid = account_sid
        self._tally = tally
        self._serving: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection; its signature has been checked."""
        socket = web.WebSocketResponse(
            max_msg_size=_SOCKET_LIMIT_BYTES,
            compress=False,  # 20 ms of sound is not worth a deflate, nor its memory for each call
            timeout=self._settings.close_timeout_s,
            decode_text=False,
        )
        if not socket.can_prepare(request):
            raise web.HTTPUpgradeRequired(text="this address takes a WebSocket only\n")
        await socket.prepare(request)
        # A caller who hangs up may cancel the handler (aiohttp's `handler_cancellation`), but not
        # the conversation: that notices by itself, and has its affairs to put in order.
        serving = asyncio.create_task(self._serve(request, socket))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)
        await asyncio.shield(serving)
        return socket

    async def close(self) -> None:
        """Cut off what `LineDirectory.close` has not brought to an end."""
        for serving in list(self._serving):
            serving.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        protocol, faults = MediaStreamProtocol(), FaultLog(self._tally)
        line = TwilioLine(
            socket, protocol, faults=faults, settings=self._settings, tally=self._tally
        )
        code, reason = int(WSCloseCode.INTERNAL_ERROR), "failed"
        try:
            started = await self._start(socket, protocol, faults)
            await self._admit(started)
            async with self._directory.enter(started.call_sid, line):
                code, reason = await self._converse(request, socket, line, started)
        except _Refused as refused:
            code, reason = refused.code, refused.reason
        except NoRoom:
            code, reason = WSCloseCode.TRY_AGAIN_LATER, "no room for another stream"
        finally:
            await self._close(request, socket, code, reason)
            self._tally.count("stream_closed")
            _log.info(
                "stream_closed",
                code=int(code),
                reason=reason,
                frames_received=protocol.frames_received,
                frames_lost=protocol.frames_lost,
                frames_stale=protocol.frames_stale,
                frames_dropped=line.frames_dropped,
                faults=dict(faults.seen),
            )

    async def _start(
        self, socket: web.WebSocketResponse, protocol: MediaStreamProtocol, faults: FaultLog
    ) -> StreamStarted:
        """Wait for `start`; what comes before it is not worth a conversation."""
        try:
            async with asyncio.timeout(self._settings.start_timeout_s):
                async for text in texts(socket):
                    for event in protocol.receive(text):
                        if isinstance(event, StreamStarted):
                            return event
                        if isinstance(event, ProtocolFault):
                            faults.add(event)
                            if event.fatal:
                                raise _Refused(WSCloseCode.UNSUPPORTED_DATA, event.kind)
        except TimeoutError:
            self._tally.count("stream_never_started")
            raise _Refused(WSCloseCode.POLICY_VIOLATION, "no start in time") from None
        self._tally.count("stream_never_started")
        raise _Refused(WSCloseCode.OK, "gone before start")

    async def _admit(self, started: StreamStarted) -> None:
        if self._account_sid and started.account_sid != self._account_sid:
            self._tally.count("account_refused")
            _log.warning("stream_refused", reason="account")
            raise _Refused(WSCloseCode.POLICY_VIOLATION, "another account")
        token = started.parameters.get(TOKEN_PARAMETER, "")
        try:
            async with asyncio.timeout(self._settings.admission_timeout_s):
                admission = await self._admission.admit(started.call_sid, token)
        except Exception as problem:  # noqa: BLE001 -- whatever fails, nobody vouched for the stream
            self._tally.count("stream_admission_failed")
            _log.error("stream_admission_failed", error=type(problem).__name__)
            raise _Refused(WSCloseCode.INTERNAL_ERROR, "admission failed") from None
        if admission.refusal is not None:
            self._tally.count("stream_refused")
            _log.warning("stream_refused", reason=str(admission.refusal))
            raise _Refused(WSCloseCode.POLICY_VIOLATION, f"token {admission.refusal}")

    async def _converse(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        line: TwilioLine,
        started: StreamStarted,
    ) -> tuple[int, str]:
        """Run the conversation until it returns; give the close code and reason."""
        if line.ended:  # a third stream came while this one waited for the first to leave
            return line.close_code, line.reason
        self._tally.count("stream_started")
        _log.info("stream_started", call_sid=started.call_sid, stream_sid=started.stream_sid)
        shell = [asyncio.create_task(line.read()), asyncio.create_task(line.write())]
        closed = asyncio.create_task(line.wait_ended())
        talk = asyncio.ensure_future(self._conversation(line, started))
        try:
            await asyncio.wait({talk, closed}, return_when=asyncio.FIRST_COMPLETED)
            if not talk.done():
                await self._close(request, socket, line.close_code, line.reason)
                await asyncio.wait({talk}, timeout=self._settings.conversation_grace_s)
            return self._outcome(talk, line, started)
        finally:
            line.end("closed")
            for task in (talk, closed, *shell):
                task.cancel()
            await asyncio.gather(talk, closed, *shell, return_exceptions=True)

    def _outcome(
        self, talk: asyncio.Future[None], line: TwilioLine, started: StreamStarted
    ) -> tuple[int, str]:
        if not talk.done():
            self._tally.count("conversation_stuck")
            _log.error("conversation_stuck", call_sid=started.call_sid, line=line.reason)
            return WSCloseCode.INTERNAL_ERROR, "conversation stuck"
        problem = talk.exception()
        if problem is not None:
            self._tally.count("conversation_failed")
            # The type and place only: the text of an exception may hold what the caller said.
            _log.error(
                "conversation_failed", call_sid=started.call_sid, error=type(problem).__name__
            )
            return WSCloseCode.INTERNAL_ERROR, "conversation failed"
        line.end("closed")
        return line.close_code, line.reason

    async def _close(
        self, request: web.Request, socket: web.WebSocketResponse, code: int, reason: str
    ) -> None:
        """Close the socket; a far side that does not take part is cut off.

        In a task of its own: when a send was cancelled while the connection was congested, aiohttp
        (3.14) raises CancelledError from every later one, which here would look like our own.
        """
        closing = asyncio.create_task(socket.close(code=code, message=reason.encode()[:123]))
        await asyncio.wait({closing}, timeout=self._settings.close_timeout_s * 2)
        if not closing.done() or closing.cancelled() or closing.exception() is not None:
            closing.cancel()
            if request.transport is not None:
                request.transport.abort()
