"""What the IVR server tells about the call with every message."""

from dataclasses import dataclass

from rasa_sdk import Tracker


@dataclass(frozen=True)
class CallState:
    """The metadata of the latest message.

    Attributes:
        silences: questions in a row without an answer, this one included.
        misses: answers in a row that were not understood, before this one.
        verified: whether the caller's identity has been verified.
    """

    silences: int
    misses: int
    verified: bool

    @classmethod
    def of(cls, tracker: Tracker) -> "CallState":
        """Read the metadata; what is missing or malformed counts as zero and as not verified."""
        metadata = tracker.latest_message.get("metadata") or {}
        return cls(
            silences=_count(metadata.get("silences")),
            misses=_count(metadata.get("misses")),
            verified=metadata.get("verified") is True,
        )


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def in_form(tracker: Tracker) -> bool:
    """Whether a form is running; it asks its question again by itself."""
    return bool(tracker.active_loop.get("name"))
