"""What a screen reader is told reaches Qt's accessibility layer, where one listens and where none does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QLabel

from desktopauth.qt import speech
from desktopauth.qt.speech import announce
from desktopauth.qt.widgets import FormCard


@pytest.fixture(params=[True, False])
def listening(request: pytest.FixtureRequest, qapp: object) -> Iterator[bool]:
    before = QAccessible.isActive()
    QAccessible.setActive(request.param)
    yield request.param
    QAccessible.setActive(before)


def test_it_is_said_to_who_listens_and_lost_on_nobody(listening: bool) -> None:
    label = QLabel("x")
    announce(label, "The sign-in page is open.")
    announce(label, "")


def test_trouble_is_said_once_and_not_again_for_each_drawing(qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(speech, "announce", lambda _, words: heard.append(words))
    card = FormCard("Sign in")
    for words in ("Offline.", "Offline.", "", "Offline.", "Too many tries for now."):
        card.complain(words)
    card.take_back()
    assert heard == ["Offline.", "Offline.", "Too many tries for now.", "You can try again now."]
    card.complain("")
    card.take_back()
    assert heard[-1:] == ["You can try again now."]
    assert len(heard) == 4
