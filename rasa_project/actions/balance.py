"""The balance and when it is due."""

import logging
from datetime import date
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.call import CallState
from actions.internal_api import ApiUnavailable, Balance, InternalApi, NotVerified

logger = logging.getLogger(__name__)


class ActionTellBalance(Action):
    """Tells the verified caller the balance and the due date in one answer."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_tell_balance"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Tell it; without verification begin that, without an answer hand over to a person."""
        try:
            balance = await InternalApi.of_call(tracker.sender_id).balance()
        except NotVerified as failure:
            if not CallState.of(tracker).verified:
                return [SlotSet("verified", False), FollowupAction("verification_form")]
            # The server contradicts itself: asking the caller again would go round in circles.
            return _unavailable(dispatcher, failure)
        except ApiUnavailable as failure:
            return _unavailable(dispatcher, failure)
        if balance.first_name and not tracker.get_slot("answered"):
            dispatcher.utter_message(response="utter_thanks_name", first_name=balance.first_name)
        _tell(dispatcher, balance)
        dispatcher.utter_message(response="utter_anything_else")
        return [SlotSet("answered", True)]


def _tell(dispatcher: CollectingDispatcher, balance: Balance) -> None:
    due_date = spoken_date(balance.due_date)
    said = {"amount": spoken_amount(abs(balance.cents), balance.currency), "due_date": due_date}
    if balance.cents < 0:
        dispatcher.utter_message(response="utter_balance_credit", **said)
    elif balance.cents == 0:
        dispatcher.utter_message(response="utter_balance_zero")
    elif due_date is None:
        dispatcher.utter_message(response="utter_balance_without_due_date", **said)
    else:
        dispatcher.utter_message(response="utter_balance", **said)


def spoken_amount(cents: int, currency: str) -> str:
    """`$84.20`, or `84.20 EUR` where the currency is not the dollar."""
    amount = f"{cents // 100:,}.{cents % 100:02d}"
    return f"${amount}" if currency == "USD" else f"{amount} {currency}"


def spoken_date(iso: str | None) -> str | None:
    """`December 1` from `2026-12-01`; None when there is no date or it cannot be read."""
    try:
        day = date.fromisoformat(iso or "")
    except ValueError:
        return None
    return f"{day:%B} {day.day}"


def _unavailable(dispatcher: CollectingDispatcher, failure: Exception) -> list[EventType]:
    logger.error("the balance cannot be told: %r", failure)
    dispatcher.utter_message(response="utter_service_unavailable")
    return []
