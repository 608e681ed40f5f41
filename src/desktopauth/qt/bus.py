"""``AuthBus``, the auth-state signal bus: the core's events as Qt signals, and nothing of its own."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, SignalInstance

from desktopauth.core.auth import Auth
from desktopauth.core.events import AuthChange, AuthEvent, Subscription, Transition
from desktopauth.core.state import AuthState


class AuthBus(QObject):
    """The Qt face of one ``Auth``; it keeps no state.

    Signals, for each step in this order:
        state_changed(AuthState): what to show now
        user_changed(User | None): somebody else is signed in, or nobody
        event(AuthChange): what happened; and the one signal of that event's own name

    Qt cannot replay to a slot that is connected late. ``subscribe`` can: it tells INITIAL_SESSION first, exactly once,
    and ``state`` can be read at any time.
    """

    state_changed = Signal(object)
    user_changed = Signal(object)
    # hides QObject.event() from Python only: Qt itself goes on handling this object's events
    event = Signal(object)  # type: ignore[assignment]

    initial_session = Signal(object)
    signed_in = Signal(object)
    signed_out = Signal(object)
    token_refreshed = Signal(object)
    user_updated = Signal(object)
    password_recovery = Signal(object)
    refresh_failed = Signal(object)
    reauth_required = Signal(object)
    storage_problem = Signal(object)

    def __init__(self, auth: Auth, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._auth = auth
        self._watching = auth.watch(self._relay)

    @property
    def state(self) -> AuthState:
        return self._auth.state

    def subscribe(self, callback: Callable[[AuthChange], None]) -> Subscription:
        """Hear of every event from INITIAL_SESSION on, however late this is called."""
        return self._auth.subscribe(callback)

    def close(self) -> None:
        """Fall silent. The signals stay connected, and nothing comes any more."""
        self._watching.close()

    def _relay(self, transition: Transition) -> None:
        updated = transition.change is not None and transition.change.event is AuthEvent.USER_UPDATED
        if transition.before != transition.after or updated:  # two users are equal whatever their facts are
            self.state_changed.emit(transition.after)
        if transition.user_changed:
            self.user_changed.emit(self._auth.user)
        if change := transition.change:
            self.event.emit(change)
            self._signal_of(change.event).emit(change)

    def _signal_of(self, event: AuthEvent) -> SignalInstance:
        signal: SignalInstance = getattr(self, event.name.lower())
        return signal
