"""The steps of this project's set-up."""

import importlib.util
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from . import pythons, registries
from .graph import Step
from .jobs import Job, StepFailed
from .stamps import digest

_REGISTRY_ADVICE = (
    "Check that the package registry can be reached (pip's and uv's settings are used), "
    "then run the set-up again: what was downloaded is kept."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things are; every path below the project's root."""

    root: Path

    @classmethod
    def of_this_project(cls) -> Self:
        return cls(root=Path(__file__).resolve().parents[2])

    @property
    def tools(self) -> Path:
        return self.root / ".tools"

    @property
    def tools_python(self) -> Path:
        return self.tools / "bin" / "python"

    @property
    def uv(self) -> Path:
        return self.tools / "bin" / "uv"

    @property
    def app_env(self) -> Path:
        return self.root / ".venv"

    @property
    def app_python(self) -> Path:
        return self.app_env / "bin" / "python"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def rasa(self) -> Path:
        return self.root / "rasa_project"

    @property
    def rasa_env(self) -> Path:
        return self.rasa / ".venv"

    @property
    def rasa_python(self) -> Path:
        return self.rasa_env / "bin" / "python"

    @property
    def rasa_lock(self) -> Path:
        return self.rasa / "requirements.txt"

    @property
    def model(self) -> Path:
        return self.rasa / "models" / "dialogue.tar.gz"

    @property
    def speech_resolver(self) -> Path:
        return self.root / "speech" / "recognition" / "model.py"

    @property
    def stamps(self) -> Path:
        return self.root / "var" / "setup"

    def log(self, step: str) -> Path:
        return self.root / "var" / "log" / f"setup-{step}.log"


def project_steps(layout: Layout, environ: Mapping[str, str], home: Path) -> tuple[Step, ...]:
    """All steps. The environment and the home folder say where a Python 3.10 may be."""
    # Environments hold absolute paths and compiled files: another place or machine needs new ones.
    place = f"{layout.root} {sys.platform} {platform.machine()}"
    python = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    return (
        Step(
            name="tools",
            about="the installer, uv",
            fingerprint=lambda: digest(place, layout.locks / "tools.txt"),
            # The link to a Python that was uninstalled leads nowhere; then all is made anew.
            is_there=lambda: layout.tools_python.exists() and layout.uv.exists(),
            work=partial(_make_tools, layout),
            advice=_REGISTRY_ADVICE,
        ),
        Step(
            name="app-env",
            about=f"the application's environment ({python})",
            after=("tools",),
            fingerprint=lambda: digest(
                place,
                python,
                layout.locks / "dev.txt",
                layout.locks / "build.txt",
                layout.root / "pyproject.toml",
            ),
            is_there=layout.app_python.exists,
            work=partial(_make_app_env, layout),
            advice=_REGISTRY_ADVICE,
        ),
        Step(
            name="rasa-env",
            about="Rasa's environment (Python 3.10)",
            after=("tools",),
            fingerprint=lambda: digest(place, layout.rasa_lock, layout.locks / "build.txt"),
            is_there=layout.rasa_python.exists,
            work=partial(_make_rasa_env, layout, environ, home),
            advice=_REGISTRY_ADVICE,
        ),
        Step(
            name="rasa-model",
            about="the dialogue model (about a minute)",
            after=("rasa-env",),
            fingerprint=lambda: digest(
                layout.rasa / "config.yml",
                layout.rasa / "domain",
                layout.rasa / "data",
                layout.rasa_lock,
            ),
            is_there=layout.model.exists,
            work=partial(_train, layout),
            advice="Mend what the log names in rasa_project/ (config.yml, domain/, data/), "
            "then run the set-up again.",
        ),
        Step(
            name="speech-model",
            about="the speech recogniser's model",
            after=("app-env",),
            fingerprint=lambda: digest(place, layout.speech_resolver),
            is_there=lambda: True,
            work=partial(_fetch_speech_model, layout),
            advice="Restore speech/models/ from the repository, then run the set-up again.",
        ),
    )


async def _make_tools(layout: Layout, job: Job) -> None:
    python = Path(sys.executable).resolve()
    venv: list[str | Path] = [python, "-m", "venv", "--clear"]
    pip: list[str | Path] = [layout.tools_python, "-m", "pip"]
    if importlib.util.find_spec("ensurepip") is None:
        # Debian keeps it in a package of its own; the machine's pip can do the same.
        if importlib.util.find_spec("pip") is None:
            raise StepFailed(
                "this Python has neither pip nor ensurepip",
                advice="Install them (Debian and Ubuntu: apt install python3-venv), "
                "then run the set-up again.",
            )
        venv.append("--without-pip")
        pip = [python, "-m", "pip", "--python", layout.tools_python]
    await job.run(*venv, layout.tools)
    job.environ["PIP_USER"] = "0"
    await job.run(
        *pip, "install", "--require-hashes", "--only-binary", ":all:",
        "--disable-pip-version-check", "-r", layout.locks / "tools.txt",
    )  # fmt: skip


async def _make_app_env(layout: Layout, job: Job) -> None:
    await _use_pips_registry(layout, job)
    python = Path(sys.executable).resolve()
    await _make_env(layout, job, layout.app_env, python, layout.locks / "dev.txt")
    # uv builds the project itself: nothing is downloaded for it.
    await job.run(
        layout.uv, "pip", "install", "--no-deps", "--offline",
        "--python", layout.app_python, "--editable", layout.root,
    )  # fmt: skip


async def _make_rasa_env(layout: Layout, environ: Mapping[str, str], home: Path, job: Job) -> None:
    await _use_pips_registry(layout, job)
    python = await pythons.find(environ, home, _Uv(layout.uv, job))
    await _make_env(layout, job, layout.rasa_env, python, layout.rasa_lock)


async def _make_env(layout: Layout, job: Job, env: Path, python: Path, lock: Path) -> None:
    # Always from nothing: a half-copied package looks installed. From uv's cache it takes seconds.
    await job.run(layout.uv, "venv", "--clear", "--no-project", "--python", python, env)
    await job.run(
        layout.uv, "pip", "sync", "--require-hashes",
        # The few packages without a wheel are built with a pinned setuptools.
        "--build-constraints", layout.locks / "build.txt",
        "--python", env / "bin" / "python", lock,
    )  # fmt: skip


async def _train(layout: Layout, job: Job) -> None:
    models = layout.model.parent
    models.mkdir(exist_ok=True)
    for left_over in models.glob(".training-*"):
        shutil.rmtree(left_over)
    with tempfile.TemporaryDirectory(dir=models, prefix=".training-") as made:
        job.environ["RASA_TELEMETRY_ENABLED"] = "false"
        # Old libraries' notes to their developers would bury what the log is read for.
        job.environ |= {"PYTHONWARNINGS": "ignore", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}
        await job.run(
            layout.rasa_env / "bin" / "rasa", "train", "--fixed-model-name", "dialogue",
            "--config", "config.yml", "--domain", "domain", "--data", "data", "--out", made,
            folder=layout.rasa,
        )  # fmt: skip
        # At once: whoever reads the model gets the old one or the new one, never a half.
        (Path(made) / layout.model.name).replace(layout.model)


async def _fetch_speech_model(layout: Layout, job: Job) -> None:
    await job.run(layout.app_python, "-m", "speech.recognition.model", "fetch")


async def _use_pips_registry(layout: Layout, job: Job) -> None:
    for python in (layout.tools_python, Path(sys.executable)):
        settings = await job.output(python, "-m", "pip", "config", "list")
        if settings is not None:
            job.environ.update(registries.uv_environment(settings, job.environ))
            return


class _Uv:
    """`pythons.Uv`, by its command line."""

    def __init__(self, uv: Path, job: Job) -> None:
        self._uv = uv
        self._job = job

    async def find(self, *, managed: bool) -> Path | None:
        kind = "--managed-python" if managed else "--system"
        found = await self._job.output(self._uv, "python", "find", "--no-project", kind, "3.10")
        return Path(found) if found else None

    async def install(self) -> None:
        await self._job.run(self._uv, "python", "install", "--no-bin", "3.10")
