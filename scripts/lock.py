"""Compiles the lock files from what the project asks for.

    make lock              keeps the versions that still fit
    make lock UPGRADE=1    takes the newest versions

A lock names each package's version and the hashes of its files, and no place to get them from: that
is each machine's own setting. It needs uv in .tools/ (the step `tools` of the set-up).
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

from provision.registries import uv_environment
from provision.steps import Layout

_ALWAYS = (
    "--universal",
    "--generate-hashes",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--quiet",
)
_APP_PYTHON = "3.11"
_RASA_PYTHON = "3.10"


def compilations() -> Iterator[list[str]]:
    """uv's arguments for each lock; paths are relative to the root, as locks quote them."""
    app = ["pyproject.toml", "--python-version", _APP_PYTHON]
    yield [*app, "--output-file", "locks/app.txt"]
    # What runs is what was tested: the same versions as in production, and the tools on top.
    yield [*app, "--group", "dev", "--constraints", "locks/app.txt", "-o", "locks/dev.txt"]
    yield ["locks/tools.in", "--python-version", _APP_PYTHON, "-o", "locks/tools.txt"]
    yield ["locks/build.in", "--python-version", _RASA_PYTHON, "-o", "locks/build.txt"]
    rasa = "rasa_project/requirements"
    yield [f"{rasa}.in", "--python-version", _RASA_PYTHON, "-o", f"{rasa}.txt"]


def main(arguments: Sequence[str]) -> int:
    """Compiles every lock; `arguments` go to uv. Returns the exit code."""
    layout = Layout.of_this_project()
    settings = subprocess.run(
        [layout.tools_python, "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        check=False,
    )
    environ = {**os.environ, **uv_environment(settings.stdout, os.environ)}
    for one in compilations():
        print(f"lock: {one[-1]}", flush=True)
        command = [str(layout.uv), "pip", "compile", *_ALWAYS, *arguments, *one]
        code = subprocess.run(command, cwd=layout.root, env=environ, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
