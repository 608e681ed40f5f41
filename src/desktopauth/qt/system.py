"""What the system tells the session: the person is back, the network is back, another copy of the app has written.

A nudge only makes it look earlier. That the network seems to be away forbids nothing: what the system knows of it is
often wrong, and the next request will show.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QFileSystemWatcher, QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtNetwork import QNetworkInformation

log = logging.getLogger("desktopauth.system")

Nudge = Literal["focus", "network", "sibling"]
ALL: tuple[Nudge, ...] = ("focus", "network", "sibling")


class Nudges(QObject):
    """Calls ``nudge`` when the app becomes active, when the network comes back, and when ``state_file`` is replaced.

    Each can be left out. ``state_file`` is where the copies of an app tell each other that they have stored or cleared
    something: whoever wrote it, and may have been this process.
    """

    def __init__(
        self, nudge: Callable[[], None], wanted: Collection[Nudge] = ALL, *, state_file: Path | None = None
    ) -> None:
        super().__init__()
        self._nudge: Callable[[], None] | None = nudge
        app = QGuiApplication.instance()
        if "focus" in wanted and isinstance(app, QGuiApplication):
            app.applicationStateChanged.connect(self._state)
        if "network" in wanted and QNetworkInformation.loadDefaultBackend():
            QNetworkInformation.instance().reachabilityChanged.connect(self._reachability)
        if "sibling" in wanted and state_file:
            self._watch(state_file)

    def close(self) -> None:
        """No more nudges."""
        self._nudge = None

    def _state(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive:
            self._tell()

    def _reachability(self, reached: QNetworkInformation.Reachability) -> None:
        if reached in (QNetworkInformation.Reachability.Online, QNetworkInformation.Reachability.Unknown):
            self._tell()

    def _watch(self, file: Path) -> None:
        """Its folder is watched: a file that is replaced takes the watch on itself along."""
        self._file, self._stamp = file, _stamp(file)
        watcher = QFileSystemWatcher(self)
        watcher.directoryChanged.connect(self._folder)
        if not watcher.addPath(str(file.parent)):
            log.warning("other copies of the app are not heard at once: their folder cannot be watched")

    def _folder(self) -> None:
        before, self._stamp = self._stamp, _stamp(self._file)
        if self._stamp != before:  # else it was a lock, or another entry's
            self._tell()

    def _tell(self) -> None:
        if self._nudge:
            self._nudge()


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
