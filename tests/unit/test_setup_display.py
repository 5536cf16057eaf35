"""What the set-up shows of its progress, and what it tells uv about the registry."""

import io
from pathlib import Path

import pytest

from scripts.provision import registries
from scripts.provision.display import LiveDisplay, PlainDisplay, Running, display_for


def running(name: str, elapsed_s: float, doing: str = "") -> Running:
    return Running(name=name, elapsed_s=elapsed_s, doing=doing)


def test_a_log_gets_a_sign_of_life_every_15_seconds() -> None:
    out = io.StringIO()
    display = PlainDisplay(out)
    for elapsed_s in (1, 14.9, 15.1, 16, 29, 30.2):
        display.show([running("app-env", elapsed_s), running("rasa-env", elapsed_s - 1)])
    display.show([])
    assert out.getvalue().splitlines() == [
        "setup: still at app-env (15 s), rasa-env (14 s)",
        "setup: still at app-env (30 s), rasa-env (29 s)",
    ]


def test_a_terminal_has_one_line_for_each_running_step_drawn_over_and_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out = io.StringIO()
    display = LiveDisplay(out)
    display.show([running("app-env", 3, "Downloading\x1b[1m everything there is"), running("b", 3)])
    first = out.getvalue()
    assert [len(line) < 40 for line in first.splitlines()] == [True, True]
    assert "app-env          3 s  Downloading" in first
    assert "\x1b" not in first
    display.note("b: done")
    assert out.getvalue() == first + "\x1b[2F\x1b[Jsetup: b: done\n"


def test_live_lines_are_for_terminals_only() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert isinstance(display_for(Terminal(), "xterm"), LiveDisplay)
    assert isinstance(display_for(Terminal(), "dumb"), PlainDisplay)
    assert isinstance(display_for(io.StringIO(), "xterm"), PlainDisplay)


def test_uv_gets_the_registry_that_pip_is_configured_for(tmp_path: Path) -> None:
    settings = "\n".join(
        (
            "global.index-url='http://example.test/old'",
            "global.trusted-host='example.test'",
            "install.index-url='http://example.test/new'",
            ":env:.extra-index-url='http://a.test/x\\nhttp://b.test/y'",
            f":env:.find-links='{tmp_path} {tmp_path}/gone http://wheels.test/'",
            ":env:.cert='certificates.pem'",
            "wheel.index-url='http://example.test/for-another-command'",
            "not a setting",
        )
    )
    assert registries.uv_environment(settings, {}) == {
        "UV_DEFAULT_INDEX": "http://example.test/new",
        "UV_INDEX": "http://a.test/x http://b.test/y",
        "UV_INSECURE_HOST": "example.test",
        "UV_FIND_LINKS": f"{tmp_path},http://wheels.test/",
        "SSL_CERT_FILE": "certificates.pem",
    }


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_what_is_set_for_uv_stays(name: str) -> None:
    settings = "global.index-url='http://example.test/pip'"
    assert registries.uv_environment(settings, {name: "http://example.test/uv"}) == {}
