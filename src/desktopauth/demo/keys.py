"""The secrets of one demo server: made on this machine, for one folder, and never anywhere else.

A file that cannot be read as keys is replaced by new ones. Accounts and data do not depend on the keys; access tokens
do, so whoever is signed in has to renew the session or sign in again.
"""

from __future__ import annotations

import json
import re
import secrets
import string
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from desktopauth.demo.private import write_private

_NAME = "keys.json"
_LETTERS = string.ascii_letters + string.digits
_SHAPES = {
    "jwt_secret": re.compile(r"[A-Za-z0-9_-]{64}"),
    "publishable": re.compile(r"sb_publishable_[A-Za-z0-9]{31}"),
    "secret": re.compile(r"sb_secret_[A-Za-z0-9]{31}"),
}


class Origin(StrEnum):
    """How the keys came to be."""

    KEPT = "kept"
    MADE = "made"
    REPLACED = "replaced"  # there were keys, and they could not be read


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """The JWT secret (64 characters, signs access tokens) and the two API keys."""

    jwt_secret: str = field(repr=False)
    publishable: str = field(repr=False)
    secret: str = field(repr=False)


def load_or_make(folder: Path) -> tuple[ServerKeys, Origin]:
    """The keys in ``folder``, made if they are missing or unreadable as keys. Raises ``OSError``."""
    path = folder / _NAME
    try:
        return _parse(path.read_bytes()), Origin.KEPT
    except FileNotFoundError:
        origin = Origin.MADE
    except (ValueError, TypeError):
        origin = Origin.REPLACED
    keys = _make()
    write_private(path, json.dumps(asdict(keys)))
    return keys, origin


def _parse(content: bytes) -> ServerKeys:
    keys = ServerKeys(**json.loads(content))
    for name, shape in _SHAPES.items():
        if not shape.fullmatch(getattr(keys, name)):
            raise ValueError(name)
    return keys


def _make() -> ServerKeys:
    def random() -> str:
        return "".join(secrets.choice(_LETTERS) for _ in range(31))

    return ServerKeys(secrets.token_urlsafe(48), f"sb_publishable_{random()}", f"sb_secret_{random()}")
