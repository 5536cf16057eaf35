"""A3: whose turn it is."""

from datetime import date

import pytest

from ivr.call.turn_policy import TurnDetector, TurnEvent, TurnTiming, silence_needed_ms
from speech.expect import Expect

TIMING = TurnTiming()
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("expect", "partial", "needed"),
    [
        ("free", "", TIMING.usual_ms),
        ("free", "what is my balance", TIMING.usual_ms),
        ("free", "i would like to", TIMING.unfinished_ms),
        ("free", "i want to pay my", TIMING.unfinished_ms),
        ("yes_no", "yes", TIMING.complete_ms),
        ("yes_no", "well maybe", TIMING.usual_ms),
        ("account_number", "my account number is", TIMING.unfinished_ms),
        ("account_number", "four two seven", TIMING.unfinished_ms),
        ("account_number", "four two seven one nine three", TIMING.complete_ms),
        ("account_number", "i don't know it", TIMING.usual_ms),
        ("digits(4)", "four eight two one", TIMING.complete_ms),
        ("date", "march twelfth nineteen", TIMING.unfinished_ms),
        ("date", "march twelfth nineteen eighty four", TIMING.complete_ms),
        ("date", "march twelfth nineteen eighty", TIMING.usual_ms),
    ],
)
def test_the_silence_granted_follows_from_the_question_and_the_words(expect, partial, needed):
    assert silence_needed_ms(Expect.parse(expect), partial, TIMING, TODAY) == needed


def frames(detector: TurnDetector, pattern: str, *, line_speaks: bool = False) -> list[TurnEvent]:
    """Feed frames, `#` voiced and `.` silent; the events they brought."""
    events = []
    for mark in pattern:
        event = detector.frame(
            voiced=mark == "#", line_speaks=line_speaks, silence_needed_ms=TIMING.usual_ms
        )
        if event is not None:
            events.append(event)
    return events


SILENCE = "." * (TIMING.usual_ms // 20)


def test_a_turn_begins_with_voice_and_ends_with_silence():
    detector = TurnDetector(timing=TIMING)
    assert frames(detector, "." * 50 + "#" * 20) == [TurnEvent.SPEECH_BEGAN]
    assert detector.speaking
    assert frames(detector, SILENCE) == [TurnEvent.TURN_ENDED]
    assert not detector.speaking


def test_a_pause_within_the_limit_is_part_of_the_turn():
    detector = TurnDetector(timing=TIMING)
    frames(detector, "#" * 20)
    assert frames(detector, SILENCE[1:] + "#" * 20) == []
    assert frames(detector, SILENCE) == [TurnEvent.TURN_ENDED]


def test_single_clicks_are_not_speech():
    detector = TurnDetector(timing=TIMING)
    assert frames(detector, ("#" + "." * 9) * 20) == []
    assert not detector.speaking


def test_a_cough_does_not_stop_the_line():
    detector = TurnDetector(timing=TIMING)
    events = frames(detector, "#" * 8 + SILENCE, line_speaks=True)
    assert TurnEvent.BARGE_IN not in events


def test_a_caller_who_keeps_talking_stops_the_line_once():
    detector = TurnDetector(timing=TIMING)
    events = frames(detector, "#" * 60, line_speaks=True)
    assert events == [TurnEvent.SPEECH_BEGAN, TurnEvent.BARGE_IN]


def test_speech_that_began_before_the_line_does_stops_it():
    detector = TurnDetector(timing=TIMING)
    frames(detector, "#" * 40)
    assert frames(detector, "#", line_speaks=True) == [TurnEvent.BARGE_IN]


def test_a_caller_who_never_stops_is_given_an_end():
    detector = TurnDetector(timing=TIMING)
    events = frames(detector, "#" * (TIMING.longest_ms // 20 + 10))
    assert TurnEvent.TURN_ENDED in events
