"""Looks through the tree for what must not be published: secrets, host names, paths of a machine.

    python scripts/scan_tree.py

It reads the text files that git tracks or would track. Exit codes: 0 nothing found, 1 something
found, 2 git could not list the files.

Host names go by a list of what is allowed, because nobody can list the names that must not slip in:
those of internal machines and of package registries. A host that truly belongs to the product is
added to `_HOSTS`, with the reason.
"""

import math
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HOSTS = {
    "localhost": "this machine",
    "127.0.0.1": "this machine",
    "0.0.0.0": "every address of this machine",  # noqa: S104 - a name to allow, not to listen on
    "[::1]": "this machine",
    "host": "stands for any host in explanations",
    "h": "the same, in tests",
    "db": "the database in a private network of containers",
    "www.apache.org": "in the licence",
    "www.w3.org": "names of XML vocabularies such as SVG",
}
# Reserved for examples and tests, so that they belong to nobody (RFC 2606, RFC 6761).
_EXAMPLES = re.compile(r"(?:.+\.)?(?:example|test|invalid|localhost|example\.(?:com|net|org))")

_URL = re.compile(
    r"\b[a-z][a-z0-9+.-]*://(?P<login>[^\s/@\"'`]*@)?(?P<host>[^\s/:?#\"'`<>,;)}\\|]+)", re.I
)
_HOST_NAME = re.compile(r"\[[0-9a-f:]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?", re.I)

_INDEX_LINE = re.compile(r"\s*(?:-i|-f|--(?:extra-)?index-url|--find-links|--trusted-host)[\s=]")
_MACHINE_PATH = re.compile(
    r"(?<![\w.}~-])(?:/(?:root|work)/|/(?:home|Users)/\w|[a-z]:\\+users\\+\w)", re.I
)

_TOKENS = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a GitHub token", re.compile(r"\b(?:gh[opsur]_[0-9A-Za-z]{36}|github_pat_\w{40,})")),
    ("a Slack token", re.compile(r"\bxox[abeprs]-[0-9A-Za-z-]{20,}")),
    ("a signed web token", re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")),
)
_TWILIO_SID = re.compile(r"\b(?P<kind>AC|SK)(?P<value>[0-9a-f]{32})\b", re.I)
_BEARER = re.compile(r"\bBearer\s+(?P<value>[\w.~+/=-]{16,})")
_ASSIGNED = re.compile(
    r"(?:token|secret|passw(?:or)?d|passphrase|api_?key|access_?key|auth_?key)[\w-]*"
    r"[\"']?\s*(?::=|[:=])\s*(?P<quote>[\"'`]?)(?P<value>[\w.~+/=-]{16,})(?![\w(\[{$])",
    re.I,
)
# In code, a value without quotes is a name.
_CODE = {".py", ".js", ".mjs", ".ts"}
_SAYS_IT_IS_FAKE = re.compile(
    r"test|fake|example|dummy|sample|made.?up|invented|placeholder|change.?me|not.a|your|secret|token|password",
    re.I,
)
_RANDOM_BITS_PER_CHARACTER = 3.0  # 16 random hexadecimal digits have about 3.2, a word about 2.8

_ROTATE = "take it out, revoke it where it was issued, and read it from the environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that must not be published. It never holds the secret itself."""

    path: str
    line: int
    what: str
    why: str
    fix: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}: {self.why}. To fix: {self.fix}."


def scan_text(path: str, text: str) -> Iterator[Finding]:
    """What must not be published in the text of one file; `path` is what the findings name."""
    in_code = Path(path).suffix in _CODE
    for number, line in enumerate(text.splitlines(), start=1):
        for what in sorted(set(_secrets(line, in_code=in_code))):
            yield Finding(
                path=path,
                line=number,
                what=what,
                why="whoever reads the tree could use it",
                fix=_ROTATE,
            )
        for host in sorted(set(_hosts(line))):
            yield Finding(
                path=path,
                line=number,
                what=f"the host {host}",
                why="it is not among the hosts the product may name",
                fix="use localhost or example.com, take it from the settings, "
                "or allow it in scripts/scan_tree.py with the reason",
            )
        if _INDEX_LINE.match(line):
            yield Finding(
                path=path,
                line=number,
                what="a package index",
                why="where packages come from is each machine's own setting",
                fix="take the line out; compile locks with `make lock`",
            )
        if _MACHINE_PATH.search(line):
            yield Finding(
                path=path,
                line=number,
                what="a path of one machine",
                why="it is nowhere else, and tells about whoever wrote it",
                fix="make it relative to the project or read it from the environment",
            )


def scan_tree(root: Path) -> tuple[int, list[Finding]]:
    """Scans the files that git tracks or would track: how many were read, and what was found.

    Raises:
        subprocess.CalledProcessError: git could not list the files.
    """
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - git is wherever the machine has it
        cwd=root,
        capture_output=True,
        check=True,
    )
    names = sorted({name.decode() for name in listed.stdout.split(b"\0") if name})
    read = 0
    findings: list[Finding] = []
    for name in names:
        path = root / name
        if path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        if b"\0" in data:
            continue  # a model or a recording
        read += 1
        findings.extend(scan_text(name, data.decode(errors="replace")))
    return read, findings


def _secrets(line: str, *, in_code: bool) -> Iterator[str]:
    for what, pattern in _TOKENS:
        if pattern.search(line):
            yield what
    for match in _TWILIO_SID.finditer(line):
        if not _repeats(match["value"]):
            yield (
                "a Twilio account SID" if match["kind"].upper() == "AC" else "a Twilio API key SID"
            )
    for match in _BEARER.finditer(line):
        if _looks_random(match["value"]):
            yield "a bearer token"
    for match in _ASSIGNED.finditer(line):
        if (match["quote"] or not in_code) and _looks_random(match["value"]):
            yield "a value that looks like a password or a token"
    for match in _URL.finditer(line):
        if _has_password(match["login"] or ""):
            yield "a password in an address"


def _hosts(line: str) -> Iterator[str]:
    for match in _URL.finditer(line):
        host = match["host"].rstrip(".*").lower()
        if not _HOST_NAME.fullmatch(host):
            continue  # a placeholder such as {host}, filled in later
        if host not in _HOSTS and not _EXAMPLES.fullmatch(host):
            yield host


def _looks_random(value: str) -> bool:
    if _SAYS_IT_IS_FAKE.search(value) or _repeats(value):
        return False
    if not (re.search(r"\d", value) and re.search(r"[a-z]", value, re.I)):
        return False
    shares = [value.count(character) / len(value) for character in set(value)]
    return -sum(share * math.log2(share) for share in shares) >= _RANDOM_BITS_PER_CHARACTER


def _repeats(value: str) -> bool:
    """Whether it is made up at sight: few different characters, or one run through the digits."""
    return len(set(value.lower())) <= 4 or "0123456789" in value


def _has_password(login: str) -> bool:
    password = login.rstrip("@").partition(":")[2]
    made_up = re.search(r"[${<%]", password) or _SAYS_IT_IS_FAKE.search(password)
    # The short ones are stand-ins such as "pw"; nobody protects a server with seven characters.
    return len(password) > 7 and not made_up


def main() -> int:
    """Scans the project this file belongs to; returns the exit code."""
    root = Path(__file__).resolve().parents[1]
    try:
        read, findings = scan_tree(root)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"scan_tree: git could not list the files of {root}: {error}", file=sys.stderr)
        return 2
    for finding in findings:
        print(finding)
    print(f"scan_tree: {read} text files read, {len(findings) or 'nothing'} found")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
