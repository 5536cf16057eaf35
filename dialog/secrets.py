"""A caller's secrets, kept out of everything that remembers.

The dialogue engine keeps what it is sent in its tracker. So it is sent a reference, and the part
that compares the secret trades the reference for the value: once, and only for a short time.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

PREFIX = "secret:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A value that only the part that compares it may see; its `repr` shows none of it.

    Attributes:
        kind: the slot it answers, for example `pin` or `date_of_birth`.
        value: digits, or an ISO date.
    """

    kind: str
    value: str = field(repr=False)


class SecretVault:
    """The secrets of one call, in memory only.

    Args:
        clock: seconds that never go back, for example `time.monotonic`.
        keep_s: how long a secret waits for the one who compares it.
        capacity: how many may wait; one more drops the oldest.
    """

    def __init__(
        self, *, clock: Callable[[], float], keep_s: float = 60.0, capacity: int = 4
    ) -> None:
        self._clock = clock
        self._keep_s = keep_s
        self._capacity = capacity
        self._kept: dict[str, tuple[float, Secret]] = {}

    def __repr__(self) -> str:
        """How many secrets wait, and nothing else of them."""
        return f"<SecretVault with {len(self._kept)} secrets>"

    def put(self, kind: str, value: str) -> str:
        """Keep a secret.

        Returns:
            A reference that says nothing of the value, safe in a tracker, a log or an address.
        """
        self._forget_old()
        while len(self._kept) >= self._capacity:
            del self._kept[next(iter(self._kept))]
        reference = PREFIX + secrets.token_urlsafe(16)
        self._kept[reference] = (self._clock() + self._keep_s, Secret(kind=kind, value=value))
        return reference

    def resolve(self, reference: str) -> Secret | None:
        """Take the secret out; None where it was taken before, is too old, or never was."""
        self._forget_old()
        _, secret = self._kept.pop(reference, (0.0, None))
        return secret

    def clear(self) -> None:
        """Forget everything: the call is over."""
        self._kept.clear()

    def _forget_old(self) -> None:
        now = self._clock()
        self._kept = {
            reference: (until, secret)
            for reference, (until, secret) in self._kept.items()
            if until > now
        }
