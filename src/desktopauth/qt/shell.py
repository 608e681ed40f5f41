"""The one window: it shows the view that the state asks for, and switches by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, assert_never

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QStackedLayout, QWidget

from desktopauth.qt.commands import Commands
from desktopauth.qt.widgets import FormCard, View

if TYPE_CHECKING:  # the first picture needs no state, and the many small classes of one take their time
    from desktopauth.core.events import AuthChange
    from desktopauth.core.models import Project
    from desktopauth.core.revocation import SignOutStatus
    from desktopauth.core.state import AuthState
    from desktopauth.qt.bus import AuthBus
    from desktopauth.qt.choice import Name
    from desktopauth.qt.views.notes import Notes
    from desktopauth.qt.views.session import SessionFacts

Mailbox = Callable[[str], "str | None"]
_ESCAPE = 0x01000000  # Qt.Key.Key_Escape


class Shell(QWidget):
    """The window.

    Signals: painted() once, when its first picture is finished and flushed; closed() when the person closed it.
    """

    painted = Signal()
    closed = Signal()

    def __init__(self, title: str, commands: Commands, *, expects_somebody: bool) -> None:
        super().__init__()
        self.commands = commands
        self._views: dict[Name, View] = {}
        self._up: Name | None = None
        self._offer: tuple[Project, str] | None = None
        self._away = False  # they were in their browser
        self._covered = False  # home is behind another view, with everything that was typed in it
        self._painted = False
        self._mailbox: Mailbox | None = None
        self._notes: Notes | None = None
        self._facts: SessionFacts | None = None
        self.setObjectName("shell")
        self.setWindowTitle(title)
        self.resize(880, 620)
        self._stack = QStackedLayout(self)
        self._switch("restoring" if expects_somebody else "sign_in")  # as view_of(Starting(...)) says

    def attach(self, bus: AuthBus, notes: Notes, facts: SessionFacts, mailbox: Mailbox | None) -> None:
        """The session half is there: from here on the bus alone says what to show."""
        from desktopauth.qt.views.session import EventLog

        self._notes, self._facts, self._mailbox = notes, facts, mailbox
        self._log = EventLog()
        bus.state_changed.connect(self.show_state)
        bus.subscribe(self._heard)
        self.commands.guard_work(self._work_is_open)
        self.show_state(bus.state)

    def offer(self, project: Project, last: str = "") -> None:
        """The doors that the project has are known: they appear below what is there.

        ``last`` is the one that was used before, and is marked: ``password``, ``code`` or a provider's name.
        """
        self._offer = (project, last)
        for view in self._views.values():
            view.offer(project, last)

    def tell(self, words: str) -> None:
        """While something is prepared before there is any session: say what."""
        from desktopauth.qt.views.restoring import RestoringView

        if isinstance(view := self._view("restoring"), RestoringView):
            view.tell(words)

    def refuse(self, words: str) -> None:
        """There is nothing to sign in to; the window stays to say why."""
        self.tell(words)
        self._stack.setCurrentWidget(self._view("restoring"))

    def put(self, view: View) -> None:
        """Show something that no state asks for, before there is any."""
        self._stack.addWidget(view)
        self._stack.setCurrentWidget(view)
        view.enter()

    def take_off(self, view: View) -> None:
        """It has served."""
        view.leave()
        self._stack.setCurrentWidget(self._view(self._up or "restoring"))
        self._stack.removeWidget(view)
        view.deleteLater()

    def view(self) -> View:
        """The view that is up."""
        return self._view(self._up or "restoring")

    def show_state(self, state: AuthState) -> None:
        """Switch to the view of this state, and let it draw."""
        from desktopauth.core.state import user_of
        from desktopauth.qt.choice import view_of

        name = view_of(state)
        self._view(name).show_state(state)
        self._switch(name, over_work=user_of(state) is not None and name != "home")
        self._call_back(state)

    def _call_back(self, state: AuthState) -> None:
        """Who has come in by their browser is still looking at it."""
        from desktopauth.core.state import AnotherPerson, BrowserWait, CodeWanted, NewPassword, SignedIn

        flow = state.flow
        away, self._away = self._away, isinstance(flow, BrowserWait) or (isinstance(flow, CodeWanted) and flow.link)
        let_in = isinstance(state.session, SignedIn) or isinstance(flow, AnotherPerson | CodeWanted | NewPassword)
        if away and not self._away and let_in:
            from desktopauth.qt.instance import come_forward

            come_forward(self, "")

    def _switch(self, name: Name, *, over_work: bool = False) -> None:
        """``over_work``: what is up at home stays as it is behind the view, until its person is back or gives up."""
        if name == self._up:
            return
        before, self._up = self._up, name
        covers = over_work and before == "home"
        if covers:
            self._cover()
        self._stack.setCurrentWidget(self._view(name))
        if before and not covers:
            self._view(before).leave()
        if self._covered and not over_work:
            self._covered = False
            if name == "home":
                self._view(name).uncover()
                return
            self._view("home").leave()
        self._view(name).enter()

    def _cover(self) -> None:
        self._covered = True
        self._view("home").cover()  # before it goes, and its focus with it
        while popup := QApplication.activePopupWidget():
            popup.close()  # a menu of what is beneath

    def _work_is_open(self) -> bool:
        from desktopauth.qt.views.home import HomeView

        return isinstance(home := self._views.get("home"), HomeView) and home.work_is_open()

    def _farewell(self, status: SignOutStatus) -> None:
        """They left everywhere; the view that came up says how far that is, for as long as it is up."""
        from desktopauth.qt.messages import everywhere_sentence
        from desktopauth.qt.views.sign_in import SignInView

        if isinstance(view := self.view(), SignInView):
            view.answer(everywhere_sentence(status))

    def _heard(self, change: AuthChange) -> None:
        from desktopauth.qt.views.home import HomeView

        self._log.note(change)
        if isinstance(view := self.view(), HomeView):
            view.show_events()

    def _view(self, name: Name) -> View:
        if name not in self._views:
            self._views[name] = view = self._make(name)
            self._stack.addWidget(view)
            if self._offer:
                view.offer(*self._offer)
        return self._views[name]

    def _make(self, name: Name) -> View:
        """Each view is imported when it is first needed: the first paint waits for one of them only."""
        match name:
            case "restoring":
                from desktopauth.qt.views.restoring import RestoringView

                return RestoringView()
            case "store":
                from desktopauth.qt.views.store import StoreView

                return StoreView(self.commands)
            case "sign_in":
                from desktopauth.qt.views.sign_in import SignInView

                return SignInView(self.commands)
            case "sign_up":
                from desktopauth.qt.views.sign_up import SignUpView

                return SignUpView(self.commands)
            case "address":
                from desktopauth.qt.views.address import AddressView

                return AddressView(self.commands)
            case "browser_wait":
                from desktopauth.qt.views.browser_wait import BrowserWaitView

                return BrowserWaitView(self.commands)
            case "new_password":
                from desktopauth.qt.views.new_password import NewPasswordView

                return NewPasswordView(self.commands)
            case "new_email":
                from desktopauth.qt.views.new_email import NewEmailView

                return NewEmailView(self.commands)
            case "code":
                from desktopauth.qt.views.code import CodeView

                return CodeView(self.commands, self._mailbox)
            case "interrupted":
                from desktopauth.qt.views.interrupted import InterruptedView

                return InterruptedView(self.commands)
            case "another":
                from desktopauth.qt.views.another import AnotherView

                return AnotherView(self.commands)
            case "home":
                return self._make_home()
            case _:
                assert_never(name)

    def _make_home(self) -> View:
        from desktopauth.qt.views.home import HomeView

        if self._notes is None or self._facts is None:
            raise RuntimeError("somebody is signed in before the session half was attached")
        return HomeView(self.commands, self._notes, self._facts, self._log, self._farewell)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.painted.emit)  # when this picture is on the screen, not while it is drawn

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == _ESCAPE:
            view = self._stack.currentWidget()  # which may be one that no state asked for
            if isinstance(view, FormCard):
                view.cancel.click()  # also while nothing but the form knows that it is busy
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()
