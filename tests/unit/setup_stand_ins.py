"""Stand-ins that the tests of the set-up share."""

import os
from pathlib import Path

from scripts.provision.jobs import Job


def job_in(folder: Path, **environ: str) -> Job:
    """A job that runs in the folder and logs there, with nothing but PATH and `environ` set."""
    return Job(
        log=folder / "step.log",
        folder=folder,
        environ={"PATH": os.environ["PATH"], **environ},
        advice="Ask somebody.",
        keep_open=0,
    )


def executable(path: Path, script: str) -> Path:
    """Makes a shell script that can be run as a command."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def a_python(path: Path, version: str = "3 10") -> Path:
    """Makes a command that answers as a Python asked for its version."""
    return executable(path, f"echo {version}")
