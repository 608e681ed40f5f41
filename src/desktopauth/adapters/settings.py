"""What the settings are called, and what each may look like: as TOML has them, and as one text for the environment.

Standard library only, as it is read before the first paint. Errors are ValueErrors with a sentence for a person.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_URLS = ("auth_url", "rest_url", "storage_url", "functions_url", "realtime_url")
_LISTS = {"nudges": '["focus", "wake"]', "providers": '["github", "custom:acme"]'}
_TABLES = {"provider_scopes": '{ github = "read:user" }'}
_SWITCHES = ("avatars", "mail_links")
_ON, _OFF = ("true", "yes", "on", "1"), ("false", "no", "off", "0")

NAMES = ("url", "key", "app_id", "app_name", "project_id", "store", *_URLS, *_LISTS, *_TABLES, *_SWITCHES)


def as_text(file: Path, name: str, value: object) -> str:
    """The value of a TOML file's setting as the environment would have it. Raises ValueError."""
    if name not in NAMES:
        # a name that is no plain word may be a key that slipped to the wrong side of "="
        shown = f'"{name}"' if re.fullmatch(r"[a-z][a-z_-]{0,19}", name) and not name.startswith("sb_") else "something"
        raise ValueError(f"{file} sets {shown}, which is no setting. There are: {', '.join(NAMES)}.")
    if isinstance(value, bool) and name in _SWITCHES:
        return "true" if value else "false"
    if isinstance(value, list) and name in _LISTS and all(isinstance(one, str) for one in value):
        return ", ".join(value) or "none"
    if isinstance(value, dict) and name in _TABLES and all(isinstance(one, str) for one in value.values()):
        return "; ".join(f"{key} = {one}" for key, one in value.items())
    if not isinstance(value, str):
        raise ValueError(f"{file}: {name} must be {_shape(name)}")
    return value


def meaning(name: str, text: str) -> Any:
    """What a setting's text means. Raises ValueError.

    Lists have commas or blanks between, and ``none`` is an empty one; tables read ``github = read:user; google = ...``;
    switches are on or off.
    """
    if name in _LISTS:
        found = [one for one in text.replace(",", " ").split() if one != "none"]
        return frozenset(found) if name == "nudges" else tuple(found)
    if name in _TABLES:
        return _table(name, text)
    if name in _SWITCHES:
        return _switch(name, text)
    return text


def _table(name: str, text: str) -> dict[str, str]:
    rows = [row.partition("=") for row in text.split(";") if row.strip()]
    if not all(middle for _, middle, _ in rows):
        raise ValueError(f"The setting {name} reads: github = read:user; google = openid")
    return {key.strip(): " ".join(value.split()) for key, _, value in rows}


def _switch(name: str, text: str) -> bool:
    if text.strip().lower() not in (*_ON, *_OFF):
        raise ValueError(f"The setting {name} is on or off.")
    return text.strip().lower() in _ON


def _shape(name: str) -> str:
    if name in _SWITCHES:
        return f"true or false, without quotes: {name} = true"
    shape = _LISTS.get(name) or _TABLES.get(name)
    return f"text in quotes: {name} = {shape or chr(34) + '...' + chr(34)}"
