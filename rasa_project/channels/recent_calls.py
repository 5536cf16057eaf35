"""Where conversations are kept: in memory, and not for ever."""

from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker


class RecentCalls(InMemoryTrackerStore):
    """Rasa's in-memory store with a bound: beyond it, the call that was silent longest goes.

    Rasa's own keeps every conversation until the process ends, which a line that never closes
    cannot afford.
    """

    def __init__(
        self,
        domain: Domain,
        event_broker: EventBroker | None = None,
        max_calls: int = 2000,
        **kwargs: Any,
    ) -> None:
        """Keep at most `max_calls` conversations."""
        super().__init__(domain, event_broker, **kwargs)
        self._max_calls = max_calls

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Save the conversation as the latest one and drop the oldest beyond the bound."""
        self.store.pop(tracker.sender_id, None)
        await super().save(tracker)
        while len(self.store) > self._max_calls:
            oldest: str = next(iter(self.store))
            del self.store[oldest]
