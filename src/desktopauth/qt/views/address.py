"""Only an address is asked for, where a code is to go: to sign in by it, or because the password is forgotten.

What is said is the same whether anybody has that address or not.
"""

from __future__ import annotations

from desktopauth.core.models import Project
from desktopauth.core.state import AddressForm, AddressPurpose, AuthState
from desktopauth.qt.commands import Commands
from desktopauth.qt.messages import place_of
from desktopauth.qt.views.change import ChangeCard
from desktopauth.qt.widgets import Field, say

_TITLES: dict[AddressPurpose, str] = {"sign_in": "Sign in with a code", "recovery": "Forgot your password?"}
_NEXT: dict[AddressPurpose, str] = {
    "sign_in": "If this address may sign in here, a six-digit code will be on its way to it.",
    "recovery": "If there's an account for this address, a six-digit code will be on its way to it.",
}
_PHONES = "If this address or number may sign in here, a six-digit code will be on its way to it."


class AddressView(ChangeCard):
    """Where the project has it, a phone number may stand in the same field, to sign in."""

    verb = "Send code"
    busy_verb = "Sending\N{HORIZONTAL ELLIPSIS}"

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, "")
        self._purpose: AddressPurpose = "sign_in"
        self._phones = False
        self.email = Field("Email", "email")
        self.fields = [self.email]
        for part in (self.email, self.problem, self.submit, self.cancel):
            self.box.addWidget(part)
        self.email.submitted.connect(self.send)

    def offer(self, project: Project, _last: str, /) -> None:
        self._phones = project.phone
        self._word()

    def show_state(self, state: AuthState) -> None:
        if not isinstance(flow := state.flow, AddressForm):
            return
        self._purpose = flow.purpose
        self._word()
        if flow.email and not self.email.value():
            self.email.edit.setText(flow.email)
        self.show_busy(flow.busy, flow.retry_at)
        self._show_problem(flow)

    def _word(self) -> None:
        phones = self._phones and self._purpose == "sign_in"
        say(self.title, _TITLES[self._purpose])
        say(self.subtitle, _PHONES if phones else _NEXT[self._purpose])
        self.email.name("Email or phone number" if phones else "Email")

    def show_busy(self, busy: bool, retry_at: float = 0.0) -> None:
        super().show_busy(busy, retry_at)
        self.cancel.setText("Cancel" if busy else "Back")

    def _show_problem(self, flow: AddressForm) -> None:
        words = self.words_for(flow.problem, flow.retry_at)
        by_field = flow.problem is not None and place_of(flow.problem) == "email"
        self.email.show_problem(words if by_field else "")
        self.complain("" if by_field else words)
        if flow.problem and not flow.busy:
            self.email.focus()

    def ready(self) -> bool:
        return True  # what an address is, the way in knows

    def ask(self) -> None:
        ask = self.commands.forgot_password if self._purpose == "recovery" else self.commands.sign_in_with_code
        ask(self.email.value())

    def place(self) -> Field:
        return self.email
