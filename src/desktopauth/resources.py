"""Find the files that travel with the package: icons, translations, the demo's server.

One function, because they lie in three places: beside the package in an installed wheel and in a frozen bundle, and at
the top of the source tree in an editable install.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path


def resource(name: str) -> Path:
    """The path of one file or folder, named from the top of ``resources`` with forward slashes (``demo/schema.sql``).

    Raises ``FileNotFoundError`` with that name when it is nowhere.
    """
    for root in _roots():
        path = root / name
        if path.exists():
            return path
    raise FileNotFoundError(f"desktopauth's resource {name!r} is missing; the installation is incomplete")


def packaged_config() -> Path | None:
    """The configuration that somebody has shipped this app with (``config.toml``), if they have."""
    try:
        return resource("config.toml")
    except FileNotFoundError:
        return None


def _roots() -> Iterator[Path]:
    bundle = getattr(sys, "_MEIPASS", None)  # set by PyInstaller's bootloader
    if isinstance(bundle, str):
        yield Path(bundle, "desktopauth", "resources")
    here = Path(__file__).resolve()
    yield here.parent / "resources"
    yield here.parents[2] / "resources"
