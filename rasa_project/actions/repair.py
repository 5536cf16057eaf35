"""Silence, words that were not understood, and questions asked again."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.call import CallState, in_form

LAST_STEP = 3
"""After two attempts at repair a third only annoys: silence ends the call, words go to a person."""

LEAVE_FORM: list[EventType] = [ActiveLoop(None), SlotSet("requested_slot", None)]

Message = dict[str, Any]


class ActionAskAgain(Action):
    """Asks the open question again; inside a form that is left to the form."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_ask_again"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Say the last question once more."""
        ask_again(dispatcher, tracker)
        return []


class ActionRepeat(Action):
    """Says the whole last answer again; inside a form that is left to the form's question."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_repeat"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Say everything that was said in answer to the message before this one."""
        last_answer = _last_answer(tracker)
        if in_form(tracker) or not last_answer or not _is_open_question(last_answer[-1]):
            ask_again(dispatcher, tracker)
        else:
            for message in last_answer:
                _say(dispatcher, message)
        return []


class ActionNoInput(Action):
    """The caller said nothing: ask again, offer the keys, then end the call."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_no_input"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Take the step that fits the number of silences in a row."""
        step = min(max(CallState.of(tracker).silences, 1), LAST_STEP)
        dispatcher.utter_message(response=f"utter_no_input_{step}")
        if step == LAST_STEP:
            return LEAVE_FORM
        ask_again(dispatcher, tracker)
        return []


class ActionNotUnderstood(Action):
    """The words were not understood: ask again, give examples, then hand over to a person."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_not_understood"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Take the step that fits the number of misses in a row."""
        step = min(CallState.of(tracker).misses + 1, LAST_STEP)
        if step == 2 and in_form(tracker):
            dispatcher.utter_message(response="utter_not_understood_2_in_form")
        else:
            dispatcher.utter_message(response=f"utter_not_understood_{step}")
        if step == LAST_STEP:
            return LEAVE_FORM
        ask_again(dispatcher, tracker)
        return []


def ask_again(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Say the open question again, unless a form is running."""
    if in_form(tracker):
        return
    question = next(filter(_is_open_question, reversed(_messages(tracker.events))), None)
    if question is None:
        dispatcher.utter_message(response="utter_what_can_i_do")
    else:
        _say(dispatcher, question)


def _messages(events: list[dict[str, Any]]) -> list[Message]:
    """What the assistant said, oldest first."""
    return [
        {"text": event.get("text"), "custom": (event.get("data") or {}).get("custom")}
        for event in events
        if event.get("event") == "bot"
    ]


def _last_answer(tracker: Tracker) -> list[Message]:
    """What the assistant said between the caller's last message but one and the last one."""
    turns = [at for at, event in enumerate(tracker.events) if event.get("event") == "user"]
    current = turns[-1] if turns else len(tracker.events)
    previous = turns[-2] if len(turns) > 1 else 0
    return _messages(tracker.events[previous:current])


def _is_open_question(message: Message) -> bool:
    """Whether a message asks something that still makes sense outside of a form."""
    custom: dict[str, Any] | None = message["custom"]
    return bool(custom) and "expect" in custom and "slot" not in custom


def _say(dispatcher: CollectingDispatcher, message: Message) -> None:
    dispatcher.utter_message(text=message["text"], json_message=message["custom"])
