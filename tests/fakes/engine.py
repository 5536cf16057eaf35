"""A dialogue engine that follows a script."""

from collections.abc import Mapping

from dialog.ports import DialogueUnavailable
from dialog.types import Message, Reply, Signal, TurnContext


class FakeEngine:
    """`DialogueEngine` that knows its answers beforehand.

    Args:
        script: what it answers, by the words said, or by `/name` for a signal. To anything else it
            gives no usable answer.

    Attributes:
        available: False makes it fail as an engine that is gone.
        heard: what it was sent, in order: call, message and context.
    """

    def __init__(self, script: Mapping[str, Reply]) -> None:
        self._script = script
        self.available = True
        self.heard: list[tuple[str, Message, TurnContext]] = []

    async def respond(self, call_sid: str, message: Message, context: TurnContext) -> Reply:
        await self.check()
        self.heard.append((call_sid, message, context))
        key = f"/{message.name}" if isinstance(message, Signal) else message.text
        if key not in self._script:
            raise DialogueUnavailable("the script has no answer to this")
        return self._script[key]

    async def check(self) -> None:
        if not self.available:
            raise DialogueUnavailable("the fake engine is switched off")
