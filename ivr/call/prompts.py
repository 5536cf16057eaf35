"""What the line says when the dialogue engine has no part in it. All are prepared at start."""

ENGINE_GONE = "I'm sorry, something isn't working on our side."
CUT_OFF = "I'm sorry, we were cut off."
TOO_BUSY = (
    "I'm sorry, all our lines are busy right now. Please call again in a few minutes. Goodbye."
)
NO_STREAM = "I'm sorry, I can't take your call right now. I'm connecting you to a person."

FIXED = (ENGINE_GONE, CUT_OFF, TOO_BUSY, NO_STREAM)
