"""Pictures of the window: for the tour, for the README, and to prove that something was painted at all."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from desktopauth.qt.shell import Shell

_LONGEST = 10_000  # milliseconds that a first paint may take before it is called missing


def paint(app: QApplication, shell: Shell) -> int:
    """Show the window until it is painted, and close it; the number of different colours in its picture."""
    waiting = QEventLoop()
    shell.painted.connect(waiting.quit)
    QTimer.singleShot(_LONGEST, waiting.quit)
    shell.show()
    waiting.exec()
    found = colours(shell.grab().toImage())
    shell.close()
    app.processEvents()
    return found


def colours(image: QImage) -> int:
    """How many different colours a picture has, looked at every third pixel."""
    return len({image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)})


def save(window: QWidget, path: Path) -> None:
    """Write what the window shows as a PNG. Raises OSError."""
    if not window.grab().save(str(path), "PNG"):
        raise OSError(f"the picture could not be written: {path.name}")
