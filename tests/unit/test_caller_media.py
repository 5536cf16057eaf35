"""The caller's playout, ears, handset and tape, frame by frame."""

import audioop
from pathlib import Path

import numpy as np
import pytest

from audio.frame import SAMPLES_PER_FRAME
from audio.wav import read_wav
from ivr.caller.handset import Handset
from ivr.caller.media import (
    BYTES_PER_MS,
    MAX_BUFFER_MS,
    SILENT_FRAME,
    Ear,
    PlayoutBuffer,
    PlayoutOverflow,
)
from ivr.caller.tape import Tape

LOUD_FRAME = audioop.lin2ulaw(np.full(SAMPLES_PER_FRAME, 8000, "<i2").tobytes(), 2)
FAINT_FRAME = audioop.lin2ulaw(np.full(SAMPLES_PER_FRAME, 100, "<i2").tobytes(), 2)


def test_sound_is_played_frame_by_frame_and_silence_fills_the_last():
    buffer = PlayoutBuffer()
    buffer.push(b"\x01" * 200)
    assert buffer.pending_ms == 25
    assert buffer.tick().mulaw == b"\x01" * 160
    assert buffer.tick().mulaw == b"\x01" * 40 + b"\xff" * 120
    assert buffer.tick().mulaw == SILENT_FRAME
    assert buffer.pending_ms == 0


def test_a_mark_returns_with_the_frame_that_plays_the_last_sound_before_it():
    buffer = PlayoutBuffer()
    buffer.push(b"\x01" * 160)
    buffer.mark("first")
    buffer.push(b"\x01" * 10)
    buffer.mark("second")
    buffer.push(b"\x01" * 160)
    assert [buffer.tick().marks for _ in range(3)] == [("first",), ("second",), ()]


def test_a_mark_behind_nothing_returns_at_once():
    buffer = PlayoutBuffer()
    buffer.mark("only")
    assert buffer.tick().marks == ("only",)


def test_clear_drops_the_sound_and_returns_every_mark_in_order():
    buffer = PlayoutBuffer()
    buffer.push(b"\x01" * 320)
    buffer.mark("first")
    buffer.push(b"\x01" * 160)
    buffer.mark("second")
    buffer.tick()
    assert buffer.clear() == ("first", "second")
    assert buffer.pending_ms == 0
    assert buffer.cleared_ms == 40
    buffer.push(b"\x02" * 160)
    buffer.mark("third")
    assert buffer.tick().marks == ("third",)


def test_a_line_that_sends_without_end_is_stopped():
    buffer = PlayoutBuffer()
    buffer.push(b"\x01" * MAX_BUFFER_MS * BYTES_PER_MS)
    with pytest.raises(PlayoutOverflow, match="10 minutes"):
        buffer.push(b"\x01")


def test_an_ear_tells_beginning_and_end_to_the_sample():
    ear = Ear()
    half = LOUD_FRAME[:80]
    ear.hear(0, SILENT_FRAME)
    ear.hear(20, FAINT_FRAME)
    assert ear.onsets_ms == []
    assert ear.quiet_ms(40) == 40
    ear.hear(40, b"\xff" * 80 + half)
    ear.hear(60, half + b"\xff" * 80)
    assert ear.onsets_ms == [50.0]
    assert ear.last_loud_ms == 70.0
    assert ear.quiet_ms(100) == 30.0
    assert ear.loud_ms == 40


def test_a_pause_between_words_is_no_new_beginning_but_a_long_quiet_is():
    ear = Ear()
    ear.hear(0, LOUD_FRAME)
    ear.hear(200, LOUD_FRAME)
    ear.hear(420, LOUD_FRAME)
    assert ear.onsets_ms == [0.0, 420.0]
    assert ear.onset_after(1) == 420.0
    assert ear.onset_after(421) is None


def test_the_handset_speaks_presses_keys_in_a_persons_rhythm_and_counts_time():
    handset = Handset()
    handset.connect(30)
    assert handset.now_ms == 20
    handset.speak(LOUD_FRAME + LOUD_FRAME[:80])
    handset.press("1#")
    handset.playout.push(LOUD_FRAME)
    handset.playout.mark("end")
    assert handset.speaking
    assert handset.pressing
    ticks = [handset.tick() for _ in range(12)]
    assert ticks[0].caller == LOUD_FRAME
    assert ticks[1].caller == LOUD_FRAME[:80] + b"\xff" * 80
    assert ticks[0].marks == ("end",)
    assert [tick.key for tick in ticks] == ["1", *[None] * 9, "#", None]
    assert handset.pressed_ms == [20, 220]
    assert not handset.speaking
    assert not handset.pressing
    assert handset.caller.last_loud_ms == 50.0
    assert handset.line.last_loud_ms == 40.0


def test_a_second_stream_begins_with_an_empty_buffer_and_time_never_goes_back():
    handset = Handset()
    handset.connect(1000)
    handset.playout.push(LOUD_FRAME)
    handset.tick()
    handset.connect(500)
    assert handset.now_ms == 1020
    assert handset.playout.pending_ms == 0


def test_the_tape_holds_both_sides_on_the_calls_clock(tmp_path: Path):
    tape = Tape()
    tape.record(40, LOUD_FRAME, SILENT_FRAME)
    tape.record(60, SILENT_FRAME, LOUD_FRAME)
    path = tmp_path / "deep" / "call.wav"
    tape.write(path)
    caller, line = (np.frombuffer(one, "<i2") for one in read_wav(path).channels)
    assert len(caller) == len(line) == 4 * SAMPLES_PER_FRAME
    assert np.flatnonzero(caller)[[0, -1]].tolist() == [320, 479]
    assert np.flatnonzero(line)[[0, -1]].tolist() == [480, 639]


def test_the_report_of_a_tape_measures_levels_clipping_and_gaps_in_talk():
    tape = Tape()
    loudest = b"\x80" * SAMPLES_PER_FRAME
    line = {0: LOUD_FRAME, 100: LOUD_FRAME, 500: LOUD_FRAME, 900: LOUD_FRAME, 4000: loudest}
    for at_ms in range(0, 4100, 20):
        caller = LOUD_FRAME if at_ms == 300 else SILENT_FRAME
        tape.record(at_ms, caller, line.get(at_ms, SILENT_FRAME))
    report = tape.report([700])
    # 100 to 500 holds the caller's words, 500 to 900 a key, 900 to 4000 is another turn.
    assert report.longest_gap_ms == 80
    assert report.line_s == 0.1
    assert report.caller_s == 0.02
    assert report.clipped_samples == SAMPLES_PER_FRAME
    assert report.line_peak_dbfs == -0.2
    assert report.line_rms_dbfs == pytest.approx(-6.3, abs=0.5)


def test_the_report_of_a_call_without_sound_has_no_levels():
    report = Tape().report([])
    assert report.line_rms_dbfs is None
    assert report.line_peak_dbfs is None
    assert report.longest_gap_ms == 0
