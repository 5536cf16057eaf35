"""Files that only this user may read."""

import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a file anew, readable by this user only from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
