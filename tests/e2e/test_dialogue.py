"""The dialogue at the level of texts, through the real Rasa and action servers."""

import os
import subprocess

from tests.e2e.servers import INTERNAL_TOKEN, RASA_FOLDER, RASA_MODEL, RASA_PYTHON


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(RASA_PYTHON), *argv],
        cwd=RASA_FOLDER,
        env={
            **os.environ,
            "IVR_INTERNAL_TOKEN": INTERNAL_TOKEN,
            "RASA_TELEMETRY_ENABLED": "false",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_every_dialogue_goes_as_it_is_written_down(dialogue):
    done = run(
        "tests/run_dialogues.py", "--rasa", dialogue["rasa"].url, "--stub", dialogue["stub"].url
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_test_utterances_are_understood():
    """Utterances that are not in the training data; the floor is in `measure_nlu.py`."""
    done = run("tests/measure_nlu.py", str(RASA_MODEL))
    assert done.returncode == 0, done.stdout + done.stderr
