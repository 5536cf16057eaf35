"""Runs tests/e2e/dialogues.yaml through running Rasa, action and stub servers.

    python tests/run_dialogues.py --rasa http://localhost:5005 --stub http://localhost:15056

Exits with 1 and a list of what differs. The format is described in the file itself.
"""

import argparse
import asyncio
import os
import re
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import aiohttp
from ruamel.yaml import YAML

DIALOGUES = Path(__file__).parents[2] / "tests" / "e2e" / "dialogues.yaml"
SECRET = re.compile(r"<<(.+?)>>")
CALM = {"silences": 0, "misses": 0, "verified": False}


class Runner:
    """Sends messages and notes what differs."""

    def __init__(self, session: aiohttp.ClientSession, rasa: str, stub: str) -> None:
        """Talk to these two servers."""
        self._session, self._stub = session, stub
        self._webhook = f"{rasa}/webhooks/voice/webhook"
        self.problems: list[str] = []
        self.latencies_ms: list[float] = []

    async def dialogue(self, script: dict[str, Any]) -> None:
        """Play one dialogue in a conversation of its own."""
        sender = f"{script.get('sender', 'CA')}-{uuid.uuid4().hex}"
        await self._fault("ok")
        for number, step in enumerate(script["steps"], 1):
            if "fault" in step:
                await self._fault(step["fault"])
            status, answer = await self.send(sender, step["send"], step.get("meta", {}))
            for problem in differences(step, status, answer):
                self.problems.append(f"{script['name']}, step {number} {step['send']!r}: {problem}")
        await self._fault("ok")

    async def cell(self, state: str, before: list[str], message: str) -> None:
        """Send one message in one state."""
        sender = f"CA-{uuid.uuid4().hex}"
        for earlier in before:
            await self.send(sender, earlier, {})
        status, answer = await self.send(sender, message, {})
        for problem in differences({}, status, answer):
            self.problems.append(f"{state}, {message!r}: {problem}")

    async def send(self, sender: str, message: str, meta: dict[str, Any]) -> "tuple[int, Any]":
        """Post one message as the IVR server does."""
        body = {
            "sender": sender,
            "message": SECRET.sub(r"secret:\1", message),
            "metadata": {**CALM, **meta},
        }
        began = time.perf_counter()
        async with self._session.post(self._webhook, json=body) as response:
            answer = await response.json()
        self.latencies_ms.append((time.perf_counter() - began) * 1000)
        return response.status, answer

    async def _fault(self, mode: str) -> None:
        async with self._session.post(f"{self._stub}/faults", json={"mode": mode}):
            pass


def differences(step: dict[str, Any], status: int, answer: dict[str, Any]) -> list[str]:
    """What an answer has otherwise than the step demands."""
    if status != step.get("status", 200):
        return [f"status {status}: {answer}"]
    if status != 200:
        return []
    messages = answer["messages"]
    text = " ".join(message["text"] for message in messages)
    found = [f"not complete: {messages}"] if not _is_complete(messages) else []
    at = 0
    for part in step.get("says", []):
        position = text.lower().find(part.lower(), at)
        if position < 0:
            found.append(f"does not say {part!r}: {text!r}")
            break
        at = position + len(part)
    found += [f"says {part!r}: {text!r}" for part in step.get("never", []) if part in text]
    last = (messages[-1]["custom"] or {}) if messages else {}
    pairs = {f"custom.{key}": (last.get(key), value) for key, value in step.get("last", {}).items()}
    for key, value in step.get("slots", {}).items():
        pairs[f"slots.{key}"] = (answer["slots"].get(key), value)
    if "intent" in step:
        pairs["intent"] = (answer["intent"]["name"], step["intent"])
    if "form" in step:
        pairs["form"] = (answer["active_form"], step["form"])
    if "messages" in step:
        pairs["messages"] = (len(messages), step["messages"])
    return found + [
        f"{key} is {is_!r}, not {want!r}" for key, (is_, want) in pairs.items() if is_ != want
    ]


def _is_complete(messages: list[dict[str, Any]]) -> bool:
    """One question or one `do`, in the last message and nowhere else."""
    ends = [bool({"expect", "do"} & set(message["custom"] or {})) for message in messages]
    return bool(ends) and ends[-1] and sum(ends) == 1 and all(m["text"] for m in messages)


async def main() -> int:
    """Run everything and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rasa", default="http://localhost:5005")
    parser.add_argument("--stub", default="http://localhost:15056")
    arguments = parser.parse_args()
    content = YAML(typ="safe").load(DIALOGUES.read_text())
    headers = {"Authorization": f"Bearer {os.environ['IVR_INTERNAL_TOKEN']}"}
    timeout = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
        runner = Runner(session, arguments.rasa, arguments.stub)
        for script in content["dialogues"]:
            await runner.dialogue(script)
        for state, before in content["matrix"]["states"].items():
            for message in content["matrix"]["messages"]:
                await runner.cell(state, before, message)
    taken = sorted(runner.latencies_ms)
    print(*runner.problems, sep="\n")
    print(
        f"{len(content['dialogues'])} dialogues, {len(taken)} messages,"
        f" {len(runner.problems)} problems;"
        f" p50 {taken[len(taken) // 2]:.0f} ms, p95 {taken[int(len(taken) * 0.95)]:.0f} ms"
    )
    return 1 if runner.problems else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
