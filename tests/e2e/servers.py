"""The real servers that the end-to-end tests run against, as processes of their own."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivr.caller.connection import Connection
from ivr.run.child import free_port

ROOT = Path(__file__).parents[2]
RASA_FOLDER = ROOT / "rasa_project"
RASA_PYTHON = RASA_FOLDER / ".venv" / "bin" / "python"
RASA_MODEL = RASA_FOLDER / "models" / "dialogue.tar.gz"
INTERNAL_TOKEN = "end-to-end-internal"
AUTH_TOKEN = "end-to-end-twilio"
API_TOKEN = "end-to-end-api"
START_LIMIT_S = 300


@dataclass(slots=True, kw_only=True)
class Server:
    """One process; `url` answers at `health` once it works."""

    argv: Sequence[str]
    url: str
    health: str
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = ROOT
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ivr.run.tethered", *self.argv],
                stdout=output,
                stderr=output,
                env={**os.environ, **self.env},
                cwd=self.cwd,
                start_new_session=True,
            )

    def wait(self, until: Callable[[int, bytes], bool] = lambda status, _: status == 200) -> None:
        """Wait until its health is as wanted; the end of its log is shown when it is not."""
        limit = time.monotonic() + START_LIMIT_S
        while time.monotonic() < limit:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            status, body = fetch(self.url + self.health)
            if until(status, body):
                return
            time.sleep(0.3)
        raise AssertionError(f"{self.log.name} did not come up:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def fetch(url: str, *, token: str = "") -> tuple[int, bytes]:
    """Status and body; status 0 when nobody answers."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


def whole_line(folder: Path) -> Server:
    """`ivr run`: every part, the embedded store included."""
    port = free_port()
    return Server(
        argv=[sys.executable, "-m", "ivr", "run"],
        url=f"http://127.0.0.1:{port}",
        health="/readyz",
        log=folder / "run.log",
        env=_ivr_env(folder, port),
    )


def line_alone(folder: Path, *, rasa_url: str, redis_url: str) -> Server:
    """`ivr serve`, with the other parts given."""
    port = free_port()
    return Server(
        argv=[sys.executable, "-m", "ivr", "serve"],
        url=f"http://127.0.0.1:{port}",
        health="/readyz",
        log=folder / "serve.log",
        env={
            **_ivr_env(folder, port),
            "IVR_INTERNAL_PORT": str(free_port()),
            "RASA_URL": rasa_url,
            "REDIS_URL": redis_url,
        },
    )


def dialogue_with_stub(folder: Path) -> dict[str, Server]:
    """Rasa, its actions, and the stand-in for the internal API that can fail on demand."""
    stub, actions, rasa = (f"http://127.0.0.1:{free_port()}" for _ in range(3))
    env = {
        "IVR_INTERNAL_TOKEN": INTERNAL_TOKEN,
        "IVR_INTERNAL_URL": stub,
        "RASA_ACTIONS_URL": f"{actions}/webhook",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "SANIC_HOST": "127.0.0.1",
    }

    def server(name: str, url: str, health: str, *argv: str) -> Server:
        return Server(
            argv=[str(RASA_PYTHON), *argv],
            url=url,
            health=health,
            log=folder / f"{name}.log",
            env=env,
            cwd=RASA_FOLDER,
        )

    return {
        "stub": server("stub", stub, "/", "tests/stub_api.py", "--port", _port(stub)),
        "actions": server(
            "actions", actions, "/health",
            *("-m", "rasa_sdk", "--actions", "actions", "--port", _port(actions)),
        ),
        "rasa": server(
            "rasa", rasa, "/",
            *("serve.py", "--model", str(RASA_MODEL)),
            *("--interface", "127.0.0.1", "--port", _port(rasa)),
            *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
        ),
    }  # fmt: skip


def connection(url: str) -> Connection:
    """How `ivr call` reaches a line of these tests."""
    return Connection(url=url, public_url=url, auth_token=AUTH_TOKEN, api_token=API_TOKEN)


def place_call(
    server: Server, scenario: Path, result: Path, *options: str
) -> subprocess.Popen[bytes]:
    """Start `ivr call` for one scenario; its result goes to a JSON file beside a recording."""
    with result.with_suffix(".log").open("wb") as output:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "ivr", "call", str(scenario), "--url", server.url),
                *("--json", str(result), "--wav", str(result.with_suffix(".wav")), *options),
            ],
            stdout=output,
            stderr=output,
            env={**os.environ, "TWILIO_AUTH_TOKEN": AUTH_TOKEN, "IVR_API_TOKEN": API_TOKEN},
            cwd=ROOT,
        )


def read_result(result: Path) -> dict[str, object]:
    """What `ivr call` wrote; what it printed, when it wrote nothing."""
    assert result.exists(), result.with_suffix(".log").read_text()
    found: dict[str, object] = json.loads(result.read_bytes())
    return found


def _ivr_env(folder: Path, port: int) -> dict[str, str]:
    return {
        "IVR_PORT": str(port),
        "IVR_VAR_DIR": str(folder),
        "IVR_INTERNAL_TOKEN": INTERNAL_TOKEN,
        "IVR_API_TOKEN": API_TOKEN,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
    }


def _port(url: str) -> str:
    return url.rpartition(":")[2]
