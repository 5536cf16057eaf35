"""What must never be in a log: digits and secrets, in an exception's text or around it."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator

import pytest
import structlog

from ivr.logs import configure, described

PIN = "4821"
TOKEN = "not-for-the-log"
Wrong = type("Wrong", (Exception,), {})


class Terminal(io.StringIO):
    """A stderr of either kind."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.fixture(params=["json", "columns"])
def written(request, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """The log of both renderers, read by calling it."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stderr = Terminal(is_terminal=request.param == "columns")
    monkeypatch.setattr(sys, "stderr", stderr)
    configure(as_json=request.param == "json")
    yield stderr.getvalue
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def takes_the_pin(pin: str) -> None:
    spoken = " ".join(pin)
    raise Wrong(f"cannot take {pin} {spoken} {TOKEN}")


def fails() -> None:
    try:
        takes_the_pin(PIN)
    except Wrong as error:
        error.add_note(TOKEN)
        raise RuntimeError(f"failed with {PIN}") from error


def is_clean(text: str) -> bool:
    return not any(secret in text for secret in (PIN, "4 8 2 1", TOKEN))


def test_our_own_logs_show_type_and_place_only(written):
    try:
        fails()
    except RuntimeError:
        structlog.get_logger("ivr.test").exception("call_failed", call_sid="CA1")
    assert is_clean(written())
    assert "RuntimeError" in written()
    assert "because of: Wrong" in written()
    assert "test_logs.py:" in written()
    assert "in takes_the_pin" in written()
    assert "CA1" in written()


def test_an_exception_given_as_a_value_is_its_type(written):
    structlog.get_logger("ivr.test").error("call_failed", error=Wrong(PIN))
    assert is_clean(written())
    assert "Wrong" in written()


def test_the_logs_of_libraries_show_no_more(written):
    library = logging.getLogger("library")
    try:
        fails()
    except RuntimeError as error:
        library.exception("it failed: %s", error)
        library.error("it failed: %(why)r", {"why": error})
        library.error(error)
    assert is_clean(written())
    assert "it failed: RuntimeError" in written()
    assert "in takes_the_pin" in written()


async def test_a_task_whose_failure_nobody_fetched_is_told_without_it(written):
    loop = asyncio.get_running_loop()
    failed = loop.create_future()
    failed.set_exception(Wrong(PIN))
    message = "Future exception was never retrieved"
    loop.default_exception_handler(
        {"message": message, "exception": failed.exception(), "future": failed}
    )
    assert is_clean(written())
    assert message in written()
    assert "Wrong" in written()


def test_what_libraries_say_otherwise_stays(written):
    logging.getLogger("library").warning("%s of %d", "three", 4)
    logging.getLogger("library").warning("plain")
    assert "three of 4" in written()
    assert "plain" in written()


def test_json_lines_are_whole(written):
    try:
        fails()
    except RuntimeError:
        structlog.get_logger("ivr.test").exception("call_failed")
    if written().startswith("{"):
        assert json.loads(written())["exception"].startswith("RuntimeError\n")


def test_a_group_is_described_with_what_is_in_it():
    try:
        try:
            fails()
        except RuntimeError as error:
            raise ExceptionGroup(PIN, [error, ValueError(TOKEN)]) from None
    except ExceptionGroup as group:
        text = described(group)
    assert is_clean(text)
    assert "within it: RuntimeError" in text
    assert "within it: ValueError" in text


def test_a_circle_of_causes_comes_to_an_end():
    first, second = ValueError(PIN), KeyError(PIN)
    first.__cause__, second.__cause__ = second, first
    assert described(first) == "ValueError\nbecause of: KeyError"


def test_a_deep_recursion_does_not_fill_the_log():
    def deeper(times: int) -> None:
        if times == 0:
            raise Wrong
        deeper(times - 1)

    with pytest.raises(Wrong) as caught:
        deeper(100)
    assert len(described(caught.value).splitlines()) == 31
