"""The system's nudges: heard when wanted, not when left out, and never after the end."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desktopauth.qt.system import ALL, Nudge, Nudges

Active, Inactive = Qt.ApplicationState.ApplicationActive, Qt.ApplicationState.ApplicationInactive


@pytest.mark.parametrize(("wanted", "heard"), [(ALL, 1), (("focus",), 1), (("network",), 0), ((), 0)])
def test_coming_back_to_the_window_is_a_nudge_where_it_is_wanted(
    qapp: QApplication, wanted: tuple[Nudge, ...], heard: int
) -> None:
    nudges: list[None] = []
    hears = Nudges(lambda: nudges.append(None), wanted)
    qapp.applicationStateChanged.emit(Inactive)
    assert nudges == []
    qapp.applicationStateChanged.emit(Active)
    assert len(nudges) == heard
    hears.close()
    qapp.applicationStateChanged.emit(Active)
    assert len(nudges) == heard
