"""No project is configured: ask for its URL and publishable key, check them, and offer the demo instead."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from PySide6.QtCore import Signal

from desktopauth.qt.commands import Commands
from desktopauth.qt.widgets import Field, FormCard, button, say

_VERB = "Check and connect"
_MISSING = {
    "url": "Enter the project's URL. It looks like https://abcdefgh.supabase.co.",
    "key": "Enter the publishable key. It begins with sb_publishable_.",
}


class Finding(Protocol):
    """What a check found: an empty ``sentence`` if all is well, and then what to keep; else the ``place`` it is about.

    ``place`` is ``url``, ``key``, or ``form`` for neither.
    """

    @property
    def url(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def sentence(self) -> str: ...

    @property
    def place(self) -> str: ...


Check = Callable[[str, str], Awaitable[Finding]]


class ConnectView(FormCard):
    """``check`` looks at a URL and a key as they were typed; ``url`` and ``key`` are what is known beforehand.

    Signals: connected(url, key) when they were found to fit, in the spelling to keep; the view stays busy, for
    ``refuse`` if they could not be kept. demo_wanted() when the demo is to be opened instead.
    """

    connected = Signal(str, str)
    demo_wanted = Signal()
    stature = 400

    def __init__(self, commands: Commands, check: Check, *, url: str = "", key: str = "") -> None:
        super().__init__("Connect to your project", "Its URL and publishable key are in the project's API settings.")
        self._commands, self._check = commands, check
        self._turn = 0  # of the check that counts
        self.url = Field("Project URL", "url")
        self.key = Field("Publishable key", "key")
        self.submit = button(_VERB, "primary")
        self.demo = button("Try the demo instead", "link")
        for part in (self.url, self.key, self.problem, self.submit, self.cancel, self.demo):
            self.box.addWidget(part)
        for field, words, example in (
            (self.url, url, "https://abcdefgh.supabase.co"),
            (self.key, key, "sb_publishable_\N{HORIZONTAL ELLIPSIS}"),
        ):
            field.edit.setText(words)
            field.edit.setCursorPosition(0)  # a long one is known by its beginning
            field.edit.setPlaceholderText(example)
        self._join()

    def _join(self) -> None:
        self.url.submitted.connect(self.key.focus)
        self.key.submitted.connect(self._submit)
        self.submit.clicked.connect(self._submit)
        self.cancel.clicked.connect(self._cancel)
        self.demo.clicked.connect(self.demo_wanted)

    def refuse(self, words: str, place: str = "form") -> None:
        """Say what is wrong, by the field that it is about, and let the person go on."""
        self._turn += 1
        self._show_busy(False)
        self._say(words, place)
        (self.key if place == "key" else self.url).focus()

    def enter(self) -> None:
        (self.key if self.url.value() and not self.key.value() else self.url).focus()

    def leave(self) -> None:
        self._turn += 1
        self._show_busy(False)
        self._say("")
        for field in (self.url, self.key):
            field.wipe()

    def _submit(self) -> None:
        if not self.submit.isEnabled():
            return
        typed = {"url": self.url.value().strip(), "key": self.key.value().strip()}
        if lacking := next((name for name, words in typed.items() if not words), ""):
            self.refuse(_MISSING[lacking], lacking)
            return
        self._say("")
        self._show_busy(True)  # at once: a second Enter asks nothing
        self._turn += 1
        self._commands.start(self._look(self._turn, **typed))

    def _cancel(self) -> None:
        if not self.submit.isEnabled():
            self._turn += 1
            self._show_busy(False)
            self.url.focus()

    async def _look(self, turn: int, url: str, key: str) -> None:
        found: Finding | None = None
        try:
            found = await self._check(url, key)
        finally:
            if turn == self._turn and found is None:
                self._show_busy(False)
        if turn != self._turn:  # given up meanwhile
            return
        if found.sentence:
            self.refuse(found.sentence, found.place)
        else:
            self.connected.emit(found.url, found.key)

    def _say(self, words: str, place: str = "form") -> None:
        self.url.show_problem(words if place == "url" else "")
        self.key.show_problem(words if place == "key" else "")
        say(self.problem, words if place not in ("url", "key") else "")

    def _show_busy(self, busy: bool) -> None:
        for part in (self.url, self.key, self.submit, self.demo):
            part.setEnabled(not busy)
        self.submit.setText("Checking\N{HORIZONTAL ELLIPSIS}" if busy else _VERB)
        self.cancel.setVisible(busy)
        if busy:
            self.cancel.setFocus()
