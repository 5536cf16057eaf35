"""Lets uv use the package registry that pip is configured for."""

import ast
from collections.abc import Mapping
from pathlib import Path

# Of pip's sections, a later one overrules an earlier one.
_SECTIONS = ("global", "install", ":env:")


def uv_environment(pip_config: str, environ: Mapping[str, str]) -> dict[str, str]:
    """What to add to the environment so that uv downloads from where pip does.

    What is set for uv stays as it is. It lives in the environment of the set-up's commands only.

    Args:
        pip_config: what `pip config list` prints.
        environ: the environment so far.
    """
    settings = _pip_settings(pip_config)
    wanted = {
        "UV_DEFAULT_INDEX": settings.get("index-url", ""),
        "UV_INDEX": " ".join(settings.get("extra-index-url", "").split()),
        "UV_FIND_LINKS": ",".join(filter(_usable, settings.get("find-links", "").split())),
        "UV_INSECURE_HOST": " ".join(settings.get("trusted-host", "").split()),
        "SSL_CERT_FILE": settings.get("cert", ""),
        "HTTPS_PROXY": settings.get("proxy", ""),
    }
    older_names = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}
    return {
        name: value
        for name, value in wanted.items()
        if value and name not in environ and older_names.get(name, name) not in environ
    }


def _pip_settings(pip_config: str) -> dict[str, str]:
    found: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for line in pip_config.splitlines():
        key, equals, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if equals and section in found:
            found[section][name] = str(ast.literal_eval(value))
    return {name: value for section in _SECTIONS for name, value in found[section].items()}


def _usable(place: str) -> bool:
    # pip only warns about a folder that is not there; for uv it is an error.
    return "://" in place or Path(place).expanduser().exists()
