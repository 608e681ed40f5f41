"""Another e-mail address: codes to the new one, and mostly to the old one too, prove that it is theirs."""

from __future__ import annotations

from desktopauth.core.errors import ErrorKind
from desktopauth.core.state import AuthState, NewEmail, user_of
from desktopauth.qt.commands import Commands
from desktopauth.qt.messages import place_of
from desktopauth.qt.views.change import ChangeCard
from desktopauth.qt.views.person import foldable
from desktopauth.qt.widgets import Field, say, text

_TAKEN = "This address belongs to another account here. Use a different one."


class NewEmailView(ChangeCard):
    """Nothing is changed by this form alone: the codes do it."""

    verb = "Send a code"
    busy_verb = "Sending\N{HORIZONTAL ELLIPSIS}"

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, "Change your email")
        self._flow: NewEmail | None = None
        self._now = ""
        self.email = Field("New email", "new_email")
        self.what = text(
            "We'll send a code to the new address, and mostly another one to the old address as well. "
            "Until they are entered, everything stays as it is.",
            "quiet",
        )
        self.fields = [self.email]
        for part in (self.email, self.what, self.problem, self.submit, self.cancel):
            self.box.addWidget(part)
        self.email.submitted.connect(self.send)
        self.email.edit.textEdited.connect(lambda: self.email.show_problem(""))

    def show_state(self, state: AuthState) -> None:
        if not isinstance(flow := state.flow, NewEmail):
            return
        user = user_of(state)
        self._now = user.email if user else ""
        say(self.subtitle, f"Today it is {foldable(self._now)}." if self._now else "")
        if flow != self._flow:  # else what was typed since must not be judged by an old answer
            self._show_flow(flow)

    def _show_flow(self, flow: NewEmail) -> None:
        freed, self._flow = self.busy and not flow.busy, flow
        if flow.email and not self.email.value():
            self.email.edit.setText(flow.email)
        self.show_busy(flow.busy, flow.retry_at)
        self._show_problem(flow)
        if freed:
            self.email.focus()

    def _show_problem(self, flow: NewEmail) -> None:
        words = self.words_for(flow.problem, flow.retry_at)
        if flow.problem and flow.problem.kind is ErrorKind.USER_EXISTS:
            words = _TAKEN
        here = flow.problem is not None and place_of(flow.problem) == "email"
        self.email.show_problem(words if here else "")
        say(self.problem, "" if here else words)

    def ready(self) -> bool:
        written, wrong = self._written(), ""
        if not written:
            wrong = "Enter the new address."
        elif written.casefold() == self._now.casefold():
            wrong = "That is your address already."
        if wrong:
            self.email.show_problem(wrong)
            self.email.focus()
        return not wrong

    def ask(self) -> None:
        self.commands.change_email(self._written())

    def _written(self) -> str:
        return self.email.value().strip()

    def place(self) -> Field:
        return self.email

    def leave(self) -> None:
        super().leave()
        self._flow, self._now = None, ""
        say(self.subtitle, "")
