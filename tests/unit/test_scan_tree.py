"""The scan of the tree finds what must not be published, and lets the project's own text be.

Every planted example is put together here, so that this file holds none itself.
"""

import subprocess
from pathlib import Path

import pytest

from scripts.scan_tree import scan_text, scan_tree

HEX = "9f86d081884c7d65a2feaa0c55ad015a"
RANDOM = "kX9vQ2mZ7pLr" + "T4wB8nYs"
SLASHES = ":" + "//"


def found_in(text: str, path: str = "docs/page.md") -> list[str]:
    return [finding.what for finding in scan_text(path, text)]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("-----BEGIN RSA PRIVATE" + " KEY-----", "a private key"),
        ("-----BEGIN PRIVATE" + " KEY-----", "a private key"),
        ("sid: AC" + HEX, "a Twilio account SID"),
        ("sid: SK" + HEX, "a Twilio API key SID"),
        ("AK" + "IAQ3EGZL5XWPMN7RTB", "an AWS access key"),
        ("gh" + "p_" + (RANDOM * 2)[:36], "a GitHub token"),
        ("xox" + "b-1234-" + RANDOM, "a Slack token"),
        ("ey" + "JhbGciOiJI.ey" + "JzdWIiOiIx.c2lnbmF0dXJl", "a signed web token"),
        ("Authorization: Bearer " + RANDOM, "a bearer token"),
        ("TWILIO_AUTH_TOKEN=" + HEX, "a value that looks like a password or a token"),
        (f'"ivr_api_token": "{RANDOM}"', "a value that looks like a password or a token"),
        ("db_password: " + RANDOM, "a value that looks like a password or a token"),
        ("AWS_SECRET_ACCESS_KEY = " + RANDOM * 2, "a value that looks like a password or a token"),
        (f"redis{SLASHES}:{RANDOM}@localhost/0", "a password in an address"),
    ],
)
def test_a_secret_is_found(text: str, what: str) -> None:
    assert found_in(text) == [what]


@pytest.mark.parametrize(
    "text",
    [
        "AC" + "0" * 32,
        "AC" + "0123456789abcdef" * 2,
        "TWILIO_AUTH_TOKEN=",
        "TWILIO_AUTH_TOKEN=${TWILIO_AUTH_TOKEN}",
        "IVR_API_TOKEN=change-me-before-2027-please",
        'token = "made-up-token-1234567890"',
        "Bearer <IVR_INTERNAL_TOKEN>",
        "--hash=sha256:" + HEX * 2,
        "the token goes with every request that the assistant makes",
        f"postgresql{SLASHES}user:password@localhost/crm",
        f"redis{SLASHES}:${{REDIS_PASSWORD}}@localhost/0",
    ],
)
def test_what_is_made_up_or_filled_in_later_is_no_secret(text: str) -> None:
    assert found_in(text) == []


def test_in_code_only_a_quoted_value_can_be_a_secret() -> None:
    line = "token = settings_of_2026.internal_api_1"
    assert found_in(line, "ivr/app.py") == []
    assert found_in(f'token = "{RANDOM}"', "ivr/app.py") != []


def test_a_finding_names_the_place_and_the_cure_but_never_the_secret() -> None:
    (finding,) = scan_text("settings.env", "# ours\nIVR_API_TOKEN=" + RANDOM)
    assert str(finding).startswith("settings.env:2: a value that looks like a password")
    assert "To fix: take it out" in str(finding)
    assert RANDOM not in str(finding)


@pytest.mark.parametrize(
    "host",
    [
        "packages.corp",
        "artifacts",
        "10.0.0.7",
        "index.registry-of-somebody.io",
        "localhost.registry-of-somebody.io",
        "notexample.com",
    ],
)
@pytest.mark.parametrize("form", ["{}", "user@{}", "{}:8080/simple/", "{}.", "{}/a?b=c"])
def test_a_host_that_is_not_allowed_is_found_in_every_form_of_address(host: str, form: str) -> None:
    assert found_in(f"see <https{SLASHES}{form.format(host)}>.") == [f"the host {host}"]


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:8080/healthz",
        "ws://127.0.0.1:{port}/twilio/media",
        "http://[::1]:8080/",
        "https://www.example.com/voice",
        "wss://ivr.example.org",
        "https://line.test/twilio/voice",
        "sqlite+aiosqlite:///var/crm.db",
        "file:///var/call.wav",
        "ws://{host}/x",
        "http://$HOST/x",
        "http://<your address>/",
        "http://%s/",
    ],
)
def test_examples_this_machine_and_addresses_without_a_host_are_allowed(address: str) -> None:
    assert found_in(f'"{address}"') == []


@pytest.mark.parametrize(
    "line",
    ["--index" + "-url x", "--extra-index" + "-url=x", "-" + "i x", "  --find" + "-links wheels"],
)
def test_a_lock_that_says_where_packages_come_from_is_found(line: str) -> None:
    assert "a package index" in found_in(line, "locks/app.txt")


@pytest.mark.parametrize(
    "path", ["/ro" + "ot/.cache", "/ho" + "me/dana/ivr", "/wo" + "rk/main", "/Us" + "ers/dana"]
)
def test_a_path_of_one_machine_is_found(path: str) -> None:
    assert found_in(f"see {path}") == ["a path of one machine"]
    assert found_in(f'open("{path}")') == ["a path of one machine"]


def test_a_path_inside_the_project_is_none_of_one_machine() -> None:
    assert found_in("docs/work/plan.md and var/root/x and ~/work/notes") == []


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S607 - git, with the test's own arguments


def test_files_that_git_would_publish_are_scanned_and_no_others(tmp_path: Path) -> None:
    secret = "IVR_API_TOKEN=" + RANDOM
    (tmp_path / "tracked.env").write_text(secret)
    (tmp_path / "gone.env").write_text(secret)
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    (tmp_path / "gone.env").unlink()
    (tmp_path / "new file.env").write_text(secret)
    (tmp_path / ".gitignore").write_text("var/\n")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "local.env").write_text(secret)
    (tmp_path / "model.bin").write_bytes(b"\0" + secret.encode())
    (tmp_path / "link.env").symlink_to(tmp_path / "var" / "local.env")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9\n" + secret.encode())
    read, findings = scan_tree(tmp_path)
    assert read == 4
    assert [(finding.path, finding.line) for finding in findings] == [
        ("latin.txt", 2),
        ("new file.env", 1),
        ("tracked.env", 1),
    ]


def test_outside_a_repository_the_scan_fails_rather_than_finding_nothing(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        scan_tree(tmp_path)
