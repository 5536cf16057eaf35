"""Hashes of PINs."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class PinHasher:
    """Makes and checks argon2id hashes; one for the whole process.

    Both take some tens of milliseconds of processor time and 19 MiB: call them in a thread. The
    cost is the least that the OWASP Password Storage Cheat Sheet allows (m=19456, t=2, p=1),
    because every call that names an account pays it.
    """

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self._decoy = self._argon2.hash(secrets.token_urlsafe())

    def hash(self, pin: str) -> str:
        """A salted hash of the PIN, fit for the database."""
        return self._argon2.hash(pin)

    def matches(self, pin_hash: str | None, pin: str) -> bool:
        """Whether the PIN has this hash.

        Without a hash the answer is no, and takes as long as with one: the time tells nobody
        whether an account exists. A hash that cannot be read matches nothing.
        """
        try:
            return self._argon2.verify(pin_hash or self._decoy, pin) and pin_hash is not None
        except (VerificationError, InvalidHashError):
            return False
