"""A sentence in a window of its own, for when there is neither a terminal nor an app to say it in."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QApplication, QWidget

from desktopauth.qt.style import style_sheet
from desktopauth.qt.widgets import FormCard, button, say


def show(sentence: str) -> None:
    """Show the sentence until it is closed."""
    running = QApplication.instance()
    app = running if isinstance(running, QApplication) else QApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(True)  # the app itself has another end
    app.setStyleSheet(style_sheet(app))
    window = notice(sentence)
    window.show()
    app.exec()


def notice(sentence: str) -> QWidget:
    """The window, not shown yet."""
    card = FormCard("This app can't start")
    card.setObjectName("shell")
    card.setWindowTitle("desktopauth")
    say(card.problem, sentence)
    close = button("Close", "primary")
    close.clicked.connect(card.close)
    card.box.addWidget(card.problem)
    card.box.addWidget(close)
    return card
