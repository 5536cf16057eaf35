"""Wrong settings stop the start with a sentence."""

import pytest

from telephony.settings import TelephonySettings


@pytest.mark.parametrize(
    ("public_url", "sentence"),
    [
        ("ivr.example.com", "not an http"),
        ("wss://ivr.example.com", "not an http"),
        ("https://", "not an http"),
        ("https://ivr.example.com/?a=1", "must not have a query"),
        ("https://ivr.example.com/#a", "must not have a query or fragment"),
    ],
)
def test_a_public_url_that_cannot_work_is_named(public_url, sentence):
    with pytest.raises(ValueError, match=sentence):
        TelephonySettings(auth_token="t", public_url=public_url)


def test_an_empty_auth_token_is_refused():
    with pytest.raises(ValueError, match="auth_token is empty"):
        TelephonySettings(auth_token="", public_url="https://ivr.example.com")


def test_the_auth_token_is_not_shown():
    settings = TelephonySettings(auth_token="very-secret", public_url="https://ivr.example.com")
    assert "very-secret" not in repr(settings)
