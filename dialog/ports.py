"""The port behind which the dialogue engine stands."""

from typing import Protocol

from dialog.types import Message, Reply, TurnContext


class DialogueUnavailable(Exception):
    """The engine did not answer, answered nothing, or answered what cannot be read."""


class DialogueEngine(Protocol):
    """Decides what is said next. One message at a time for each call."""

    async def respond(self, call_sid: str, message: Message, context: TurnContext) -> Reply:
        """The engine's answer to one message.

        Raises:
            DialogueUnavailable: no usable answer within the engine's time limit.
        """
        ...

    async def check(self) -> None:
        """Prove that the engine understands (a canary sentence, not just an open port).

        Raises:
            DialogueUnavailable: with the reason as a sentence.
        """
        ...
