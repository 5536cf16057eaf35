"""Gaps, repeats and jumps in the caller's sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.events import FaultKind
from telephony.frame_order import MAX_GAP_MESSAGES, MAX_PAUSE_MS, STALE_MESSAGES, FrameOrder


def kinds(faults):
    return [fault.kind for fault in faults]


def test_frames_in_order_keep_the_times_they_came_with():
    order = FrameOrder()
    assert [order.place(n, 5 + 20 * n, 1) for n in range(1, 5)] == [
        (25, []),
        (45, []),
        (65, []),
        (85, []),
    ]
    assert (order.frames_lost, order.frames_stale) == (0, 0)


def test_frames_without_number_or_time_follow_each_other():
    order = FrameOrder()
    assert [order.place(None, None, 1)[0] for _ in range(3)] == [0, 20, 40]
    assert order.place(4, None, 2) == (60, [])
    assert order.place(None, None, 1) == (100, [])


def test_a_stream_may_begin_at_any_number():
    order = FrameOrder()
    assert order.place(17, 40, 1) == (40, [])
    assert order.frames_lost == 0


def test_a_gap_is_counted_and_leaves_its_time():
    order = FrameOrder()
    order.place(1, 0, 1)
    at_ms, faults = order.place(5, 80, 1)
    assert (at_ms, kinds(faults), order.frames_lost) == (80, [FaultKind.FRAMES_LOST], 3)


def test_a_gap_leaves_its_time_even_when_nobody_tells_it():
    order = FrameOrder()
    order.place(1, None, 1)
    assert order.place(5, None, 1)[0] == 80


@pytest.mark.parametrize("back", [1, 2, STALE_MESSAGES])
def test_a_repeat_or_latecomer_is_dropped(back):
    order = FrameOrder()
    for number in range(1, 101):
        order.place(number, number * 20, 1)
    at_ms, faults = order.place(101 - back, 0, 1)
    assert (at_ms, kinds(faults), order.frames_stale) == (None, [FaultKind.STALE_FRAME], 1)
    assert order.place(101, 2020, 1) == (2020, [])


@pytest.mark.parametrize("number", [1, 101 + MAX_GAP_MESSAGES + 1, 10**30])
def test_a_renumbered_stream_goes_on(number):
    order = FrameOrder()
    for n in range(1, 101):
        order.place(n, n * 20, 1)
    at_ms, faults = order.place(number, 2020, 1)
    assert (at_ms, kinds(faults)) == (2020, [FaultKind.RENUMBERED])
    assert order.place(number + 1, 2040, 1) == (2040, [])
    assert order.frames_lost == 0


def test_a_pause_is_believed():
    order = FrameOrder()
    order.place(1, 0, 1)
    at_ms, faults = order.place(2, 5020, 1)
    assert (at_ms, kinds(faults)) == (5020, [FaultKind.TIMESTAMP_JUMP])
    assert order.place(3, 5040, 1) == (5040, [])


@pytest.mark.parametrize("told_ms", [0, -5, 42_020 + MAX_PAUSE_MS + 1, 10**30])
def test_a_clock_set_anew_does_not_tear_the_time(told_ms):
    order = FrameOrder()
    for number in range(1, 101):
        order.place(number, 40_000 + number * 20, 1)
    at_ms, faults = order.place(101, told_ms, 1)
    assert (at_ms, kinds(faults)) == (42_020, [FaultKind.TIMESTAMP_JUMP])
    assert order.place(102, told_ms + 20, 1) == (42_040, [])


def test_time_never_begins_below_zero():
    assert FrameOrder().place(1, -300, 1) == (0, [])


@given(
    st.lists(
        st.tuples(st.none() | st.integers(-10, 1200), st.none() | st.integers(-(10**6), 10**6)),
        max_size=60,
    )
)
def test_whatever_comes_time_stays_within_reason(messages):
    order = FrameOrder()
    latest_ms = 0
    for chunk, told_ms in messages:
        at_ms, _ = order.place(chunk, told_ms, 1)
        if at_ms is not None:
            assert latest_ms - 1000 <= at_ms <= latest_ms + MAX_PAUSE_MS + 20 * MAX_GAP_MESSAGES
            latest_ms = at_ms + 20
