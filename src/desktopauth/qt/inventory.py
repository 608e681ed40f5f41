"""What this Qt brought along, for bundles: a plugin that is missing shows on somebody's machine, or here."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QLibraryInfo
from PySide6.QtGui import QGuiApplication, QImageReader


def inventory() -> dict[str, list[str]]:
    """Names by kind: the platform in use, and what could be loaded: platforms, input contexts, backends, pictures."""
    return {
        "platform": [QGuiApplication.platformName()],
        "platforms": _plugins("platforms"),
        "input contexts": _plugins("platforminputcontexts"),
        "network backends": _network_backends(),
        "pictures": sorted(bytes(name.data()).decode() for name in QImageReader.supportedImageFormats()),
    }


def _plugins(kind: str) -> list[str]:
    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath), kind)
    return sorted(
        path.stem.removeprefix("lib") for path in folder.glob("*") if path.suffix in (".so", ".dll", ".dylib")
    )


def _network_backends() -> list[str]:
    from PySide6.QtNetwork import QNetworkInformation

    return sorted(QNetworkInformation.availableBackends())
