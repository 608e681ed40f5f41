"""A new password: after a forgotten one, or because somebody wants another, with whatever proof the server asks for."""

from __future__ import annotations

from desktopauth.core.errors import ErrorKind, Problem
from desktopauth.core.state import AuthState, NewPassword, Proof
from desktopauth.qt.commands import Commands
from desktopauth.qt.countdown import Countdown
from desktopauth.qt.messages import place_of
from desktopauth.qt.six_digits import DIGITS, six_digits
from desktopauth.qt.views.change import ChangeCard
from desktopauth.qt.views.password_rules import PasswordRules, excess
from desktopauth.qt.views.person import foldable
from desktopauth.qt.widgets import Field, button, say, text

_OTHERS = "Your other devices are signed out by it."


class NewPasswordView(ChangeCard):
    """What is typed goes out as it was typed, to the last blank."""

    verb = "Save the new password"
    busy_verb = "Saving\N{HORIZONTAL ELLIPSIS}"

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, "Choose a new password")
        self._flow: NewPassword | None = None
        self._proof: Proof = "none"
        self._sent = ""
        self._resending = False  # which is no saving, though as busy
        self.current = Field("Current password", "current_password", secret=True)
        self.code = Field("Six-digit code", "code")
        self.password = Field("New password", "new_password", secret=True)
        self.rules = PasswordRules(self.password.edit)
        self.resend = button("", "link")
        self._pause = Countdown(self)
        self.promise = text("If you cancel, nothing is changed: your old password stays as it is.", "quiet")
        self.fields = [self.current, self.code, self.password]
        for part in (self.current, self.code, self.resend, self.password, self.rules):
            self.box.addWidget(part)
        for last in (self.problem, self.submit, self.promise, self.cancel):
            self.box.addWidget(last)
        self._connect()
        self._show_proof("none")

    def _connect(self) -> None:
        self.password.edit.textChanged.connect(self._typed)
        self.code.edit.textEdited.connect(self._typed_code)
        self.resend.clicked.connect(self._resend)
        self._pause.ticked.connect(self._show_pause)
        self.password.submitted.connect(self.send)
        for first in (self.current, self.code):
            first.submitted.connect(self._go_on)

    def show_state(self, state: AuthState) -> None:
        # else something else has changed, and what was typed since must not be judged by an old answer
        if isinstance(flow := state.flow, NewPassword) and flow != self._flow:
            self._show_flow(flow)

    def _show_flow(self, flow: NewPassword) -> None:
        freed, wanted = self.busy and not flow.busy, flow.proof != self._proof
        self._flow, self._resending = flow, self._resending and flow.busy
        about = f"For {foldable(flow.email)}. {_OTHERS}" if flow.email else _OTHERS
        say(
            self.subtitle, about if flow.proof != "code" else ""
        )  # the notice names the address then, and room is scarce
        self.title.setText("Choose a new password" if flow.forgotten else "Change your password")
        self.promise.setVisible(flow.forgotten)
        self._show_proof(flow.proof)
        self.show_busy(flow.busy, flow.retry_at)
        self._pause.until(flow.resend_at)
        self._show_problem(flow)
        if freed or wanted:
            self.place().focus()

    def _show_proof(self, proof: Proof) -> None:
        if proof != self._proof:
            self._proof = proof
            for field in (self.current, self.code):
                field.wipe()
        self.current.setVisible(proof == "current_password")
        self.code.setVisible(proof == "code")
        self.resend.setVisible(proof == "code")
        email = foldable(self._flow.email) if self._flow else ""
        words = {
            "none": "",
            "current_password": "So that nobody but you can do this, your current password is needed as well.",
            "code": f"So that nobody but you can do this, we sent a code to {email or 'you'}.",
        }
        say(self.notice, words[proof])

    def _show_problem(self, flow: NewPassword) -> None:
        words, at = self.words_for(flow.problem, flow.retry_at), self._field_of(flow.problem)
        for field in (self.current, self.code):
            field.show_problem(words if field is at else "")
        self.password.show_problem(words if at is self.password else self._too_long())
        say(self.problem, words if at is None else "")
        if flow.problem and flow.problem.kind is ErrorKind.WEAK_PASSWORD:
            self.rules.learn(flow.problem.reasons)

    def _field_of(self, problem: Problem | None) -> Field | None:
        """The field that the problem is about; None: the whole of it."""
        match place_of(problem) if problem else "form":
            case "password":
                return self.password
            case "current" | "code":
                return self._proof_field()
            case _:
                return None

    def _proof_field(self) -> Field | None:
        return {"none": None, "current_password": self.current, "code": self.code}[self._proof]

    def place(self) -> Field:
        faulty = self._field_of(self._flow.problem if self._flow else None)
        proof = self._proof_field()
        return faulty or (proof if proof and not proof.value() else self.password)

    def ready(self) -> bool:
        field, words = self._slip()
        if field:
            field.show_problem(words)
            field.focus()
        return field is None

    def _slip(self) -> tuple[Field | None, str]:
        """What can be seen without asking the server."""
        if self._proof == "current_password" and not self.current.value():
            return self.current, "Enter your current password."
        if self._proof == "code" and len(self.code.value()) != DIGITS:
            return self.code, "Enter the six digits."
        if not self.password.value():
            return self.password, "Enter a new password."
        words = self._too_long()
        return (self.password if words else None), words

    def ask(self) -> None:
        proof = self._proof_field()
        self._sent = self.code.value()
        self.commands.set_password(self.password.value(), proof.value() if proof else "")

    def _too_long(self) -> str:
        over = excess(self.password.value())
        letters = "one character" if over == 1 else f"{over} characters"
        return f"This is longer than the sign-in service can take. Leave out {letters}." if over else ""

    def _typed(self) -> None:
        words, missing = self._too_long(), self.rules.unmet()
        self.password.show_problem(words)
        if missing and not words:  # who does not see the list hears it
            self.password.edit.setAccessibleDescription(f"Not yet: {', '.join(missing)}.")

    def _typed_code(self, words: str) -> None:
        """A whole code goes on by itself, once."""
        digits = six_digits(words)
        if digits != words:
            self.code.edit.setText(digits)
        self.code.show_problem("")
        if len(digits) == DIGITS and digits != self._sent:
            self._go_on()

    def _go_on(self) -> None:
        """The proof is there: to the password, or off with both."""
        if self.password.value():
            self.send()
        else:
            self.password.focus()

    def _resend(self) -> None:
        self._sent = ""
        self.code.wipe()
        self._resending = True
        self.show_busy(True)  # at once: a second press would void the first
        self.commands.resend()

    def _show_pause(self, left: int) -> None:
        self.resend.setEnabled(not left and not self.busy)
        self.resend.setText(f"Send another code in {left} s" if left else "Send another code")
        if self.busy and self._resending:
            self.resend.setText("Sending\N{HORIZONTAL ELLIPSIS}")
            self.submit.setText(self.verb)

    def show_busy(self, busy: bool, retry_at: float = 0.0) -> None:
        super().show_busy(busy, retry_at)
        self._show_pause(self._pause.left())

    def leave(self) -> None:
        super().leave()
        self._flow, self._sent, self._resending = None, "", False
        self._pause.stop()
        self._show_proof("none")
        self.rules.forget()
        say(self.subtitle, "")
