"""The ways out: one button for the usual one, and a small menu beside it that says what each of the three does."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from desktopauth.core.ports import Scope
from desktopauth.qt.widgets import button

_WAYS: dict[Scope, str] = {
    "local": "Sign out here (other devices stay signed in)",
    "others": "Sign out other devices (you stay signed in here)",
    "global": "Sign out everywhere (here and on all other devices)",
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
