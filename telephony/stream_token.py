"""One-time tokens that bind a media stream to the call whose webhook we answered.

A stream's address can be called by anybody who learns of it, and Twilio strips its query; so the
signed webhook puts a token into a `<Parameter>` and the stream brings it back. A token needs no
store until it is used: it carries the call, its expiry and a random number, signed with a key that
is derived from the account's auth token. About 140 characters; Twilio allows 500.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable
from enum import StrEnum

from telephony.ports import Admission, UsedTokens

_KEY_PURPOSE = b"media stream token v1"
_NONCE_BYTES = 12


class Refusal(StrEnum):
    """Why a token does not open a stream."""

    FORGED = "forged"
    WRONG_CALL = "wrong_call"
    EXPIRED = "expired"
    REUSED = "reused"


class StreamTokens:
    """Makes tokens and admits the streams that bring them back (a `StreamAdmission`)."""

    def __init__(
        self, *, auth_token: str, used: UsedTokens, clock: Callable[[], float], ttl_s: int
    ) -> None:
        """`clock` gives Unix time in seconds; a token is good for `ttl_s` seconds."""
        self._key = hmac.digest(auth_token.encode(), _KEY_PURPOSE, hashlib.sha256)
        self._used = used
        self._clock = clock
        self._ttl_s = ttl_s

    def issue(self, call_sid: str) -> str:
        """A new token for this call."""
        claims = f"{secrets.token_hex(_NONCE_BYTES)}|{int(self._clock()) + self._ttl_s}|{call_sid}"
        return self._written(claims)

    async def admit(self, call_sid: str, token: str) -> Admission:
        """Check the token, and use it up when it is good."""
        claims = self._open(token)
        if claims is None:
            return Admission(refusal=Refusal.FORGED)
        nonce, expiry, bound_to = claims.split("|", 2)
        if bound_to != call_sid:
            return Admission(refusal=Refusal.WRONG_CALL)
        remaining_s = int(expiry) - int(self._clock())
        if remaining_s <= 0:
            return Admission(refusal=Refusal.EXPIRED)
        if not await self._used.use(nonce, remaining_s + 1):
            return Admission(refusal=Refusal.REUSED)
        return Admission()

    def _open(self, token: str) -> str | None:
        """The claims of a token that we signed, None for any other."""
        try:
            claims = _from_base64url(token.partition(".")[0]).decode()
        except ValueError:
            return None
        # The whole text is compared, not what it decodes to: base64 can write one value in several
        # ways, and only ours is a token.
        same = hmac.compare_digest(token.encode(errors="replace"), self._written(claims).encode())
        return claims if same else None

    def _written(self, claims: str) -> str:
        return f"{_base64url(claims.encode())}.{_base64url(self._mac(claims))}"

    def _mac(self, claims: str) -> bytes:
        return hmac.digest(self._key, claims.encode(), hashlib.sha256)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    """Raises ValueError for anything that `_base64url` does not write."""
    standard = text.translate(str.maketrans("-_", "+/"))
    return binascii.a2b_base64(standard + "=" * (-len(text) % 4), strict_mode=True)
