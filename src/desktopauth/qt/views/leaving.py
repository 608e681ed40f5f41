"""The ways out: one button for the usual one with a small menu beside it, and all three with what each of them does."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from desktopauth.core.ports import Scope
from desktopauth.qt.widgets import button, text

_WAYS: dict[Scope, str] = {
    "local": "Sign out here (other devices stay signed in)",
    "others": "Sign out other devices (you stay signed in here)",
    "global": "Sign out everywhere (here and on all other devices)",
}
_EXPLAINED: dict[Scope, tuple[str, str]] = {
    "local": ("Sign out here", "At once, even offline. Nothing of yours stays here; other devices stay signed in."),
    "others": (
        "Sign out other devices",
        "You stay signed in here, and nowhere else. For when a device was lost.",
    ),
    "global": ("Sign out everywhere", "Here at once, and on all other devices as soon as the service has heard of it."),
}


class SignOutButtons(QWidget):
    """Signals: chosen(scope) when a way out was taken; ``local`` is the button itself."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.here = button("Sign out", "sign_out")
        self.more = button("\N{HORIZONTAL ELLIPSIS}", "more")
        self.more.setAccessibleName("More ways to sign out")
        self.menu = QMenu(self.more)
        for scope, words in _WAYS.items():
            self.menu.addAction(words).triggered.connect(partial(self._choose, scope))
        self.more.setMenu(self.menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.here)
        row.addWidget(self.more)
        self.here.clicked.connect(partial(self._choose, "local"))

    def _choose(self, scope: Scope, _checked: bool = False) -> None:
        self.chosen.emit(scope)


class WaysOut(QWidget):
    """All three in a column, each with a sentence. Signals: chosen(scope)."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(text("Sign out", "section"))
        for scope, (words, what) in _EXPLAINED.items():
            way = button(words)
            way.setAccessibleDescription(what)
            way.clicked.connect(partial(self._choose, scope))
            column.addSpacing(8)
            column.addWidget(way)
            column.addWidget(text(what, "quiet"))

    def _choose(self, scope: Scope, _checked: bool = False) -> None:
        self.chosen.emit(scope)
