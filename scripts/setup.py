"""Sets up what the project needs: two Python environments, the dialogue and the speech model.

    python3 scripts/setup.py            everything
    python3 scripts/setup.py rasa-env   only this step and the steps it needs

It needs Python 3.11 or newer and a package registry, and nothing that is not in the standard
library. Registries, certificates and caches are taken from the settings of pip and uv on the
machine (configuration files and environment variables) and are written nowhere.

Rasa runs on Python 3.10. It is looked for in this order: RASA_PYTHON (a path or a command), what uv
finds, pyenv's versions, a Python 3.10 that uv downloads.

A step that is done leaves a stamp in var/setup/, with a hash of all that went into it: the next run
skips the step as long as that and the step's result are unchanged. Remove the stamp to have a step
done again. A step that was interrupted has no stamp and is done again from the start; what was
downloaded stays in uv's cache. Each step writes var/log/setup-<step>.log.

Exit codes: 0 done, 1 a step failed, 2 wrong usage, 130 and 143 interrupted.
"""

# This file must parse under any Python 3, to be able to say that a newer one is needed.
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - it is run by whatever python3 the machine has
    sys.exit(
        "setup: Python 3.11 or newer is needed, and " + sys.executable + " is "
        "Python " + sys.version.split()[0] + "; name another one, for example: "
        "make setup PYTHON=python3.12"
    )

from provision.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
