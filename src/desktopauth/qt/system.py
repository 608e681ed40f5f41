"""What the system tells the session: the person is back at the window, the network is back.

A nudge only makes it look earlier. That the network seems to be away forbids nothing: what the system knows of it is
often wrong, and the next request will show.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtNetwork import QNetworkInformation

Nudge = Literal["focus", "network"]
ALL: tuple[Nudge, ...] = ("focus", "network")


class Nudges(QObject):
    """Calls ``nudge`` when the app becomes active and when the network comes back; each can be left out."""

    def __init__(self, nudge: Callable[[], None], wanted: Collection[Nudge] = ALL) -> None:
        super().__init__()
        self._nudge: Callable[[], None] | None = nudge
        app = QGuiApplication.instance()
        if "focus" in wanted and isinstance(app, QGuiApplication):
            app.applicationStateChanged.connect(self._state)
        if "network" in wanted and QNetworkInformation.loadDefaultBackend():
            QNetworkInformation.instance().reachabilityChanged.connect(self._reachability)

    def close(self) -> None:
        """No more nudges."""
        self._nudge = None

    def _state(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive:
            self._tell()

    def _reachability(self, reached: QNetworkInformation.Reachability) -> None:
        if reached in (QNetworkInformation.Reachability.Online, QNetworkInformation.Reachability.Unknown):
            self._tell()

    def _tell(self) -> None:
        if self._nudge:
            self._nudge()
