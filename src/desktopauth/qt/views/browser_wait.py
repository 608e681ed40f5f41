"""The person is in their browser: what is waited for and how long, and every way on if the browser is none."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton

from desktopauth.core.state import AuthState, BrowserWait
from desktopauth.qt.commands import Commands
from desktopauth.qt.countdown import Countdown
from desktopauth.qt.messages import sentence
from desktopauth.qt.providers import name_of
from desktopauth.qt.speech import announce
from desktopauth.qt.views.person import foldable
from desktopauth.qt.widgets import Field, FormCard, button, say, text

_NOT_IT = "That isn't where this sign-in ended. Copy the browser's whole address line, and paste it here."


class BrowserWaitView(FormCard):
    """The provider's address leaves it by "Copy link" alone; what is pasted goes with the view."""

    def __init__(self, commands: Commands) -> None:
        super().__init__("Continue in your browser")
        self._commands = commands
        self._flow: BrowserWait | None = None
        self._said = ""
        self.status = text(name="status")
        self.again = button("Open again")
        self.copy = button("Copy link")
        self.pasting = button("Paste the address instead", "link")
        self.address = Field("Address that the browser ended at", "address")
        self.go_on = button("Continue")
        self._countdown = Countdown(self)
        self._lay_out()
        self.again.clicked.connect(self._open_again)
        self.copy.clicked.connect(self._copy)
        self.pasting.clicked.connect(lambda: self._show_pasting(True))
        self.address.submitted.connect(self._paste)
        self.go_on.clicked.connect(self._paste)
        self.cancel.clicked.connect(commands.cancel)
        self._countdown.ticked.connect(self._tick)

    def _lay_out(self) -> None:
        parts = (self.status, self.problem, self.copy, self.again, self.pasting, self.address, self.go_on, self.cancel)
        for part in parts:
            self.box.addWidget(part)
        self.cancel.show()
        self._show_pasting(False)

    def show_state(self, state: AuthState) -> None:
        if not isinstance(flow := state.flow, BrowserWait):
            return
        anew, self._flow = self._flow is None or self._flow.url != flow.url, flow
        if anew:
            self.copy.setText("Copy link")
            self.address.show_problem("")
        say(self.subtitle, f"Sign in with {foldable(name_of(flow.provider))} there, then come back here.")
        say(self.problem, sentence(flow.problem) if flow.problem else "")
        for part in (self.again, self.copy, self.pasting, self.address, self.go_on):
            part.setEnabled(bool(flow.url) and not flow.busy)
        self._put_first(self.copy if flow.problem else self.again)
        if flow.url and not flow.busy:
            self._countdown.until(flow.deadline)
        else:
            self._countdown.stop()
            self._say_status(_busy_words(flow))
        if anew and flow.problem:
            self.copy.setFocus()
        self._tell(self.problem.text() or _heard(flow))

    def _put_first(self, first: QPushButton) -> None:
        """What to press now: the browser again, or the link where no browser could be opened."""
        for each in (self.copy, self.again):
            name = "primary" if each is first and each.isEnabled() else ""
            if each.objectName() != name:
                each.setObjectName(name)
                each.style().unpolish(each)
                each.style().polish(each)
        self.box.removeWidget(first)
        self.box.insertWidget(self.box.indexOf(self.problem) + 1, first)
        self.setTabOrder(first, self.again if first is self.copy else self.copy)

    def _tick(self, left: int) -> None:
        self._say_status(f"Waiting for your browser: {left // 60}:{left % 60:02d} left.")

    def _say_status(self, words: str) -> None:
        say(self.status, words)

    def _tell(self, words: str) -> None:
        """Once for each thing that happens, not for each second."""
        if words != self._said:
            self._said = words
            announce(self, words)

    def _open_again(self) -> None:
        self._commands.open_again()

    def _copy(self) -> None:
        if self._flow:
            QGuiApplication.clipboard().setText(self._flow.url)
            self.copy.setText("Link copied")
            announce(self, "Link copied")

    def _show_pasting(self, shown: bool) -> None:
        self.pasting.setVisible(not shown)
        self.address.setVisible(shown)
        self.go_on.setVisible(shown)
        if shown:
            self.address.focus()

    def _paste(self) -> None:
        taken = self._commands.paste(self.address.value().strip())
        self.address.show_problem("" if taken else _NOT_IT)
        if not taken:
            announce(self, _NOT_IT)
            self.address.focus()

    def enter(self) -> None:
        self.cancel.setFocus()

    def leave(self) -> None:
        self._countdown.stop()
        self._flow, self._said = None, ""
        self.copy.setText("Copy link")
        self.address.wipe()
        self.address.show_problem("")
        self._show_pasting(False)
        for label in (self.subtitle, self.status, self.problem):
            say(label, "")


def _busy_words(flow: BrowserWait) -> str:
    if flow.url:
        return "Signing you in\N{HORIZONTAL ELLIPSIS}"
    return f"Asking for {foldable(name_of(flow.provider))}'s sign-in page\N{HORIZONTAL ELLIPSIS}"


def _heard(flow: BrowserWait) -> str:
    """The same for the ear, without any second."""
    if flow.busy or not flow.url:
        return _busy_words(flow)
    return f"{name_of(flow.provider)}'s sign-in page is open in your browser. Go on there, then come back here."
