"""The look: one style sheet with two sets of colours, picked by the palette that the system gave us.

Everything that would touch Qt's enum namespace (15-25 ms on its first use) is said in the sheet instead, because the
first paint waits for it.
"""

from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from desktopauth.resources import resource

_LIGHT = {
    "@window": "#f4f5f7",
    "@card": "#ffffff",
    "@line": "#d5d9e0",
    "@field": "#ffffff",
    "@text": "#1c2024",
    "@quiet": "#5c6570",
    "@accent-text": "#ffffff",
    "@accent-off": "#a9c3b8",
    "@accent": "#1f7a56",
    "@focus": "#1f7a56",
    "@bad": "#b3261e",
    "@notice": "#fff4d6",
    "@hover": "#eceef1",
}
_DARK = {
    "@window": "#16181b",
    "@card": "#1f2226",
    "@line": "#3a4048",
    "@field": "#16181b",
    "@text": "#eceef1",
    "@quiet": "#a3acb7",
    "@accent-text": "#08130e",
    "@accent-off": "#2c4a3d",
    "@accent": "#5cc99a",
    "@focus": "#5cc99a",
    "@bad": "#ff8a80",
    "@notice": "#3a3116",
    "@hover": "#2a2e34",
}


def style_sheet(app: QApplication) -> str:
    """The sheet in today's colours."""
    sheet = resource("style/app.qss").read_text("utf-8")
    colours = _DARK if is_dark(app.palette()) else _LIGHT
    for name in sorted(colours, key=len, reverse=True):  # the longer name first: @accent-text before @accent
        sheet = sheet.replace(name, colours[name])
    return sheet


def is_dark(palette: QPalette) -> bool:
    """Whether the system's own windows are dark."""
    return palette.window().color().lightness() < 128
