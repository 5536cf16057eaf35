"""What was said before is not made again."""

from pathlib import Path

import pytest

from speech.synthesis.cache import PromptCache


def test_what_was_put_is_there_and_what_was_not_is_not():
    cache = PromptCache(None)
    assert cache.get("Hello.") is None
    cache.put("Hello.", b"sound", keep=True)
    assert cache.get("Hello.") == b"sound"
    assert not cache.is_kept("Hello.")


def test_what_was_used_longest_ago_goes_first():
    cache = PromptCache(None, limit_bytes=10)
    cache.put("a", b"aaaa")
    cache.put("b", b"bbbb")
    cache.get("a")
    cache.put("c", b"cccc")
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (b"aaaa", None, b"cccc")
    cache.put("a", b"AAAAAA")
    assert (cache.get("a"), cache.get("c")) == (b"AAAAAA", b"cccc")
    cache.put("huge", bytes(11))
    assert cache.get("huge") is None


def test_prompts_that_are_kept_outlive_the_process(tmp_path: Path):
    first = PromptCache(tmp_path / "joe")
    first.put("Hello.", b"hello", keep=True)
    first.put("Your balance is one dollar.", b"private")
    second = PromptCache(tmp_path / "joe")
    assert second.is_kept("Hello.")
    assert second.get("Hello.") == b"hello"
    assert second.get("Your balance is one dollar.") is None
    assert PromptCache(tmp_path / "another voice").get("Hello.") is None


@pytest.mark.parametrize("content", [b"", b"abc", b"\0\0\0\0hello"])
def test_a_damaged_file_is_made_again(tmp_path: Path, content: bytes):
    cache = PromptCache(tmp_path)
    cache.put("Hello.", b"hello", keep=True)
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    fresh = PromptCache(tmp_path)
    if content:
        assert fresh.get("Hello.") is None
        assert not fresh.is_kept("Hello.")
    fresh.put("Hello.", b"hello", keep=True)
    assert PromptCache(tmp_path).get("Hello.") == b"hello"


def test_a_full_disk_costs_only_the_copy_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    cache = PromptCache(tmp_path / "joe")
    monkeypatch.setattr(Path, "replace", full)
    cache.put("Hello.", b"hello", keep=True)
    assert cache.get("Hello.") == b"hello"
    assert list((tmp_path / "joe").iterdir()) == []


def test_a_place_that_cannot_be_written_costs_only_the_copy(tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    cache = PromptCache(tmp_path / "file")
    cache.put("Hello.", b"hello", keep=True)
    assert cache.get("Hello.") == b"hello"
