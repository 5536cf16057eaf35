"""Twilio: webhooks, TwiML, request signatures and Media Streams; no business rules.

Decisions come from outside through the ports of `telephony.ports`; `telephony.routes.setup` puts
everything on an aiohttp application. The protocol of the audio stream is `telephony.media_stream`
(no I/O), its WebSocket shell `telephony.media_socket`.
"""
