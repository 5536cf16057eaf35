"""Secrets by reference."""

import re

import pytest

from dialog.secrets import Secret, SecretVault


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vault(clock: Clock) -> SecretVault:
    return SecretVault(clock=clock, keep_s=60, capacity=2)


def test_a_secret_comes_back_once(vault: SecretVault):
    reference = vault.put("pin", "4821")

    assert vault.resolve(reference) == Secret(kind="pin", value="4821")
    assert vault.resolve(reference) is None


def test_a_reference_says_nothing_of_the_secret_and_is_never_the_same(vault: SecretVault):
    first, second = vault.put("pin", "4821"), vault.put("pin", "4821")

    assert first != second
    assert re.fullmatch(r"secret:[A-Za-z0-9_-]{20,}", first)
    assert "4821" not in first


def test_a_reference_that_never_was_gives_nothing(vault: SecretVault):
    vault.put("pin", "4821")

    assert vault.resolve("secret:guessed") is None
    assert vault.resolve("") is None


def test_a_secret_is_forgotten_when_its_time_is_over(vault: SecretVault, clock: Clock):
    reference = vault.put("pin", "4821")
    clock.now_s += 60

    assert vault.resolve(reference) is None


def test_a_secret_can_be_had_until_just_before(vault: SecretVault, clock: Clock):
    reference = vault.put("pin", "4821")
    clock.now_s += 59.9

    assert vault.resolve(reference) is not None


def test_one_secret_too_many_drops_the_oldest(vault: SecretVault):
    references = [vault.put("pin", str(number)) for number in range(3)]

    assert vault.resolve(references[0]) is None
    assert vault.resolve(references[1]) == Secret(kind="pin", value="1")
    assert vault.resolve(references[2]) == Secret(kind="pin", value="2")


def test_an_old_secret_makes_room_before_a_newer_one_is_dropped(vault: SecretVault, clock: Clock):
    vault.put("pin", "1")
    clock.now_s += 30
    kept = vault.put("pin", "2")
    clock.now_s += 30
    vault.put("pin", "3")

    assert vault.resolve(kept) == Secret(kind="pin", value="2")


def test_at_the_end_of_the_call_everything_is_forgotten(vault: SecretVault):
    reference = vault.put("pin", "4821")
    vault.clear()

    assert vault.resolve(reference) is None


def test_nothing_that_is_printed_shows_a_secret(vault: SecretVault):
    reference = vault.put("date_of_birth", "1984-03-12")

    assert repr(vault) == "<SecretVault with 1 secrets>"
    assert "1984" not in repr(vault.resolve(reference))
