"""Asked in again over one's own work, by any door: the same form, saying why; the work waits out of sight as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeyEvent

from desktopauth.qt.commands import Commands
from desktopauth.qt.views.sign_in import PasswordCard

if TYPE_CHECKING:
    from desktopauth.core.models import Project
    from desktopauth.core.state import AuthState

_BREATH = 500  # milliseconds without a key


class InterruptedView(PasswordCard):
    """Comes up under somebody's typing hands.

    What they were still typing was meant for their work, and must neither stand in the password field nor be sent by
    Enter: the field has the focus as soon as the hands pause.
    """

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, "Sign in again", "Your work is still here, as you left it.")
        self.other.setText("Sign out, and discard what isn't saved")
        self.other.clicked.connect(self._give_up)
        self._breath = QTimer(self, singleShot=True, interval=_BREATH)
        self._breath.timeout.connect(self._settle)

    def _give_up(self) -> None:
        self.commands.sign_out()

    def _offer_email(self, project: Project) -> None:
        super()._offer_email(project)
        self.other.show()  # the way out

    def show_state(self, state: AuthState) -> None:
        super().show_state(state)
        # it has the focus at first, and a screen reader says this
        self.setAccessibleName(" ".join((self.title.text() + ".", self.notice.text(), self.subtitle.text())))

    def enter(self) -> None:
        self.setFocus()
        self._breath.start()

    def leave(self) -> None:
        self._breath.stop()
        super().leave()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._breath.start()
        super().keyPressEvent(event)

    def _settle(self) -> None:
        if self.window().focusWidget() is self:
            super().enter()
