"""Prepares what the line will say before the first caller hears it.

The dialogue's fixed sentences are asked of Rasa itself, so that what an admin edits is prepared
too; a sentence with a variable in it is prepared up to the clauses that are always the same.
"""

import re

import aiohttp
import structlog
from pydantic import SecretStr

from handoff.desk import NobodyThere, Queued, spoken_placement
from ivr.call import prompts

log = structlog.get_logger(__name__)

_SENTENCE = re.compile(r"[^.?!]+[.?!]")
_TIMEOUT = aiohttp.ClientTimeout(total=10)


def own_prompts(open_again: str, longest_wait: int = 5) -> list[str]:
    """What the IVR says by itself, the usual hand-overs included."""
    placements = [
        Queued(position=None, wait_s=None),
        *(Queued(position=1, wait_s=60 * minutes) for minutes in range(1, longest_wait + 1)),
        NobodyThere(why="closed", open_again=open_again),
        NobodyThere(why="full", open_again=open_again),
    ]
    return [*prompts.FIXED, *(spoken_placement(placement) for placement in placements)]


async def dialogue_prompts(
    http: aiohttp.ClientSession, rasa_url: str, token: SecretStr
) -> list[str]:
    """The fixed sentences of the dialogue's responses; empty when Rasa does not tell them."""
    try:
        async with http.get(
            f"{rasa_url}/domain",
            params={"token": token.get_secret_value()},
            headers={"Accept": "application/json"},
            timeout=_TIMEOUT,
        ) as response:
            response.raise_for_status()
            domain = await response.json()
        texts = [
            variation.get("text") or ""
            for variations in domain["responses"].values()
            for variation in variations
        ]
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, AttributeError) as error:
        log.warning("dialogue_prompts_unknown", error=type(error).__name__)
        return []
    return [sentence for text in texts for sentence in fixed_sentences(text)]


def fixed_sentences(text: str) -> list[str]:
    """The sentences of a response that hold no variable."""
    return [found.strip() for found in _SENTENCE.findall(text) if "{" not in found]
