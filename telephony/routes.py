"""Puts telephony on an aiohttp application."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from telephony.line_directory import LineDirectory
from telephony.media_socket import MediaSocket
from telephony.ports import CallDesk, Conversation, ResponseLedger, Tally, UsedTokens
from telephony.replies import Replies
from telephony.settings import TelephonySettings
from telephony.signatures import SignatureCheck, signature_middleware
from telephony.stream_token import StreamTokens
from telephony.webhooks import STREAM, Webhooks

PREFIX = "/twilio/"
"""Everything below it must be signed by Twilio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelephonyPorts:
    """What telephony needs from the rest of the server.

    Attributes:
        clock: Unix time in seconds, for the expiry of stream tokens.
    """

    desk: CallDesk
    conversation: Conversation
    ledger: ResponseLedger
    used_tokens: UsedTokens
    tally: Tally
    clock: Callable[[], float] = time.time


def setup(
    app: web.Application, *, settings: TelephonySettings, ports: TelephonyPorts
) -> LineDirectory:
    """Add the routes, the signature check and the orderly end of open streams.

    Returns:
        The directory of open lines; its length is the number of streams.
    """
    stream = settings.stream
    tokens = StreamTokens(
        auth_token=settings.auth_token,
        used=ports.used_tokens,
        clock=ports.clock,
        ttl_s=settings.token_ttl_s,
    )
    directory = LineDirectory(
        max_lines=stream.max_lines, handover_timeout_s=stream.handover_timeout_s
    )
    replies = Replies(ports.ledger, timeout_s=settings.ledger_timeout_s, tally=ports.tally)
    webhooks = Webhooks(
        desk=ports.desk, replies=replies, tokens=tokens, settings=settings, tally=ports.tally
    )
    socket = MediaSocket(
        admission=tokens,
        directory=directory,
        conversation=ports.conversation,
        settings=stream,
        account_sid=settings.account_sid,
        tally=ports.tally,
    )
    check = SignatureCheck(auth_token=settings.auth_token, public_url=settings.public_url)

    async def end_streams(_: web.Application) -> None:
        await directory.close(stream.conversation_grace_s)
        await socket.close()

    app.middlewares.append(
        signature_middleware(
            check, prefix=PREFIX, max_body_bytes=settings.max_body_bytes, tally=ports.tally
        )
    )
    app.add_routes([*webhooks.routes(), web.get(STREAM, socket.handle)])
    app.on_shutdown.append(end_streams)
    return directory
