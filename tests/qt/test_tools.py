"""What the tour, the smoke test and the windowed start are made of: hands, pictures, a sentence in a window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QPushButton

from desktopauth.qt.hands import Hands, NotSeenError
from desktopauth.qt.inventory import inventory
from desktopauth.qt.notice import notice
from desktopauth.qt.picture import colours, paint, save
from tests.core.fakes import Gate
from tests.qt.conftest import Room
from tests.scenario import Run, settled


def test_hands_wait_for_a_button_that_is_there_and_enabled(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            gate = Gate()
            room.world.gateway.script.plan("sign_in", gate)
            await room.hands.fill("Email", "ada@example.com")
            await room.hands.fill("Password", room.world.password)
            await room.hands.press("Sign in")
            await gate.reached.wait()
            assert room.hands._button("Create an account") is None, "it is disabled"
            assert room.hands._field("Email") is None
            gate.open()
            await room.hands.sees("Hello")

    run_qt(scenario)


def test_hands_tell_what_they_missed_and_what_there_was_instead(
    room: Room, run_qt: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktopauth.qt.hands._PATIENCE", 0.05)

    async def scenario() -> None:
        async with room.open():
            for waiting in (room.hands.sees("Hello"), room.hands.press("Leave"), room.hands.fill("Name", "Ada")):
                with pytest.raises(NotSeenError, match=r"there was: .*Welcome"):
                    await waiting

    run_qt(scenario)


def test_hands_click_where_the_button_is_and_not_the_button(room: Room, run_qt: Run) -> None:
    """A button that something else covers does nothing, as for a person."""

    async def scenario() -> None:
        async with room.open():
            cover = QPushButton(room.shell)
            cover.setGeometry(room.shell.rect())
            cover.show()
            await room.hands.press("Create an account")
            await settled()
            assert room.shows("Welcome")

    run_qt(scenario)


def test_a_picture_is_of_what_was_painted(room: Room, qapp: QApplication, tmp_path: Path) -> None:
    room.build()
    assert paint(qapp, room.shell) > 2
    save(room.shell, tmp_path / "picture.png")
    taken = QImage(str(tmp_path / "picture.png"))
    assert (taken.width(), taken.height()) == (room.shell.width(), room.shell.height())
    with pytest.raises(OSError, match=r"picture\.png"):
        save(room.shell, tmp_path / "nowhere" / "picture.png")
    blank = QImage(30, 30, QImage.Format.Format_RGB32)
    blank.fill(0)
    assert colours(blank) == 1


def test_a_sentence_without_an_app_stands_in_a_window_with_a_way_out(qapp: QApplication) -> None:
    window = notice("This key can do <b>anything</b>.")
    window.show()
    texts = Hands(window).texts()
    assert "This key can do <b>anything</b>." in texts
    close = next(button for button in window.findChildren(QPushButton) if button.text() == "Close")
    close.click()
    assert not window.isVisible()
    assert "Cancel" not in texts


def test_this_qt_has_what_a_bundle_must_bring(qapp: QApplication) -> None:
    found = inventory()
    assert found["platform"] == ["offscreen"]
    assert "qoffscreen" in found["platforms"]
    assert all(found.values())
