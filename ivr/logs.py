"""Structured logs: JSON lines, or columns on a terminal.

No log line holds words, digits or secrets of a caller. An exception's text and the variables around
it may, so that of an exception only its type and its place are written, whoever logs it.
"""

import logging
import sys
from collections.abc import Iterator, Mapping
from traceback import walk_tb

import structlog
from structlog.typing import EventDict, ExcInfo, WrappedLogger

_CHATTY = ("aiohttp.access", "alembic", "asyncio")
_MOST_FRAMES = 30
"""Of each exception, nearest to where it was raised: a recursion would fill the log."""


def configure(*, as_json: bool, verbose: bool = False) -> None:
    """Set up logging for the process; the libraries' own logs go the same way."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    json = as_json or not sys.stderr.isatty()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Formatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _only_types,
                structlog.processors.ExceptionRenderer(_described),
                structlog.processors.JSONRenderer()
                if json
                # Not its own formatter, which shows the variables of every frame.
                else structlog.dev.ConsoleRenderer(
                    exception_formatter=structlog.dev.plain_traceback
                ),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)


def described(error: BaseException) -> str:
    """An exception without its text: its type, where it came from, and the same of its causes."""
    return "\n".join(_lines(error, seen=set()))


def _described(exc_info: ExcInfo) -> str:
    return described(exc_info[1])


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    yield type(error).__qualname__
    frames = [
        f"  {frame.f_code.co_filename}:{line} in {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    yield from frames[-_MOST_FRAMES:]
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    for relation, other in (*(("within it", each) for each in inner), ("because of", before)):
        if other is not None and id(other) not in seen:
            first, *rest = _lines(other, seen)
            yield f"{relation}: {first}"
            yield from rest


def _only_types(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """An exception given as a value would be written with its text."""
    return {
        key: type(value).__qualname__
        if isinstance(value, BaseException) and key != "exc_info"
        else value
        for key, value in event.items()
    }


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Takes the texts of exceptions out of what libraries say."""

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.msg, dict):  # ours: its processors see to it
            return super().format(record)
        changes: dict[str, object] = {"args": _without_texts(record.args)}
        if isinstance(record.msg, BaseException):
            changes["msg"] = type(record.msg).__qualname__
        elif record.name == "asyncio" and isinstance(record.msg, str):
            # Its further lines show the task or future in question, and that its exception.
            changes["msg"] = record.msg.partition("\n")[0]
        return super().format(logging.makeLogRecord({**record.__dict__, **changes}))


def _without_texts(args: object) -> object:
    if isinstance(args, tuple):
        return tuple(_type_or_value(each) for each in args)
    if isinstance(args, Mapping):
        return {name: _type_or_value(each) for name, each in args.items()}
    return args


def _type_or_value(value: object) -> object:
    return type(value).__qualname__ if isinstance(value, BaseException) else value
