"""What the dialogue does beyond talking; thin, because customer data stays in the IVR server."""

from actions.balance import ActionTellBalance
from actions.repair import ActionAskAgain, ActionNoInput, ActionNotUnderstood, ActionRepeat
from actions.verification import ActionClearAccountNumber, ValidateVerificationForm

__all__ = [
    "ActionAskAgain",
    "ActionClearAccountNumber",
    "ActionNoInput",
    "ActionNotUnderstood",
    "ActionRepeat",
    "ActionTellBalance",
    "ValidateVerificationForm",
]
