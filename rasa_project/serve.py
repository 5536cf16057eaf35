"""Runs Rasa's server: `python serve.py --port 5005 --model models/dialogue.tar.gz ...`.

It takes the arguments of `rasa run`. The token of Rasa's HTTP API comes from the environment and
is put among them here, inside the process: a command line can be read by every user of the machine.
"""

import os
import sys
from collections.abc import Mapping, Sequence


def arguments(given: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """The arguments of `rasa`.

    Raises:
        SystemExit: there is no token; with none, anybody could read and change the dialogue.
    """
    token = environ.get("RASA_API_TOKEN") or environ.get("IVR_INTERNAL_TOKEN")
    if not token:
        raise SystemExit(
            "Set RASA_API_TOKEN (or IVR_INTERNAL_TOKEN) to the token that the IVR server has too."
        )
    # With "=": a token may begin with "-", and would be taken for an option.
    return ["run", "--enable-api", f"--auth-token={token}", *given]


if __name__ == "__main__":
    from rasa.__main__ import main

    sys.argv[1:] = arguments(sys.argv[1:], os.environ)
    main()
