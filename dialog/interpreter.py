"""What a caller's input means as an answer to the question that was asked. Pure."""

from dataclasses import dataclass
from datetime import date

from dialog.secrets import SecretVault
from dialog.types import CallerInput, Keys, Message, Question, Said, Signal, Silence
from speech import masking, values
from speech.expect import Expect, ExpectKind

SHOWN_SILENCE = "[silence]"
SHOWN_UNCLEAR = "[unclear]"
SHOWN_KEYS = "[keys]"

_DATE_KEYS = len("MMDDYYYY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreted:
    """A caller's input, understood.

    Attributes:
        message: for the dialogue engine; a secret is in it as a reference only.
        shown: for the transcript; without secrets, never empty.
        value_found: whether the input answers the question with a value of the kind expected.
    """

    message: Message
    shown: str
    value_found: bool


def interpret(  # noqa: PLR0913 -- all but two are named at every call
    caller_input: CallerInput,
    question: Question,
    vault: SecretVault,
    *,
    today: date,
    locale: str = "en-US",
    verified: bool = False,
) -> Interpreted:
    """Understand one input.

    Silence becomes the signal `no_input`; a value that fits the question `inform`, `affirm` or
    `deny`; numbers that do not fit, and what the recogniser could not read, `no_match`; and all
    other words go to the engine as they are shown. Where the question is for a secret, the value
    goes into the vault, and numbers are masked in all that remains. Secrets that nobody asked for
    are masked as well: as long as the caller is not verified also what only may be one, a number
    of four figures or a birthday.

    Args:
        today: the caller's day, against which dates are read.
        locale: `en-US` or `en-GB`; says whether month or day comes first.
        verified: the caller has proved who they are.
    """
    if isinstance(caller_input, Silence):
        return Interpreted(message=Signal(name="no_input"), shown=SHOWN_SILENCE, value_found=False)
    if isinstance(caller_input, Keys):
        return _keys(caller_input.digits, question, vault, today=today, locale=locale)
    readings = tuple(filter(None, map(str.strip, caller_input.transcript.readings)))
    if not readings:
        return _no_match(SHOWN_UNCLEAR)
    shown = _shown(readings[0], question, today=today, locale=locale, verified=verified)
    return _speech(readings, shown, question, vault, today=today, locale=locale)


def _no_match(shown: str) -> Interpreted:
    return Interpreted(message=Signal(name="no_match"), shown=shown, value_found=False)


# ---------------------------------------------------------------- speech


_ASKED_FOR = frozenset({ExpectKind.DIGITS, ExpectKind.DATE, ExpectKind.AMOUNT})
"""Whoever is asked for one of these answers with what looks like a PIN or a birthday."""


def _shown(text: str, question: Question, *, today: date, locale: str, verified: bool) -> str:
    """The words without secrets, for the transcript and the engine."""
    if question.secret:
        return masking.mask_numbers(text)
    if verified or question.expect.kind in _ASKED_FOR:
        return masking.mask_secrets(text)
    return masking.mask_unasked(text, today=today, locale=locale)


def _speech(  # noqa: PLR0913 -- all of it is what the words are read with
    readings: tuple[str, ...],
    shown: str,
    question: Question,
    vault: SecretVault,
    *,
    today: date,
    locale: str,
) -> Interpreted:
    if question.expect.kind is not ExpectKind.FREE:
        heard = values.parse(question.expect, readings, today=today, locale=locale)
        if heard.value is not None and question.expect.kind is ExpectKind.YES_NO:
            if not heard.rest:  # with more words it may be "no, I meant ..."
                return _yes_no(yes=heard.value == "yes", shown=shown)
        elif heard.value is not None and question.slot is not None:
            return _inform(question.slot, heard.value, shown, secret=question.secret, vault=vault)
    if _is_number(readings[0], shown, question.expect):
        return _no_match(shown)
    return Interpreted(message=Said(text=shown), shown=shown, value_found=False)


def _is_number(text: str, shown: str, expect: Expect) -> bool:
    """Whether the text is a number that nobody asked for, or one that does not fit.

    Sentences with a number in them ("where is order five eight two one three") are worth the
    engine's while; where a value was asked for, what is mostly numbers is an attempt at it.
    """
    if expect.kind is ExpectKind.FREE:
        return masking.mask_numbers(text) == masking.MASK or shown == masking.DATE_MASK
    return masking.is_mostly_numbers(text)


def _yes_no(*, yes: bool, shown: str) -> Interpreted:
    return Interpreted(
        message=Signal(name="affirm" if yes else "deny"), shown=shown, value_found=True
    )


def _inform(slot: str, value: str, shown: str, *, secret: bool, vault: SecretVault) -> Interpreted:
    if secret:
        value, shown = vault.put(slot, value), f"[{slot.replace('_', ' ')}]"
    return Interpreted(
        message=Signal(name="inform", values={slot: value}), shown=shown, value_found=True
    )


# ---------------------------------------------------------------- keys


def _keys(
    digits: str, question: Question, vault: SecretVault, *, today: date, locale: str
) -> Interpreted:
    expect = question.keys or question.expect
    value = _keyed_value(digits, expect, today=today, locale=locale)
    if value is None:
        return _no_match(SHOWN_KEYS)
    if expect.kind is ExpectKind.YES_NO:
        return _yes_no(yes=value == "yes", shown=value)
    slot = question.keys_slot or question.slot
    if slot is None:
        return _no_match(SHOWN_KEYS)
    return _inform(slot, value, value, secret=question.secret, vault=vault)


def _keyed_value(digits: str, expect: Expect, *, today: date, locale: str) -> str | None:
    """The value these keys spell, in the same form as a spoken one; None where they do not.

    Keys are never guessed at: a number that is too short or too long is not the number asked for.
    """
    match expect.kind:
        case ExpectKind.YES_NO:
            return {"1": "yes", "2": "no"}.get(digits)
        case ExpectKind.DIGITS:
            fits = len(digits) == expect.length if expect.length else bool(digits)
            return digits if fits else None
        case ExpectKind.ACCOUNT_NUMBER:
            return digits if len(digits) == values.ACCOUNT_NUMBER_LENGTH else None
        case ExpectKind.DATE if len(digits) == _DATE_KEYS:
            return values.parse(expect, [digits], today=today, locale=locale).value
        case ExpectKind.AMOUNT if digits:
            return str(int(digits))  # in cents, as on a card terminal
        case _:
            return None
