"""The six-digit code: paste it or type it, it sends itself; another one may be asked for when the countdown is over."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QTimer

from desktopauth.core.state import AuthState, CodePurpose, CodeWanted
from desktopauth.qt.commands import Commands
from desktopauth.qt.messages import sentence_beside
from desktopauth.qt.six_digits import DIGITS, six_digits
from desktopauth.qt.views.person import foldable
from desktopauth.qt.widgets import Field, FormCard, button, say, text

Mailbox = Callable[[str], str | None]
_HINTS: dict[CodePurpose, str] = {
    "sign_in": "",
    "confirm": "Nothing there after a minute? If you have an account already, sign in instead.",
    "recovery": "With the code you choose a new password.",
    "email_change": "Your old address may get a code of its own, which is asked for next.",
}


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
        self.hint = text(name="hint")
        for part in (self.mail, self.code, self.problem, self.submit, self.hint, self.resend, self.cancel):
            self.box.addWidget(part)
        for label in (self.mail, self.hint):
            say(label, "")
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
        if self._flow and self._flow.email != flow.email:  # the next code of two, from another mailbox
            self._empty()
        self._flow = flow
        self._word(flow)
        self._show_busy(flow.busy)
        if freed:
            self.code.focus()
        self._tick()

    def _word(self, flow: CodeWanted) -> None:
        say(self.title, "Check your phone" if _is_phone(flow) else "Check your email")
        say(self.subtitle, _where(flow))
        say(self.hint, _hint(flow))
        counts = flow.resend_at > time.time()
        self.code.show_problem(sentence_beside(flow.problem, retry_at=flow.resend_at, counts=counts))

    def _show_busy(self, busy: bool) -> None:
        self._busy = busy
        self.code.setEnabled(not busy)
        self.submit.setEnabled(not busy)
        self.cancel.setText("Cancel" if busy or not self._flow else _back(self._flow))
        self.submit.setText("Checking\N{HORIZONTAL ELLIPSIS}" if busy else "Confirm")

    def enter(self) -> None:
        self._empty()
        self.code.focus()
        self._second.start()

    def leave(self) -> None:
        self._second.stop()
        self._flow = None
        self.code.wipe()
        for label in (self.subtitle, self.mail):
            say(label, "")

    def _empty(self) -> None:
        self._sent = ""
        self.code.wipe()

    def _typed(self, words: str) -> None:
        """A whole code sends itself, once."""
        digits = six_digits(words)
        if digits != words:
            self.code.edit.setText(digits)
        if len(digits) == DIGITS and digits != self._sent:
            self._submit()

    def _submit(self) -> None:
        if self._flow and not self._busy:
            self._sent = self.code.value()
            self._show_busy(True)  # at once: a second Enter would void the answer to the first
            self._commands.verify(self._sent)

    def _resend(self) -> None:
        self._empty()
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


def _is_phone(flow: CodeWanted) -> bool:
    return "@" not in flow.email


def _where(flow: CodeWanted) -> str:
    """Where the code went, said alike whether anybody is known there or not."""
    if flow.purpose == "recovery" or not flow.create:
        return f"If there's an account for {foldable(flow.email)}, a code is on its way to it."
    return f"We sent a code to {foldable(flow.email)}{' in a text message' if _is_phone(flow) else ''}."


def _hint(flow: CodeWanted) -> str:
    link = "The link in the mail does the same, if you open it on this computer." if flow.link else ""
    return f"{link} {_HINTS[flow.purpose]}".strip()


def _back(flow: CodeWanted) -> str:
    if flow.purpose == "email_change":
        return "Back"
    return "Use another number" if _is_phone(flow) else "Use another email"
