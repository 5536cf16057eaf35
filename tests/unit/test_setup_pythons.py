"""How the set-up finds a Python 3.10 for Rasa, and what it says when there is none."""

from pathlib import Path

import pytest
from setup_stand_ins import a_python, executable

from scripts.provision import pythons
from scripts.provision.jobs import StepFailed


class FakeUv:
    """Finds and installs what the test says."""

    def __init__(
        self, *, found: Path | None = None, downloads: Path | None = None, offline: bool = False
    ) -> None:
        self._found = found
        self._downloads = downloads
        self._offline = offline
        self.installs = 0

    async def find(self, *, managed: bool) -> Path | None:
        if managed:
            return self._downloads if self.installs else None
        return self._found

    async def install(self) -> None:
        if self._offline:
            raise StepFailed("uv ended with code 2", advice="")
        self.installs += 1


async def test_the_python_that_rasa_python_names_is_used_before_all_others(tmp_path: Path) -> None:
    named = a_python(tmp_path / "named" / "python")
    other = a_python(tmp_path / "other" / "python")
    environ = {"RASA_PYTHON": str(named)}
    assert await pythons.find(environ, tmp_path, FakeUv(found=other)) == named


async def test_rasa_python_may_be_a_command(tmp_path: Path) -> None:
    named = a_python(tmp_path / "bin" / "python3.10")
    environ = {"RASA_PYTHON": "python3.10", "PATH": str(named.parent)}
    assert await pythons.find(environ, tmp_path, FakeUv()) == named


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        (None, "no such program"),
        ("echo 3 11", "which is Python 3.11"),
        ("echo pyenv: command not found >&2; exit 127", "does not run as Python"),
        ("echo hello", "does not run as Python"),
    ],
)
async def test_a_wrong_rasa_python_is_an_error_that_names_it_though_another_would_do(
    tmp_path: Path, script: str | None, complaint: str
) -> None:
    named = tmp_path / "named" / "python"
    if script:
        executable(named, script)
    other = a_python(tmp_path / "other" / "python")
    with pytest.raises(StepFailed, match=complaint) as failure:
        await pythons.find({"RASA_PYTHON": str(named)}, tmp_path, FakeUv(found=other))
    assert str(named) in str(failure.value)
    assert "RASA_PYTHON" in failure.value.advice


async def test_what_uv_finds_comes_before_pyenvs_versions(tmp_path: Path) -> None:
    found = a_python(tmp_path / "usr" / "python3.10")
    a_python(tmp_path / ".pyenv/versions/3.10.13/bin/python")
    assert await pythons.find({"RASA_PYTHON": ""}, tmp_path, FakeUv(found=found)) == found


async def test_behind_a_broken_shim_the_newest_of_pyenvs_versions_that_runs_is_found(
    tmp_path: Path,
) -> None:
    versions = tmp_path / ".pyenv" / "versions"
    a_python(versions / "3.10.9/bin/python")
    wanted = a_python(versions / "3.10.13/bin/python")
    executable(versions / "3.10.14/bin/python", "exit 1")
    a_python(versions / "3.10-dev/bin/python")
    a_python(versions / "3.11.7/bin/python", "3 11")
    assert await pythons.find({}, tmp_path, FakeUv(found=None)) == wanted


async def test_pyenvs_own_setting_says_where_its_versions_are(tmp_path: Path) -> None:
    wanted = a_python(tmp_path / "elsewhere/versions/3.10.1/bin/python")
    environ = {"PYENV_ROOT": str(tmp_path / "elsewhere")}
    assert await pythons.find(environ, tmp_path / "home", FakeUv()) == wanted


async def test_without_any_python_3_10_uv_downloads_one(tmp_path: Path) -> None:
    uv = FakeUv(downloads=a_python(tmp_path / "uv" / "python"))
    assert await pythons.find({}, tmp_path, uv) == tmp_path / "uv" / "python"
    assert uv.installs == 1


async def test_without_any_python_3_10_and_no_download_one_sentence_says_what_to_do(
    tmp_path: Path,
) -> None:
    with pytest.raises(StepFailed, match=r"no Python 3\.10 on this machine") as failure:
        await pythons.find({}, tmp_path, FakeUv(offline=True))
    assert failure.value.advice.startswith("Set RASA_PYTHON to the path of a Python 3.10")


async def test_a_downloaded_python_that_does_not_run_is_an_error(tmp_path: Path) -> None:
    uv = FakeUv(downloads=executable(tmp_path / "python", "exit 1"))
    with pytest.raises(StepFailed, match="does not run"):
        await pythons.find({}, tmp_path, uv)
