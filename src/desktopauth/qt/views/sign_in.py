"""Sign in by e-mail and password: the first picture that most people see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktopauth.qt.commands import Commands
from desktopauth.qt.widgets import Field, FormCard, button, say

if TYPE_CHECKING:  # the first picture shows no state yet
    from desktopauth.core.state import AuthState, PasswordForm


class PasswordCard(FormCard):
    """E-mail and password, shown alike to sign in and to sign up; what differs is in the words and in the command."""

    verb = ""
    busy_verb = ""

    def __init__(self, commands: Commands, title: str, subtitle: str) -> None:
        super().__init__(title, subtitle)
        self.commands = commands
        self._why = self._answer = ""
        self.email = Field("Email", "email")
        self.password = Field("Password", "password", secret=True)
        self.submit = button(self.verb, "primary")
        self.other = button("", "link")
        for part in (self.email, self.password, self.problem, self.submit, self.cancel, self.other):
            self.box.addWidget(part)
        self.email.submitted.connect(self.password.focus)
        self.password.submitted.connect(self._submit)
        self.submit.clicked.connect(self._submit)
        self.cancel.clicked.connect(self._cancel)

    def ask(self, email: str, password: str) -> None:
        raise NotImplementedError

    def _submit(self) -> None:
        if self.submit.isEnabled():
            self._show_busy(True)
            self.ask(self.email.value(), self.password.value())

    def _cancel(self) -> None:
        self._show_busy(False)
        self.commands.cancel()

    def show_state(self, state: AuthState) -> None:
        from desktopauth.core.state import Interrupted, PasswordForm, SignedOut
        from desktopauth.qt.messages import signed_out_sentence

        if isinstance(session := state.session, SignedOut | Interrupted):
            self._why = signed_out_sentence(session)
            self._say_why()
        if isinstance(flow := state.flow, PasswordForm):
            if flow.email and not self.email.value():
                self.email.edit.setText(flow.email)
                self.email.edit.setCursorPosition(0)  # a long address is known by its beginning
            self._show_busy(flow.busy)
            self._show_problem(flow)

    def answer(self, words: str) -> None:
        """Say what has come of the order by which they left; it goes with the view."""
        self._answer = words
        self._say_why()

    def _say_why(self) -> None:
        say(self.notice, " ".join(filter(None, (self._why, self._answer))))

    def _show_busy(self, busy: bool) -> None:
        for part in (self.email, self.password, self.submit, self.other):
            part.setEnabled(not busy)
        self.submit.setText(self.busy_verb if busy else self.verb)
        self.cancel.setVisible(busy)
        if busy:
            self.cancel.setFocus()

    def _show_problem(self, flow: PasswordForm) -> None:
        from desktopauth.qt.messages import Place, place_of, sentence

        words = sentence(flow.problem) if flow.problem else ""
        place: Place = place_of(flow.problem) if flow.problem else "form"
        self.email.show_problem(words if place == "email" else "")
        self.password.show_problem(words if place == "password" else "")
        say(self.problem, words if place not in ("email", "password") else "")
        if not flow.busy and flow.problem:
            (self.email if place == "email" else self.password).focus()

    def enter(self) -> None:
        (self.password if self.email.value() else self.email).focus()

    def leave(self) -> None:
        self._answer = ""
        self.password.wipe()
        self.email.wipe()  # the flow carries it from form to form: one left here would hide a newer one


class SignInView(PasswordCard):
    """For people who have an account."""

    verb = "Sign in"
    busy_verb = "Signing in\N{HORIZONTAL ELLIPSIS}"

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, "Sign in", "Welcome. Use your account to go on.")
        self.other.setText("Create an account")
        self.other.clicked.connect(lambda: commands.open_form("sign_up", self.email.value()))

    def ask(self, email: str, password: str) -> None:
        self.commands.sign_in(email, password)
