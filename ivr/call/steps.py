"""What the line does next: a reply of the engine, a hand-over, or going on after noise."""

from dataclasses import dataclass

from dialog.types import Ask, HangUp, Question, Reply, Say
from handoff.rules import Escalation


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """A rule decided: say the preface, then hand over."""

    escalation: Escalation
    preface: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """What stopped the line was no answer: go on where it stopped."""


Step = Reply | Escalated | Resume


def text_of(reply: Reply) -> str:
    """All that a reply says, a line for each of its messages.

    Each line is spoken by itself, so that it is cut into the same clauses, and found in the prompt
    cache, whatever comes before it.
    """
    return "\n".join(act.text for act in reply.actions if isinstance(act, Say | Ask) and act.text)


def ends_call(reply: Reply) -> bool:
    """Whether the line hangs up after the reply."""
    return any(isinstance(act, HangUp) for act in reply.actions)


def last_ask(reply: Reply) -> Ask | None:
    """The question that stays open after a reply."""
    asks = [act for act in reply.actions if isinstance(act, Ask)]
    return asks[-1] if asks else None


def as_ask(reply: Reply) -> Ask:
    """The texts of a reply as one, with its question; a farewell is not to be interrupted."""
    question = last_ask(reply)
    spoken = [act for act in reply.actions if isinstance(act, Say | Ask)]
    return Ask(
        text=text_of(reply),
        question=question.question if question else Question(),
        interruptible=not ends_call(reply) and all(act.interruptible for act in spoken),
    )
