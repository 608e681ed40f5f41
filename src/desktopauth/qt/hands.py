"""A person's hands and eyes on the real widgets: they click and type what is visible, and read what stands there.

Events go to the window, which finds the widget under the pointer or with the focus, as it does for a person: a covered
or disabled button does nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QListWidget, QPushButton, QWidget

W = TypeVar("W", bound=QWidget)
_PATIENCE = 30.0  # seconds
_LOOK = 0.02  # seconds between two looks


class NotSeenError(Exception):
    """The person waited for something that never came; the text says for what, and what was there instead."""


class Hands:
    """Acts on one window."""

    def __init__(self, window: QWidget) -> None:
        self._window = window

    async def press(self, words: str) -> None:
        """Click the button that says ``words``, once it is there and enabled."""
        await self.until(lambda: self._button(words) is not None, f'a button "{words}"')
        if button := self._button(words):
            await self._click(button)

    async def fill(self, label: str, words: str) -> None:
        """Click into the field called ``label`` and type."""
        await self.until(lambda: self._field(label) is not None, f'a field "{label}"')
        if field := self._field(label):
            await self._click(field)
            await self.key(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
            await self.type_in(words)

    async def type_in(self, words: str) -> None:
        """Type on the keyboard, into whatever has the focus."""
        window = self._window.windowHandle()
        for letter in words:
            await _between_tasks(partial(QTest.keyClick, window, letter))

    async def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press one key that is no letter: Tab, Return, Escape."""
        window = self._window.windowHandle()
        await _between_tasks(lambda: QTest.keyClick(window, key, modifiers))

    async def sees(self, words: str) -> str:
        """Wait until ``words`` stand somewhere; the whole text in which they do."""
        await self.until(lambda: bool(self._reading(words)), f'"{words}"')
        return self._reading(words)[0]

    async def until(self, there: Callable[[], bool], what: str) -> None:
        """Wait for anything else that can be seen. Raises NotSeenError."""
        deadline = time.monotonic() + _PATIENCE
        while not there():
            if time.monotonic() > deadline:
                raise NotSeenError(f"waited for {what}; there was: {' | '.join(self.texts())}")
            await asyncio.sleep(_LOOK)

    def texts(self) -> list[str]:
        """Everything that can be read now."""
        found = [label.text() for label in self._visible(QLabel)] + [
            button.text() for button in self._visible(QPushButton)
        ]
        for rows in self._visible(QListWidget):
            found += [rows.item(row).text() for row in range(rows.count())]
        return [text for text in found if text]

    def _reading(self, words: str) -> list[str]:
        return [text for text in self.texts() if words in text]

    def _button(self, words: str) -> QPushButton | None:
        return next((b for b in self._visible(QPushButton) if b.text() == words and b.isEnabled()), None)

    def _field(self, label: str) -> QLineEdit | None:
        """By its label, or where it has none by its accessible name, as a screen reader would."""
        for caption in self._visible(QLabel):
            if caption.text() == label and isinstance(field := caption.buddy(), QLineEdit) and field.isEnabled():
                return field
        return next((f for f in self._visible(QLineEdit) if f.accessibleName() == label and f.isEnabled()), None)

    def _visible(self, kind: type[W]) -> list[W]:
        return [found for found in self._window.findChildren(kind) if found.isVisibleTo(self._window)]

    async def _click(self, widget: QWidget) -> None:
        middle, left = widget.mapTo(self._window, widget.rect().center()), Qt.MouseButton.LeftButton
        window = self._window.windowHandle()
        await _between_tasks(lambda: QTest.mouseClick(window, left, Qt.KeyboardModifier.NoModifier, middle))


async def _between_tasks(act: Callable[[], None]) -> None:
    """QTest lets Qt work off its events inside the call, and inside a task that would enter other tasks: so outside."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def run() -> None:
        act()
        if not done.done():
            done.set_result(None)

    loop.call_soon(run)
    await done
