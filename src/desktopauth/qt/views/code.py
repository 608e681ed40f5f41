"""The six-digit code: paste it or type it, it sends itself; another one may be asked for when the countdown is over."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable

from PySide6.QtCore import QTimer

from desktopauth.core.state import AuthState, CodeWanted
from desktopauth.qt.commands import Commands
from desktopauth.qt.messages import sentence
from desktopauth.qt.widgets import Field, FormCard, button, say, text

Mailbox = Callable[[str], str | None]
_DIGITS = 6


class CodeView(FormCard):
    """``mailbox`` looks up the newest code for an address where mails go to a file: in the demo."""

    def __init__(self, commands: Commands, mailbox: Mailbox | None = None) -> None:
        super().__init__("Check your email")
        self._commands, self._mailbox = commands, mailbox
        self._flow: CodeWanted | None = None
        self._sent = ""
        self._busy = False
        self.code = Field("Six-digit code", "code")
        self.submit = button("Confirm", "primary")
        self.resend = button("", "link")
        self.mail = text(name="mailbox")
        for part in (self.mail, self.code, self.problem, self.submit, self.resend, self.cancel):
            self.box.addWidget(part)
        say(self.mail, "")
        self.cancel.show()
        self.code.edit.textEdited.connect(self._typed)
        self.code.submitted.connect(self._submit)
        self.submit.clicked.connect(self._submit)
        self.resend.clicked.connect(self._resend)
        self.cancel.clicked.connect(commands.cancel)
        self._second = QTimer(self)
        self._second.setInterval(500)
        self._second.timeout.connect(self._tick)

    def show_state(self, state: AuthState) -> None:
        flow = state.flow
        if not isinstance(flow, CodeWanted):
            return
        freed = self._busy and not flow.busy
        self._flow = flow
        say(self.subtitle, f"We sent a code to {flow.email}.")
        say(self.problem, "")
        self.code.show_problem(sentence(flow.problem) if flow.problem else "")
        self._show_busy(flow.busy)
        if freed:
            self.code.focus()
        self._tick()

    def _show_busy(self, busy: bool) -> None:
        self._busy = busy
        self.code.setEnabled(not busy)
        self.submit.setEnabled(not busy)
        self.cancel.setText("Cancel" if busy else "Use another email")
        self.submit.setText("Checking\N{HORIZONTAL ELLIPSIS}" if busy else "Confirm")

    def enter(self) -> None:
        self._sent = ""
        self.code.wipe()
        self.code.focus()
        self._second.start()

    def leave(self) -> None:
        self._second.stop()
        self._flow = None
        self.code.wipe()
        for label in (self.subtitle, self.mail):
            say(label, "")

    def _typed(self, words: str) -> None:
        """Whatever is pasted, its digits are meant; a whole code sends itself, once."""
        found = re.search(r"(?<!\d)\d{3}[\s-]?\d{3}(?!\d)", words)
        digits = re.sub(r"\D", "", found.group() if found else words)[:_DIGITS]
        if digits != words:
            self.code.edit.setText(digits)
        if len(digits) == _DIGITS and digits != self._sent:
            self._submit()

    def _submit(self) -> None:
        if self._flow and not self._busy:
            self._sent = self.code.value()
            self._show_busy(True)  # at once: a second Enter would void the answer to the first
            self._commands.verify(self._sent)

    def _resend(self) -> None:
        self._sent = ""
        self.code.wipe()
        self.resend.setEnabled(False)  # at once; the next tick knows better
        self._commands.resend()
        self.code.focus()

    def _tick(self) -> None:
        if self._flow is None:
            return
        left = self._flow.resend_at - time.time()
        self.resend.setEnabled(left <= 0 and not self._busy)
        self.resend.setText("Send another code" if left <= 0 else f"Send another code in {math.ceil(left)} s")
        if self._mailbox:
            code = self._mailbox(self._flow.email)
            say(self.mail, f"Your demo mailbox says {code}" if code else "")
