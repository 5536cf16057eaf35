"""Starts the real servers as soon as end-to-end tests are selected: Rasa takes half a minute, and
the other tests run meanwhile."""

from pathlib import Path

import pytest

from tests.e2e.servers import Server, dialogue_with_stub, whole_line

HERE = Path(__file__).parent


class Servers:
    """The servers of this test run."""

    def __init__(self, folder: Path) -> None:
        self.line: Server = whole_line(folder / "line")
        self.dialogue: dict[str, Server] = dialogue_with_stub(folder / "dialogue")

    def start(self) -> None:
        for server in (self.line, *self.dialogue.values()):
            server.start()

    def stop(self) -> None:
        for server in (self.line, *self.dialogue.values()):
            server.stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """End-to-end tests go last, and their servers start now."""
    ours = [item for item in items if HERE in item.path.parents]
    items[:] = [item for item in items if item not in ours] + ours
    if ours and not config.option.collectonly:
        folder = config._tmp_path_factory.mktemp("servers")  # type: ignore[attr-defined] # pytest's own
        config.stash[SERVERS] = Servers(folder)
        config.stash[SERVERS].start()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the servers, whatever happened."""
    servers = config.stash.get(SERVERS, None)
    if servers is not None:
        servers.stop()


SERVERS = pytest.StashKey[Servers]()


@pytest.fixture(scope="session")
def line(pytestconfig: pytest.Config) -> Server:
    """The whole line, ready."""
    server = pytestconfig.stash[SERVERS].line
    server.wait()
    return server


@pytest.fixture(scope="session")
def dialogue(pytestconfig: pytest.Config) -> dict[str, Server]:
    """Rasa, its actions and the stub, ready."""
    servers = pytestconfig.stash[SERVERS].dialogue
    for server in servers.values():
        server.wait(lambda status, _: status in {200, 401, 404})
    return servers
