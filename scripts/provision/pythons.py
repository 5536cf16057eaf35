"""Finds the Python 3.10 that Rasa needs, past broken shims."""

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from .jobs import StepFailed

WANTED = (3, 10)

Probe = Callable[[Path], tuple[int, int] | None]

_ASK_VERSION = "import sys; print(*sys.version_info[:2])"
_ADVICE = "Set RASA_PYTHON to the path of a Python 3.10 and run the set-up again."


class Uv(Protocol):
    """The two things that uv is asked for."""

    async def find(self, *, managed: bool) -> Path | None:
        """A Python 3.10 that is there; only one that uv itself installed when `managed`."""

    async def install(self) -> None:
        """Downloads a Python 3.10.

        Raises:
            StepFailed: it cannot be had.
        """


def probe(path: Path) -> tuple[int, int] | None:
    """The version that an interpreter reports; None when it does not run (as a broken shim)."""
    try:
        answer = subprocess.run(
            [path, "-c", _ASK_VERSION], capture_output=True, text=True, timeout=10, check=True
        )
        major, minor = answer.stdout.split()
        return int(major), int(minor)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def chosen(environ: Mapping[str, str], ask: Probe) -> Path | None:
    """The interpreter that RASA_PYTHON names; None when it is not set.

    Raises:
        StepFailed: it is set and wrong; it is never passed over in silence.
    """
    value = environ.get("RASA_PYTHON", "")
    if not value:
        return None
    found = shutil.which(Path(value).expanduser(), path=environ.get("PATH"))
    if found is None:
        raise StepFailed(f"RASA_PYTHON is {value}, and there is no such program", advice=_ADVICE)
    version = ask(Path(found))
    if version is None:
        raise StepFailed(f"RASA_PYTHON is {value}, which does not run as Python", advice=_ADVICE)
    if version != WANTED:
        raise StepFailed(
            f"RASA_PYTHON is {value}, which is Python {version[0]}.{version[1]}; "
            "Rasa runs on Python 3.10 only",
            advice=_ADVICE,
        )
    return Path(found).absolute()


def under_pyenv(environ: Mapping[str, str], home: Path, ask: Probe) -> Path | None:
    """The newest Python 3.10 that runs among pyenv's versions."""
    versions = Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    patches = [
        (int(match[1]), folder / "bin" / "python")
        for folder in versions.glob("3.10.*")
        if (match := re.fullmatch(r"3\.10\.(\d+)", folder.name))
    ]
    return next((path for _, path in sorted(patches, reverse=True) if ask(path) == WANTED), None)


async def find(environ: Mapping[str, str], home: Path, uv: Uv, ask: Probe = probe) -> Path:
    """A Python 3.10: RASA_PYTHON, else what uv finds, else pyenv's, else one that uv downloads.

    Raises:
        StepFailed: RASA_PYTHON is wrong, or there is none and none can be downloaded.
    """
    if named := chosen(environ, ask):
        return named
    # Before a pyenv shim that leads nowhere, uv gives up: that says nothing about other places.
    found = await uv.find(managed=False)
    if found and ask(found) == WANTED:
        return found
    if found := under_pyenv(environ, home, ask):
        return found
    try:
        await uv.install()
    except StepFailed as failure:
        raise StepFailed(
            "there is no Python 3.10 on this machine, and uv could not download one", advice=_ADVICE
        ) from failure
    found = await uv.find(managed=True)
    if found and ask(found) == WANTED:
        return found
    raise StepFailed("the Python 3.10 that uv downloaded does not run", advice=_ADVICE)
