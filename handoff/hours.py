"""When people are there to take calls."""

import re
from dataclasses import dataclass
from datetime import datetime, time

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PATTERN = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """One span of time on some days of the week; `always` when there is no limit."""

    days: frozenset[int]
    opens: time
    closes: time
    spoken: str

    @classmethod
    def parse(cls, text: str) -> "OpeningHours":
        """Read `always` or, for example, `mon-fri 08:00-20:00`.

        Raises:
            ValueError: with a sentence that shows the form.
        """
        if text == "always":
            return cls(days=frozenset(range(7)), opens=time.min, closes=time.max, spoken="any time")
        match = _PATTERN.fullmatch(text.strip().lower())
        if match is None or match[1] not in _DAYS or (match[2] or match[1]) not in _DAYS:
            raise ValueError(f"opening hours {text!r}: write always, or mon-fri 08:00-20:00")
        first, last = _DAYS.index(match[1]), _DAYS.index(match[2] or match[1])
        days = frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))
        try:
            opens, closes = time(int(match[3]), int(match[4])), time(int(match[5]), int(match[6]))
        except ValueError as error:
            raise ValueError(f"opening hours {text!r}: {error}") from error
        if opens >= closes:
            raise ValueError(f"opening hours {text!r}: they must open before they close")
        span = _NAMES[first] if first == last else f"{_NAMES[first]} to {_NAMES[last]}"
        return cls(
            days=days,
            opens=opens,
            closes=closes,
            spoken=f"{span}, {_clock(opens)} to {_clock(closes)}",
        )

    def is_open(self, now: datetime) -> bool:
        """Whether people are there at this local time."""
        return now.weekday() in self.days and self.opens <= now.time() <= self.closes


def _clock(at: time) -> str:
    hour = at.hour % 12 or 12
    minutes = f" {at.minute}" if at.minute else ""
    return f"{hour}{minutes} {'a m' if at.hour < 12 else 'p m'}"
