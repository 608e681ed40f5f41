"""The ways in by somebody else's sign-in page: one button a provider, under a line that sets them off."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QApplication, QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from desktopauth.qt.one_line import cut
from desktopauth.qt.providers import icon_of, name_of
from desktopauth.qt.style import is_dark
from desktopauth.qt.widgets import button, plainly, text

_WHOLE_ROWS = 2  # up to here, each has a row of its own
_ICON = QSize(27, 22)  # with the room beside the mark; Spotify's must not be smaller than 21
_WIDE, _HALF = 210, 90  # pixels for a name


class Doors(QFrame):
    """Few stand one under the other; of many, the one used last does, and the others in two columns.

    ``alone``: there is nothing above to be set off from.

    Signals: chosen(provider).
    """

    chosen = Signal(str)

    def __init__(self, providers: Iterable[str], last: str, *, alone: bool = False) -> None:
        super().__init__()
        names = list(dict.fromkeys(providers))
        self._last = last if last in names else ""
        self.buttons: list[QPushButton] = []
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(10)
        if not alone:
            box.addLayout(_divider())
        if self._last:
            names.remove(last)
            box.addWidget(self._button(last, whole=True))
        if len(names) + len(self.buttons) <= _WHOLE_ROWS:
            for name in names:
                box.addWidget(self._button(name, whole=True))
        else:
            box.addLayout(self._columns(names))

    def focused(self) -> str:
        """The name of the button that has the focus; empty for none."""
        return next((each.objectName() for each in self.buttons if each.hasFocus()), "")

    def focus(self, name: str) -> None:
        """Give the focus to the button of that name: who was there when the doors were made anew goes on there."""
        for each in self.buttons:
            if name and each.objectName() == name:
                each.setFocus()

    def _columns(self, names: list[str]) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(8)
        for place, name in enumerate(names):
            alone = place == len(names) - 1 and place % 2 == 0
            grid.addWidget(self._button(name, whole=False), place // 2, place % 2, 1, 2 if alone else 1)
        for column in range(2):
            grid.setColumnStretch(column, 1)
        return grid

    def _button(self, provider: str, *, whole: bool) -> QPushButton:
        name, badge = name_of(provider), provider == self._last
        made = button("", f"provider_{provider}")
        words = f"Continue with {name}"
        made.setText(plainly(cut(made, words if whole else name, _WIDE if whole else _HALF)))
        made.setAccessibleName(f"{words}, last used" if badge else words)
        # Kakao's button is yellow, and its mark black, in the light and in the dark alike
        made.setIcon(icon_of(provider, dark=is_dark(QApplication.palette())))
        made.setIconSize(_ICON)
        made.clicked.connect(partial(self._choose, provider))
        made.setProperty("left", whole and bool(self._last))  # in line with the one that is marked on its right
        if badge:
            mark_last(made)
        self.buttons.append(made)
        return made

    def _choose(self, provider: str, _checked: bool = False) -> None:
        self.chosen.emit(provider)


def mark_last(door: QPushButton) -> QLabel:
    """Say on a button that it is the door they used last."""
    row = QHBoxLayout(door)
    row.setContentsMargins(0, 0, 10, 0)
    row.addStretch(1)
    badge = text("Last used", "badge", wrap=False)
    row.addWidget(badge)
    return badge


def _divider() -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(10)
    for part in (_rule(), text("or", "quiet", wrap=False), _rule()):
        row.addWidget(part, 1 if part.objectName() == "rule" else 0)
    return row


def _rule() -> QFrame:
    made = QFrame()
    made.setObjectName("rule")
    return made
