"""Create an account: the same card with other words."""

from __future__ import annotations

from desktopauth.core.models import Project
from desktopauth.qt.commands import Commands
from desktopauth.qt.views.sign_in import PasswordCard


class SignUpView(PasswordCard):
    """For people who come for the first time."""

    purpose = "sign_up"
    verb = "Create account"
    busy_verb = "Creating your account\N{HORIZONTAL ELLIPSIS}"

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, "Create an account", "We'll send a code to confirm your email.")
        self.forgot.hide()  # there is none yet
        self.other.setText("I have an account already")
        self.other.clicked.connect(lambda: commands.open_form("sign_in", self.email.value()))

    def _offer_email(self, project: Project) -> None:
        super()._offer_email(project)
        self.other.show()  # the way back

    def ask(self, email: str, password: str) -> None:
        self.commands.sign_up(email, password)
