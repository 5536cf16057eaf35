"""Runs a command that must not outlive its parent: `python -m ivr.run.tethered COMMAND ...`.

On Linux the kernel sends it SIGTERM when the parent dies, even by SIGKILL (`man 2 prctl`,
PR_SET_PDEATHSIG), so that no Rasa and no store is left behind holding a port or a data folder.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606  # running the given command is its purpose
