"""Identity verification: the form's values go to the IVR server, which decides."""

import logging
import re
from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import REQUESTED_SLOT

from actions.call import CallState
from actions.internal_api import ApiUnavailable, InternalApi, NotVerified

logger = logging.getLogger(__name__)

ACCOUNT_NUMBER = re.compile(r"[0-9]{6}")
REFERENCE = re.compile(r"secret:\S+")

Slots = dict[str, Any]

# Setting the requested slot to None ends the form.
END_OF_FORM: Slots = {"factor": None, REQUESTED_SLOT: None}


class ValidateVerificationForm(FormValidationAction):
    """Passes account number and factor on; a wrong account and a wrong factor look the same."""

    def name(self) -> str:
        """The name in the domain."""
        return "validate_verification_form"

    async def get_validation_events(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Ask nothing of a caller whom the IVR server knows (a conversation taken up again)."""
        if CallState.of(tracker).verified:
            return [SlotSet("verified", True), SlotSet(REQUESTED_SLOT, None)]
        return await super().get_validation_events(dispatcher, tracker, domain)

    async def validate_account_number(
        self,
        value: Any,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> Slots:
        """Six digits, told to the IVR server and read back to the caller."""
        if not isinstance(value, str) or not ACCOUNT_NUMBER.fullmatch(value):
            dispatcher.utter_message(response="utter_account_number_malformed")
            return {"account_number": None}
        try:
            verdict = await InternalApi.of_call(tracker.sender_id).give_account_number(value)
        except (ApiUnavailable, NotVerified) as failure:
            return {"account_number": None, **_unavailable(dispatcher, failure)}
        if verdict.status == "locked":
            return _locked(dispatcher)
        dispatcher.utter_message(response="utter_account_number_noted", account_number=value)
        return {"account_number": value}

    async def validate_factor(
        self,
        value: Any,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> Slots:
        """A reference, which the IVR server resolves and checks."""
        if not isinstance(value, str) or not REFERENCE.fullmatch(value):
            dispatcher.utter_message(response="utter_value_unclear")
            return {"factor": None}
        try:
            verdict = await InternalApi.of_call(tracker.sender_id).give_factor(value)
        except (ApiUnavailable, NotVerified) as failure:
            return _unavailable(dispatcher, failure)
        if verdict.status == "verified":
            return {"verified": True, **END_OF_FORM}
        if verdict.status == "locked":
            return _locked(dispatcher)
        dispatcher.utter_message(response="utter_details_mismatch")
        return {"factor": None}


class ActionClearAccountNumber(Action):
    """Forgets the account number, so that the form asks for it again."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_clear_account_number"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Forget the number."""
        dispatcher.utter_message(response="utter_change_account_number")
        return [SlotSet("account_number", None)]


def _locked(dispatcher: CollectingDispatcher) -> Slots:
    dispatcher.utter_message(response="utter_verification_locked")
    return {"account_number": None, **END_OF_FORM}


def _unavailable(dispatcher: CollectingDispatcher, failure: Exception) -> Slots:
    logger.error("verification is not possible: %r", failure)
    dispatcher.utter_message(response="utter_service_unavailable")
    return END_OF_FORM
