"""Sign in by e-mail and password, or by any other door: the first picture that most people see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from desktopauth.qt.commands import Commands
from desktopauth.qt.submit import SubmitButton
from desktopauth.qt.widgets import Field, FormCard, Links, button, say

if TYPE_CHECKING:  # the first picture shows no state yet
    from desktopauth.core.models import Project
    from desktopauth.core.state import AddressPurpose, AuthState, FormPurpose, PasswordForm
    from desktopauth.qt.views.doors import Doors


class PasswordCard(FormCard):
    """E-mail and password, shown alike to sign in and to sign up, and the other doors below.

    Which doors there are comes later than the first picture: they stand last, so that nothing moves for them.
    """

    stature = 560
    purpose: FormPurpose = "sign_in"
    verb = "Sign in"
    busy_verb = "Signing in\N{HORIZONTAL ELLIPSIS}"

    def __init__(self, commands: Commands, title: str, subtitle: str) -> None:
        super().__init__(title, subtitle)
        self.commands = commands
        self._why = self._answer = ""
        self.email = Field("Email", "email")
        self.password = Field("Password", "password", secret=True)
        self.keep = QCheckBox("Keep me signed in on this computer")
        self.keep.setObjectName("keep")
        self.keep.setChecked(True)
        self.submit = SubmitButton(self.verb, self.busy_verb)
        self.code = button("Email me a code instead", "link")
        self.forgot = button("Forgot password?", "link")
        self.other = button("", "link")
        self.doors: Doors | None = None
        self._badge: QLabel | None = None
        self._lay_out()
        self.email.submitted.connect(self.password.focus)
        self.password.submitted.connect(self._submit)
        self.keep.toggled.connect(commands.remember)
        self.submit.clicked.connect(self._submit)
        self.submit.ready.connect(self.take_back)
        self.cancel.clicked.connect(self._cancel)
        self.code.clicked.connect(lambda: self._to_address("sign_in"))
        self.forgot.clicked.connect(lambda: self._to_address("recovery"))

    def _lay_out(self) -> None:
        self._links = Links(self.code, self.forgot)
        for part in (self.email, self.password, self.keep, self.problem, self.submit, self.cancel):
            self.box.addWidget(part)
        for way in (self._links, self.other):
            self.box.addWidget(way)
        self.box.setSpacing(10)

    def ask(self, email: str, password: str) -> None:
        self.commands.sign_in(email, password)

    def offer(self, project: Project, last: str, /) -> None:
        from desktopauth.qt.views.doors import Doors

        at = self.doors.focused() if self.doors else ""
        if self.doors:
            self.doors.hide()  # never without a parent: it would be a window, and the last one to close
            self.doors.deleteLater()
            self.doors = None
        self.code.setText("Send me a code instead" if project.phone else "Email me a code instead")
        if last == "code":
            self.code.setText(f"{self.code.text()} (last used)")
        self._links.place()
        self._offer_email(project)
        self._mark(last == "password" and bool(project.providers))
        if project.providers:
            self.doors = Doors(project.providers, last, alone=not self.email.isVisibleTo(self))
            self.doors.chosen.connect(self._to_provider)
            self.doors.setEnabled(self.email.isEnabled())
            self.box.addWidget(self.doors)
            self.doors.focus(at)

    def _offer_email(self, project: Project) -> None:
        """Not every project has passwords; but one without any door at all is rather misunderstood than closed."""
        by_email = project.email or not project.providers
        for part in (self.email, self.password, self.submit):
            part.setVisible(by_email)
        self.forgot.setVisible(by_email and self.purpose == "sign_in")
        self.code.setVisible(by_email or project.phone)
        self.other.setVisible(by_email and project.sign_up)

    def _mark(self, used_last: bool) -> None:
        from desktopauth.qt.views.doors import mark_last

        if used_last and self._badge is None:
            self._badge = mark_last(self.submit)
        if self._badge:
            self._badge.setVisible(used_last)
        self.submit.setAccessibleDescription("Last used" if used_last else "")

    def _submit(self) -> None:
        if self.submit.isEnabled():
            self._depart()
            self.ask(self.email.value(), self.password.value())

    def _to_provider(self, provider: str) -> None:
        self._depart()
        if typed := self.email.value():
            self.commands.open_form(self.purpose, typed)  # or it would have to be typed again on the way back
        self.commands.sign_in_with(provider)

    def _to_address(self, purpose: AddressPurpose) -> None:
        self._depart()
        self.commands.open_address(purpose, self.email.value())

    def _depart(self) -> None:
        """By whichever door: asked once, and with what the box says now."""
        self._show_busy(True)
        self.commands.remember(self.keep.isChecked())

    def _cancel(self) -> None:
        if self.cancel.isVisibleTo(self):
            self._show_busy(False)
            self._focus()
        self.commands.cancel()

    def show_state(self, state: AuthState) -> None:
        from desktopauth.core.state import Interrupted, PasswordForm, SignedOut
        from desktopauth.qt.messages import signed_out_sentence

        if isinstance(session := state.session, SignedOut | Interrupted):
            self._why = signed_out_sentence(session)
            self._say_why()
        if isinstance(flow := state.flow, PasswordForm):
            if flow.email and not self.email.value():
                self._fill_in(flow.email)
            self._show_busy(flow.busy, flow.retry_at)
            self._show_problem(flow)

    def _fill_in(self, email: str) -> None:
        asked_for = self.window().focusWidget() is self.email.edit
        self.email.edit.setText(email)
        self.email.edit.setCursorPosition(0)  # a long address is known by its beginning
        if asked_for:
            self.password.focus()  # what is typed next must not stand there for everybody to read

    def answer(self, words: str) -> None:
        """Say what has come of the order by which they left; it goes with the view."""
        self._answer = words
        self._say_why()

    def _say_why(self) -> None:
        say(self.notice, " ".join(filter(None, (self._why, self._answer))))

    def _show_busy(self, busy: bool, retry_at: float = 0.0) -> None:
        for part in self._all_but_cancel():
            part.setEnabled(not busy)
        self.submit.show_step(busy=busy, retry_at=retry_at)
        self.cancel.setVisible(busy)
        if busy:
            self.cancel.setFocus()
        self._links.setVisible(not busy)  # Cancel has their place: what is below stays where it is

    def _all_but_cancel(self) -> list[QWidget]:
        always = [self.email, self.password, self.keep, self.code, self.forgot, self.other]
        return [*always, self.doors] if self.doors else always

    def _show_problem(self, flow: PasswordForm) -> None:
        from desktopauth.qt.messages import Place, place_of, sentence_beside

        words = sentence_beside(flow.problem, retry_at=flow.retry_at, counts=self.submit.counts())
        place: Place = place_of(flow.problem) if flow.problem else "form"
        self.email.show_problem(words if place == "email" else "")
        self.password.show_problem(words if place == "password" else "")
        self.complain(words if place not in ("email", "password") else "")
        if not flow.busy and flow.problem:
            (self.email if place == "email" else self.password).focus()

    def enter(self) -> None:
        self.keep.setChecked(self.commands.remembers)  # as it was said in another view
        self._focus()

    def _focus(self) -> None:
        if self.doors and not self.email.isVisibleTo(self):
            self.doors.buttons[0].setFocus()
        else:
            (self.password if self.email.value() else self.email).focus()

    def leave(self) -> None:
        self._answer = ""
        self.submit.rest()
        self.password.wipe()
        self.email.wipe()  # the flow carries it from form to form: one left here would hide a newer one


class SignInView(PasswordCard):
    """For people who have an account."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, "Sign in", "Welcome. Use your account to go on.")
        self.other.setText("Create an account")
        self.other.clicked.connect(lambda: commands.open_form("sign_up", self.email.value()))
