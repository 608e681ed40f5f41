"""The app as a person starts it, in a fresh profile; it says when its first picture was finished, and closes.

Fails unless that picture is the sign-in view with its heading in it, as pixels.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import desktopauth.app
from desktopauth.cli import main

open_app = desktopauth.app.open_app


def watched(opening: Any) -> int:
    from desktopauth.qt import loop

    run = loop.run

    def run_watched(app: Any, window: Any, *rest: Any, **more: Any) -> int:
        window.painted.connect(lambda: report(window))
        return run(app, window, *rest, **more)

    loop.run = run_watched
    return open_app(opening)


def report(window: Any) -> None:
    now = time.monotonic_ns()
    from PySide6.QtWidgets import QLabel

    title = next(label for label in window.findChildren(QLabel) if label.text() == "Sign in")
    picture = window.grab(title.rect().translated(title.mapTo(window, title.rect().topLeft()))).toImage()
    darkest = min(picture.pixelColor(x, y).lightness() for x in range(picture.width()) for y in range(picture.height()))
    if darkest < 100:
        print(now)
    window.close()


desktopauth.app.open_app = watched
sys.exit(main(["run", "--profile-dir", sys.argv[1]]))
