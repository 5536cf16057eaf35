"""One-time tokens for streams."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.stream_token import Refusal, StreamTokens
from tests.fakes.twilio import AUTH_TOKEN, CALL_SID, RememberingTokens


class Clock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.now_s = 1_790_000_000.5

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock) -> StreamTokens:
    return StreamTokens(auth_token=AUTH_TOKEN, used=RememberingTokens(), clock=clock, ttl_s=60)


async def test_a_token_opens_one_stream_of_its_call(tokens):
    token = tokens.issue(CALL_SID)
    assert (await tokens.admit(CALL_SID, token)).refusal is None
    assert (await tokens.admit(CALL_SID, token)).refusal is Refusal.REUSED


async def test_a_token_of_another_call_is_refused_and_not_used_up(tokens):
    token = tokens.issue(CALL_SID)
    assert (await tokens.admit("CA" + "f" * 32, token)).refusal is Refusal.WRONG_CALL
    assert (await tokens.admit(CALL_SID, token)).refusal is None


@pytest.mark.parametrize(("later_s", "refusal"), [(59, None), (60, Refusal.EXPIRED)])
async def test_a_token_expires(tokens, clock, later_s, refusal):
    token = tokens.issue(CALL_SID)
    clock.now_s += later_s
    assert (await tokens.admit(CALL_SID, token)).refusal is refusal


async def test_a_token_of_another_account_is_forged(tokens, clock):
    other = StreamTokens(auth_token="other", used=RememberingTokens(), clock=clock, ttl_s=60)
    assert (await tokens.admit(CALL_SID, other.issue(CALL_SID))).refusal is Refusal.FORGED


@pytest.mark.parametrize("token", ["", ".", "a.b", "a", "\u00e9.\u00e9", "YQ.YQ", "a" * 10_000])
async def test_what_is_no_token_is_forged(tokens, token):
    assert (await tokens.admit(CALL_SID, token)).refusal is Refusal.FORGED


@pytest.mark.parametrize("_attempt", range(30))
async def test_a_token_with_one_character_changed_is_forged(tokens, _attempt):
    token = tokens.issue(CALL_SID)
    for place in range(len(token)):
        changed = token[:place] + ("B" if token[place] == "A" else "A") + token[place + 1 :]
        assert (await tokens.admit(CALL_SID, changed)).refusal is Refusal.FORGED
    assert (await tokens.admit(CALL_SID, token)).refusal is None


@given(token=st.text(max_size=200))
async def test_no_text_by_chance_is_a_token(token):
    tokens = StreamTokens(auth_token="t", used=RememberingTokens(), clock=lambda: 0.0, ttl_s=60)
    assert (await tokens.admit(CALL_SID, token)).refusal is Refusal.FORGED


def test_a_token_fits_into_a_parameter_and_no_two_are_alike(tokens):
    issued = {tokens.issue(CALL_SID) for _ in range(100)}
    assert len(issued) == 100
    assert all(len(token) < 200 and token.isascii() for token in issued)
    assert AUTH_TOKEN not in "".join(issued)
