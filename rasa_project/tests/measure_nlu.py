"""Measures a model's understanding with tests/nlu_test.yml.

    python tests/measure_nlu.py models/dialogue.tar.gz

Not understood (`nlu_fallback`) and out of scope count as the same answer, because the dialogue
treats them alike. Prints precision, recall and F1 of every intent and each utterance that was
understood wrongly; exits with 1 when fewer than 90 % are right.
"""

import asyncio
import logging
import sys
import warnings
from collections import Counter
from pathlib import Path

import structlog
from rasa.core.agent import Agent
from ruamel.yaml import YAML

UTTERANCES = Path(__file__).with_name("nlu_test.yml")
NOT_UNDERSTOOD = "out_of_scope"
REQUIRED_ACCURACY = 0.9


def utterances() -> list[tuple[str, str]]:
    """Text and intent of every utterance."""
    blocks = YAML(typ="safe").load(UTTERANCES.read_text())["nlu"]
    return [
        (line.removeprefix("- "), block["intent"])
        for block in blocks
        for line in block["examples"].splitlines()
    ]


async def understood(agent: Agent, text: str) -> tuple[str, float]:
    """The intent of a text and its confidence."""
    intent = (await agent.parse_message(text))["intent"]
    name = NOT_UNDERSTOOD if intent["name"] == "nlu_fallback" else intent["name"]
    return name, intent["confidence"]


async def main(model: str) -> int:
    """Measure and report."""
    agent = Agent.load(model)
    right: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for text, intent in utterances():
        name, confidence = await understood(agent, text)
        wanted[intent] += 1
        given[name] += 1
        if name == intent:
            right[intent] += 1
        else:
            print(f"{intent} understood as {name} ({confidence:.2f}): {text}")
    print(f"\n{'intent':24}{'precision':>10}{'recall':>8}{'f1':>6}{'n':>5}")
    for intent in sorted(wanted):
        precision = right[intent] / given[intent] if given[intent] else 0.0
        recall = right[intent] / wanted[intent]
        f1 = 2 * precision * recall / (precision + recall) if right[intent] else 0.0
        print(f"{intent:24}{precision:10.2f}{recall:8.2f}{f1:6.2f}{wanted[intent]:5}")
    accuracy = right.total() / wanted.total()
    print(f"{'accuracy':24}{accuracy:10.3f}{wanted.total():19}")
    return 0 if accuracy >= REQUIRED_ACCURACY else 1


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    # Rasa logs every utterance at debug level until its server has set the level.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sys.exit(asyncio.run(main(sys.argv[1])))
