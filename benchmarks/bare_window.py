"""The least a PySide6 program can show: one label."""

from __future__ import annotations

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel


class Bare(QLabel):
    painted = False

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.painted:
            self.painted = True
            QTimer.singleShot(0, self.finish)

    def finish(self) -> None:
        print(time.monotonic_ns())
        QApplication.quit()


app = QApplication(sys.argv[:1])
window = Bare("Sign in")
window.resize(880, 620)
window.show()
app.exec()
